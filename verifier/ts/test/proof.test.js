// The proof of one entry, from its fields to the signature: what the gateway hands out for
// an honest log verifies, and what differs from it in one thing does not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { vectors } from "./vectors.js";
import { NotVerified, Unusable, verifyEntry, verifyGrowth } from "../dist/index.js";

const { keys, good, bad, growth } = vectors("proofs");

for (const { name, proof, content } of good)
    test(`good: ${name}`, async () => {
        const verified = await verifyEntry(proof, keys, content ?? undefined);
        assert.equal(verified.position, BigInt(proof.position));
        assert.equal(verified.leafHash, proof.leaf_hash);
        assert.equal(verified.checkpoint.size, BigInt(proof.size));
        assert.equal(verified.payloadChecked, proof.payload !== undefined);
        assert.equal(verified.contentChecked, content !== null);
    });

for (const { name, proof, why } of bad)
    test(`bad: ${name}`, () =>
        assert.rejects(verifyEntry(proof, keys), why === "altered" ? NotVerified : Unusable));

test("content, metadata or blind that is another", async () => {
    const { proof, content } = good.find(({ content }) => content !== null && content.metadata);
    for (const change of [{ content: "else" }, { metadata: "" }, { blind: "00".repeat(32) }])
        await assert.rejects(verifyEntry(proof, keys, { ...content, ...change }), NotVerified);
    await assert.rejects(
        verifyEntry(good.find(({ content }) => content === null).proof, keys, content),
        NotVerified,
    );
});

test("content as bytes", async () => {
    const { proof, content } = good.find(({ content }) => content !== null);
    const bytes = new TextEncoder().encode(content.content);
    assert.ok((await verifyEntry(proof, keys, { ...content, content: bytes })).contentChecked);
});

test("only the keys given are believed", async () => {
    const rotated = good.find(({ name }) => name === "after a rotation of keys").proof;
    await verifyEntry(rotated, [keys[1]]);
    await assert.rejects(verifyEntry(rotated, [keys[0]]), NotVerified);
    await assert.rejects(verifyEntry(good[0].proof, []), NotVerified);
    await assert.rejects(verifyEntry(good[0].proof, ["nonsense"]), Unusable);
});

test("a log that grew continues what was witnessed", async () => {
    for (const { older, newer, proof } of growth) {
        const now = await verifyGrowth(older, newer, proof, keys);
        assert.equal(String(now.size), newer.split("\n")[1]);
        await assert.rejects(verifyGrowth(older, newer, [...proof, "00".repeat(32)], keys), NotVerified);
    }
    const [{ older, newer, proof }] = growth;
    await assert.rejects(verifyGrowth(newer, older, proof, keys), NotVerified);
    await assert.rejects(verifyGrowth(older, newer, [], keys), NotVerified);
    await assert.rejects(verifyGrowth(older, newer, "none", keys), Unusable);
});
