// Notes and checkpoints that another program signed are accepted, and whatever is not
// exactly one is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { vectors } from "./vectors.js";
import {
    NotVerified, openCheckpoint, openNote, parseCheckpoint, parseKey, Unsupported, Unusable,
} from "../dist/index.js";

const { signers, good, bad, bad_checkpoints, bad_keys, origin } = vectors("notes");
const keys = await Promise.all(signers.map(({ key }) => parseKey(key)));

for (const { name, note, text, signers: expected } of good)
    test(`good: ${name}`, async () => {
        const opened = await openNote(note, keys);
        assert.equal(opened.text, text);
        assert.deepEqual(opened.signers, await Promise.all(expected.map(parseKey)));
        assert.deepEqual((await openNote(note, [])).signers, []);
        if (expected.length === 0) await assert.rejects(openCheckpoint(note, keys), NotVerified);
        else assert.equal((await openCheckpoint(note, keys)).origin, origin);
    });

for (const { name, note, why } of bad)
    test(`bad: ${name}`, () =>
        assert.rejects(openNote(note, keys), why === "malformed" ? Unusable : NotVerified));

for (const { name, text } of bad_checkpoints)
    test(`no checkpoint: ${name}`, () => assert.throws(() => parseCheckpoint(text), Unusable));

for (const { name, key } of bad_keys)
    test(`no key: ${name}`, () => assert.rejects(parseKey(key), Unusable));

test("a witness alone does not speak for the log", async () => {
    const { note } = good.find(({ name }) => name === "a witness too");
    const [log, , witness] = keys;
    assert.equal((await openCheckpoint(note, [log])).origin, origin);
    await assert.rejects(openCheckpoint(note, [witness]), NotVerified);
});

test("the largest size is not rounded", () => {
    const { text } = good.find(({ name }) => name === "the largest size");
    assert.equal(parseCheckpoint(text).size, 2n ** 63n - 1n);
});

test("without Ed25519 or WebCrypto it says so, and does not say that it is forged", async () => {
    const real = globalThis.crypto;
    const replace = (value) =>
        Object.defineProperty(globalThis, "crypto", { value, configurable: true, writable: true });
    const without = {
        subtle: {
            digest: real.subtle.digest.bind(real.subtle),
            importKey: () => Promise.reject(new DOMException("no", "NotSupportedError")),
        },
    };
    try {
        replace(without);
        await assert.rejects(openNote(good[0].note, keys), (error) =>
            error instanceof Unsupported && /no Ed25519/.test(error.message));
        replace({});
        await assert.rejects(parseKey(signers[0].key), (error) =>
            error instanceof Unsupported && /no WebCrypto/.test(error.message));
    } finally {
        replace(real);
    }
});
