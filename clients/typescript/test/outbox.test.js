// What is written while the vault is away, busy or forgetful arrives once and in order; what it
// refuses is told and holds up nothing; and what cannot be kept is not taken.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { MemoryStore, Outbox, StorageProblem, VaultClient } from "../dist/index.js";
import {
    FakeVault,
    halfAnswer,
    lostAnswer,
    lostRequest,
    portal,
    refused,
    until,
} from "./fake_vault.js";

const vault = new FakeVault();
const pace = { first: 2, longest: 10 };
let outbox,
    client,
    name,
    count = 0;
before(() => vault.start());
after(() => vault.stop());
beforeEach(async () => {
    name = `c${++count}`;
    Object.assign(vault, { requests: [], faults: [], trouble: null, token: "good" });
    await begin();
});
afterEach(() => outbox.close());

async function begin(options = {}) {
    await outbox?.close();
    client = new VaultClient({ url: vault.url, token: "good", pace });
    outbox = await new Outbox({ client, store: new MemoryStore(), ...options }).open();
}
const write = (content, more = {}) => outbox.write(more.to ?? name, { content, ...more });
const empty = () =>
    until(
        () => outbox.entries().length === 0 && outbox.state.phase === "idle",
        "the outbox to be empty",
    );

test("messages written while the vault is away are sent in order when it is back", async () => {
    const { port } = vault;
    await vault.stop();
    for (const content of ["one", "two", "three"]) await write(content);
    await until(() => outbox.state.phase === "waiting", "a try that fails");
    assert.deepEqual(
        outbox.entries().map((entry) => entry.message.content),
        ["one", "two", "three"],
    );
    await vault.start(port);
    await empty();
    assert.deepEqual(vault.contents(name), ["one", "two", "three"]);
});

test("whatever is lost on the way, each arrives once and none overtakes", async () => {
    const kinds = [
        lostAnswer,
        lostRequest,
        halfAnswer,
        portal(200),
        portal(404),
        refused(503, {}, { "Retry-After": "0" }),
        undefined,
    ];
    let seed = 42;
    const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
    vault.faults = Array.from({ length: 120 }, () => kinds[Math.floor(random() * kinds.length)]);
    const sent = Array.from({ length: 40 }, (_, n) => `message ${n}`);
    await Promise.all(sent.map((content) => write(content)));
    await empty();
    assert.deepEqual(vault.contents(name), sent);
});

test("an answer that says it was a repeat settles the message too", async () => {
    vault.store(name, { role: "user", content: "twice", client_id: "a" });
    await write("twice", { client_id: "a" });
    await empty();
    assert.deepEqual(vault.contents(name), ["twice"]);
});

for (const [status, code] of [
    [409, "VV008"],
    [404, "P0002"],
    [413, "54000"],
    [422, "22023"],
    [403, "42501"],
    [423, "VV010"],
])
    test(`a refusal for good (${status}) is told and holds up nothing`, async () => {
        vault.faults = [refused(status, { detail: "the reason", code })];
        await write("bad");
        await write("good");
        await until(
            () => vault.contents(name).length === 1 && outbox.state.phase === "idle",
            "the second message",
        );
        assert.deepEqual(vault.contents(name), ["good"]);
        assert.deepEqual(
            outbox.entries().map((entry) => [entry.message.content, entry.refusal]),
            [["bad", { status, code, reason: "the reason" }]],
        );
        await outbox.retry(outbox.entries()[0].message.client_id);
        await empty();
        assert.deepEqual(vault.contents(name), ["good", "bad"]);
    });

test("a client_id that was used for other content is a refusal", async () => {
    vault.store(name, { role: "user", content: "before", client_id: "a" });
    await write("other", { client_id: "a" });
    await until(() => outbox.entries()[0]?.refusal, "the refusal");
    assert.equal(outbox.entries()[0].refusal.code, "VV008");
    await outbox.discard("a");
    assert.deepEqual(outbox.entries(), []);
});

test("a token that is over stops everything until there is a new one", async () => {
    vault.token = "new";
    await write("one");
    await write("two");
    await until(() => outbox.state.phase === "signed-out", "the outbox to stop");
    const asked = vault.requests.length;
    await write("three");
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(vault.requests.length, asked, "nothing is tried meanwhile");
    assert.equal(outbox.entries().length, 3);
    client.setToken("new");
    outbox.resume();
    await empty();
    assert.deepEqual(vault.contents(name), ["one", "two", "three"]);
});

test("a pause that the server asks for is kept, whoever is in a hurry", async () => {
    vault.faults = [refused(429, { title: "Too many requests" }, { "Retry-After": "1" })];
    await write("one");
    await until(() => outbox.state.phase === "waiting", "the pause");
    const began = Date.now();
    outbox.wake();
    await write("two");
    await empty();
    assert.ok(Date.now() - began >= 950);
    assert.equal(vault.requests.length, 3);
    assert.deepEqual(vault.contents(name), ["one", "two"]);
});

test("a pause of one's own ends when the network is back", async () => {
    await begin({
        client: new VaultClient({
            url: vault.url,
            token: "good",
            pace: { first: 60_000, longest: 60_000 },
        }),
    });
    vault.faults = [lostRequest];
    await write("one");
    await until(() => outbox.state.phase === "waiting", "the pause");
    outbox.wake();
    await empty();
    assert.deepEqual(vault.contents(name), ["one"]);
});

test("a message that the server stumbles over holds up its conversation alone, and not for ever", async () => {
    await begin({ patience: 3 });
    vault.trouble = ({ content }) =>
        content === "bad" ? refused(500, { detail: "internal error", code: "XX000" }) : undefined;
    await write("bad");
    await write("behind it");
    await write("elsewhere", { to: `${name}-other` });
    await until(() => vault.contents(`${name}-other`).length === 1, "the other conversation");
    await until(
        () => vault.contents(name).length === 1 && outbox.state.phase === "idle",
        "the one behind",
    );
    assert.deepEqual(vault.contents(name), ["behind it"]);
    assert.deepEqual(
        outbox.entries().map((entry) => entry.refusal?.reason),
        ["internal error"],
    );
});

test("what cannot be kept is not taken, and the reason is told", async () => {
    const store = new MemoryStore();
    await begin({ store });
    store.add = () => Promise.reject(new StorageProblem("full", new Error("quota")));
    await assert.rejects(
        write("too much"),
        (error) => error instanceof StorageProblem && error.reason === "full",
    );
    assert.deepEqual(outbox.entries(), []);
    assert.equal(vault.requests.length, 0);
});

test("what was sent and cannot be taken out is told, and is not doubled", async () => {
    const store = new MemoryStore();
    await begin({ store });
    const { remove } = store;
    store.remove = () => Promise.reject(new StorageProblem("failed", new Error("disk")));
    await write("one");
    await until(() => outbox.state.phase === "storage", "the trouble to be told");
    store.remove = remove;
    outbox.wake();
    await empty();
    assert.deepEqual(vault.contents(name), ["one"]);
});

test("what is left from before is sent by the next one", async () => {
    const store = new MemoryStore();
    await begin({ store });
    const { port } = vault;
    await vault.stop();
    await write("kept");
    await outbox.close();
    await vault.start(port);
    await begin({ store });
    await empty();
    assert.deepEqual(vault.contents(name), ["kept"]);
});

test("a message is told as stored before it is gone from the outbox", async () => {
    const seen = [];
    outbox.onDelivered((message) => seen.push([message.seq, outbox.entries().length]));
    await write("one");
    await empty();
    assert.deepEqual(seen, [[1, 1]]);
});
