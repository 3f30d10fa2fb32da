// Each call of the client does at a real vault what it says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../../clients/typescript/dist/index.js";
import { clientOf, newToken, url } from "./vault.js";

const client = clientOf();
const refusedWith = (status, code) => (error) =>
    error instanceof Problem &&
    error.status === status &&
    error.code === code &&
    error.requestId !== null;

test("who one is", async () => {
    assert.equal((await client.whoami()).email, "ada@example.com");
    await assert.rejects(clientOf("vv_live_wrong").whoami(), refusedWith(401, "28000"));
});

test("conversations are begun, listed, renamed and ended", async () => {
    const begun = await client.startConversation({
        id: "talk",
        construct: "zen-001",
        title: "First",
    });
    assert.deepEqual([begun.id, begun.construct, begun.title], ["talk", "zen-001", "First"]);
    assert.equal(
        (await client.startConversation({ id: "talk", construct: "zen-001" })).session_id,
        begun.session_id,
    );
    assert.equal((await client.changeConversation("talk", { title: "Second" })).title, "Second");
    assert.equal((await client.conversation("talk")).title, "Second");
    assert.ok(
        (await client.conversations({ construct: "zen-001" })).some((one) => one.id === "talk"),
    );
    assert.deepEqual(await client.conversations({ construct: "nobody-009" }), []);
    assert.notEqual((await client.changeConversation("talk", { ended: true })).ended_at, null);
    await assert.rejects(
        client.append("talk", { role: "user", content: "late" }),
        refusedWith(409, "55000"),
    );
    await assert.rejects(client.conversation("no such"), refusedWith(404, "P0002"));
});

test("messages are appended once and read by cursor", async () => {
    const name = "a/b ü #1";
    const said = {
        role: "user",
        content: "Guten Morgen 🌅",
        client_id: "m-1",
        timestamp: "2026-02-08T00:34:56.208Z",
    };
    const first = await client.append(name, {
        ...said,
        construct: "zen-001",
        metadata: { mood: 1 },
    });
    assert.deepEqual(
        [first.seq, first.conversation, first.timestamp, first.metadata],
        [1, name, said.timestamp, { mood: 1 }],
    );
    assert.equal((await client.append(name, { ...said, metadata: { mood: 1 } })).id, first.id);
    await assert.rejects(
        client.append(name, { ...said, content: "other" }),
        refusedWith(409, "VV008"),
    );
    const more = Array.from({ length: 9 }, (_, n) => ({
        role: "user",
        content: `n${n}`,
        client_id: `n-${n}`,
    }));
    assert.deepEqual(
        (await client.appendAll(name, more)).map((one) => one.seq),
        [2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    const page = await client.messages(name, { after: 2, limit: 3 });
    assert.deepEqual(
        [page.messages.map((one) => one.seq), page.has_more, page.next],
        [[3, 4, 5], true, 5],
    );
    const last = await client.messages(name, { order: "desc", limit: 2 });
    assert.deepEqual(
        last.messages.map((one) => one.seq),
        [10, 9],
    );
    const all = [];
    for await (const one of client.allMessages(name, 7)) all.push(one.seq);
    assert.deepEqual(all, [8, 9, 10]);
});

test("files are put, read, guarded by their version and deleted", async () => {
    const path = "library/ö/plan 1.txt";
    assert.equal(
        (await client.putFile(path, "one", { ifVersion: 0, mediaType: "text/plain" })).version,
        1,
    );
    await assert.rejects(client.putFile(path, "x", { ifVersion: 0 }), refusedWith(412, "VV007"));
    assert.equal(
        (await client.putFile(path, new Uint8Array([1, 0, 255]), { ifVersion: 1 })).version,
        2,
    );
    assert.deepEqual([...(await client.getFile(path)).bytes], [1, 0, 255]);
    const old = await client.getFile(path, { version: 1 });
    assert.deepEqual(
        [new TextDecoder().decode(old.bytes), old.version, old.media_type],
        ["one", 1, "text/plain"],
    );
    assert.deepEqual(
        (await client.files("library/")).map((file) => [file.path, file.version]),
        [[path, 2]],
    );
    await client.deleteFile(path);
    await assert.rejects(client.getFile(path), refusedWith(404, "P0002"));
});

test("a session's cookie serves as well as a token", async () => {
    const { token } = await newToken();
    const withCookie = (input, init) =>
        fetch(input, { ...init, headers: { ...init.headers, Cookie: `vvault_session=${token}` } });
    assert.equal((await clientOf(null, { fetch: withCookie }).whoami()).email, "ada@example.com");
    await assert.rejects(clientOf(null).whoami(), refusedWith(401, "28000"));
    assert.ok(url.startsWith("http://127.0.0.1"));
});

test("a stream of what is not there, and one without a good token, say so", async () => {
    await assert.rejects(
        client.events({ conversation: "no such" }).next(),
        refusedWith(404, "P0002"),
    );
    await assert.rejects(clientOf("vv_live_wrong").events().next(), refusedWith(401, "28000"));
});

test("all that one may see is told by one stream", async () => {
    const stop = new AbortController();
    const kinds = [];
    for await (const event of client.events({ signal: stop.signal })) {
        kinds.push(event.type);
        if (event.type === "ready")
            await client.append("told", { role: "user", content: "x", construct: "zen-001" });
        if (event.type === "message") {
            assert.equal(event.data.conversation, "told");
            stop.abort();
        }
    }
    assert.deepEqual(kinds, ["ready", "conversation.started", "message"]);
});
