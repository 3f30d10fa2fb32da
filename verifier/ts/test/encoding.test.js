// Leaves and commitments are those of the vectors, and a text that is not the one text of
// a value is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { vectors } from "./vectors.js";
import { contentCommitment, leafHash, leafInput, payloadCommitment, Unusable } from "../dist/index.js";
import { base64, fromBase64, fromHex, fromUuid, hex, whole } from "../dist/bytes.js";

const text = (digits) => new TextDecoder().decode(fromHex(digits, undefined, "it"));

test("leaves and commitments are those of the vectors", async () => {
    const cases = vectors("ledger");
    assert.ok(cases.length >= 4);
    for (const vector of cases) {
        const { previous, payload, content, ...fields } = vector;
        assert.equal(
            hex(await payloadCommitment(vector.salt, text(payload))),
            vector.payload_commitment,
        );
        if (content !== null)
            assert.equal(
                hex(
                    await contentCommitment(
                        vector.blind,
                        fromHex(content, undefined, "content"),
                        text(vector.metadata),
                    ),
                ),
                vector.content_commitment,
            );
        const input = await leafInput({ ...fields, previous_leaf: previous, payload: null });
        assert.equal(hex(input), vector.leaf_input);
        assert.equal(hex(await leafHash(input)), vector.leaf_hash);
    }
});

test("the commitment follows from salt and payload", async () => {
    const [{ previous, payload, payload_commitment, ...vector }] = vectors("ledger");
    const input = await leafInput({ ...vector, previous_leaf: previous, payload: text(payload) });
    assert.equal(hex(input), vector.leaf_input);
});

test("texts of 65535 bytes fit, longer ones and lone surrogates do not", async () => {
    const [{ previous, ...vector }] = vectors("ledger");
    const fields = { ...vector, previous_leaf: previous };
    await leafInput({ ...fields, actor: "\u00eb".repeat(32767) });
    await assert.rejects(leafInput({ ...fields, actor: "\u00eb".repeat(32768) }), Unusable);
    await assert.rejects(leafInput({ ...fields, actor: "\ud800" }), Unusable);
    assert.notEqual(
        hex(await leafInput({ ...fields, actor: "\ufeffa" })),
        hex(await leafInput({ ...fields, actor: "a" })),
    );
});

test("a blind or a salt of another length hides nothing", async () => {
    for (const digits of ["", "00".repeat(16), "00".repeat(31), "00".repeat(33), "x"])
        await assert.rejects(contentCommitment(digits, "yes"), Unusable);
    for (const digits of ["", "00".repeat(15), "00".repeat(17), "00".repeat(32), "x"])
        await assert.rejects(payloadCommitment(digits, "yes"), Unusable);
});

test("whole numbers are never rounded", () => {
    const read = (value) => whole(value, 0n, 2n ** 64n - 1n, "it");
    assert.equal(read("18446744073709551615"), 2n ** 64n - 1n);
    assert.equal(read(2 ** 53 - 1), 2n ** 53n - 1n);
    assert.equal(read(0n), 0n);
    for (const value of [
        2 ** 53, 1.5, NaN, Infinity, -1, "-1", "01", "", " 1", "1 ", "1e3", "0x1", "-0",
        "18446744073709551616", null, undefined, true, [1], {},
    ])
        assert.throws(() => read(value), Unusable, String(value));
});

test("base64, hex and ids have one text", () => {
    assert.equal(base64(fromBase64("aGk=")), "aGk=");
    for (const wrong of ["aGk", "aGl=", "aG k=", "aGk=\n", "aGk==", "-_==", "\u00e9", "a"])
        assert.equal(fromBase64(wrong), undefined, wrong);
    for (const wrong of ["0", "0g", " 00", null, undefined, 1])
        assert.throws(() => fromHex(wrong, undefined, "it"), Unusable);
    for (const wrong of ["", "01949e2c8a527c309d110f4b6a7c8d9e", "01949e2c-8a52-7c30-9d11-0f4b6a7c8d9", 1])
        assert.throws(() => fromUuid(wrong, "it"), Unusable);
});
