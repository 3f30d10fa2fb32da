// A request is repeated where that is safe, waits as long as it is asked to, and only the vault's
// own words count as the vault's.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { pause, Problem, retryAfterOf, Unreachable, VaultClient } from "../dist/index.js";
import { FakeVault, halfAnswer, lostAnswer, portal, refused } from "./fake_vault.js";

const vault = new FakeVault();
const pace = { first: 2, longest: 10 };
let client,
    name,
    count = 0;
before(() => vault.start());
after(() => vault.stop());
beforeEach(() => {
    name = `c${++count}`;
    vault.requests = [];
    vault.faults = [];
    client = new VaultClient({ url: vault.url, token: "good", pace });
});
const say = (content, more = {}) => client.append(name, { role: "user", content, ...more });

test("a pause grows to its limit, is spread, and is never below what the server asks", () => {
    const of = (random) => ({ first: 100, longest: 1000, random: () => random });
    assert.deepEqual(
        [1, 2, 3, 4, 5, 60].map((tries) => pause(tries, null, of(1))),
        [100, 200, 400, 800, 1000, 1000],
    );
    assert.equal(pause(1, null, of(0)), 50);
    assert.equal(pause(1, 7000, of(0)), 7000);
    assert.ok(pause(9, 7000, of(1)) > 7000 && pause(9, 7000, of(1)) <= 9000);
});

test("Retry-After is seconds or a date", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    assert.equal(retryAfterOf("3"), 3000);
    assert.equal(retryAfterOf("Thu, 01 Jan 2026 00:00:05 GMT", now), 5000);
    assert.equal(retryAfterOf("Wed, 31 Dec 2025 00:00:00 GMT", now), 0);
    assert.equal(retryAfterOf("soon"), null);
    assert.equal(retryAfterOf(null), null);
});

test("an answer that is lost is asked for again, and the message is there once", async () => {
    vault.faults = [lostAnswer, halfAnswer, refused(503, {}, { "Retry-After": "0" })];
    const message = await say("once", { client_id: "a" });
    assert.equal(message.seq, 1);
    assert.equal(vault.requests.length, 4);
    assert.deepEqual(vault.contents(name), ["once"]);
});

test("a message without a client_id is not sent twice by itself", async () => {
    vault.faults = [lostAnswer];
    await assert.rejects(say("perhaps"), Unreachable);
    assert.equal(vault.requests.length, 1);
});

test("Retry-After is kept to", async () => {
    vault.faults = [refused(429, { title: "Too many requests" }, { "Retry-After": "1" })];
    const began = Date.now();
    await say("later", { client_id: "a" });
    assert.ok(Date.now() - began >= 1000);
});

test("a problem is thrown with its members", async () => {
    vault.faults = [
        refused(422, {
            type: "urn:vvault:problem:invalid-value",
            title: "Not valid",
            detail: "no such role",
            code: "22023",
            request_id: "r1",
        }),
    ];
    const error = await say("x", { client_id: "a" }).catch((caught) => caught);
    assert.ok(error instanceof Problem);
    assert.deepEqual(
        [
            error.status,
            error.type,
            error.title,
            error.message,
            error.code,
            error.requestId,
            error.passes,
        ],
        [
            422,
            "urn:vvault:problem:invalid-value",
            "Not valid",
            "no such role",
            "22023",
            "r1",
            false,
        ],
    );
    assert.equal(vault.requests.length, 1);
});

for (const status of [200, 404, 403, 302])
    test(`a page of somebody else is no answer of the vault's (${status})`, async () => {
        vault.faults = [portal(status)];
        client = new VaultClient({ url: vault.url, token: "good", pace, retries: 0 });
        await assert.rejects(say("x", { client_id: "a" }), Unreachable);
    });

test("a request that takes too long counts as lost", async () => {
    vault.faults = [{ before: () => new Promise(() => {}) }];
    client = new VaultClient({ url: vault.url, token: "good", pace, timeout: 50, retries: 1 });
    assert.equal((await say("x", { client_id: "a" })).seq, 1);
});

test("a caller can give up", async () => {
    const stop = new AbortController();
    vault.faults = [{ before: () => stop.abort(new Error("enough")) }];
    await assert.rejects(
        client.append(
            name,
            { role: "user", content: "x", client_id: "a" },
            { signal: stop.signal },
        ),
        /enough/,
    );
});

test("pages are walked to the end", async () => {
    for (let n = 1; n <= 1203; ++n) vault.store(name, { role: "user", content: String(n) });
    const seqs = [];
    for await (const message of client.allMessages(name, 1)) seqs.push(message.seq);
    assert.deepEqual(
        seqs,
        Array.from({ length: 1202 }, (_, n) => n + 2),
    );
});

test("a token may be a function, and without one the cookie is relied on", async () => {
    client.setToken(async () => "good");
    await say("a");
    client.setToken(null);
    await assert.rejects(say("b"), (error) => error instanceof Problem && error.wantsToken);
    assert.equal(vault.requests.at(-1).headers.authorization, undefined);
});

test("names with slashes, spaces and umlauts are one segment", async () => {
    name = "file:a/b ü?#";
    await say("x");
    assert.deepEqual(vault.contents("file:a/b ü?#"), ["x"]);
});

test("an answer that stops in the middle counts as lost in time", async () => {
    const stalls = {
        after: (response) => {
            response.writeHead(201, { "Content-Type": "application/json", "Content-Length": 500 });
            response.write('{"id":');
            return new Promise(() => {});
        },
    };
    vault.faults = [stalls];
    client = new VaultClient({ url: vault.url, token: "good", pace, timeout: 50, retries: 1 });
    assert.equal((await say("x", { client_id: "a" })).seq, 1);
    assert.equal(vault.requests.length, 2);
});
