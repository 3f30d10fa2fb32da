// Proofs of the vectors verify, and no spoilt one does: RFC 6962's known tree and trees far
// beyond what a double can count.
import assert from "node:assert/strict";
import { test } from "node:test";
import { spoilt, vectors } from "./vectors.js";
import { leafHash, verifyConsistency, verifyInclusion } from "../dist/index.js";
import { fromHex } from "../dist/bytes.js";

const bytes = (digits) => fromHex(digits, undefined, "it");
const { rfc6962, large } = vectors("merkle");

test("every inclusion proof of the known tree", async () => {
    for (let size = 1; size <= 8; ++size) {
        const root = bytes(rfc6962.roots[size]);
        for (let position = 0; position < size; ++position) {
            const leaf = await leafHash(bytes(rfc6962.leaf_inputs[position]));
            const proof = rfc6962.inclusion[size][position].map(bytes);
            const holds = (...changed) => verifyInclusion(...changed);
            assert.ok(await holds(leaf, BigInt(position), BigInt(size), proof, root));
            for (let other = -1; other <= size; ++other)
                assert.equal(
                    await holds(leaf, BigInt(other), BigInt(size), proof, root),
                    other === position,
                );
            for (const wrong of spoilt(proof))
                assert.ok(!(await holds(leaf, BigInt(position), BigInt(size), wrong, root)));
            assert.ok(!(await holds(root.map((b) => b ^ 1), BigInt(position), BigInt(size), proof, root)));
        }
    }
});

test("every consistency proof of the known tree", async () => {
    for (let size = 0; size <= 8; ++size)
        for (let old = 0; old <= size; ++old) {
            const [before, now] = [bytes(rfc6962.roots[old]), bytes(rfc6962.roots[size])];
            const proof = rfc6962.consistency[size][old].map(bytes);
            const holds = (a, b, path) => verifyConsistency(BigInt(old), a, BigInt(size), b, path);
            const altered = (root) => root.map((byte) => byte ^ 1);
            assert.ok(await holds(before, now, proof));
            assert.ok(!(await holds(altered(before), now, proof)));
            assert.equal(await holds(before, altered(now), proof), old === 0 && size > 0);
            for (const wrong of spoilt(proof)) assert.ok(!(await holds(before, now, wrong)));
            if (old < size)
                assert.ok(!(await verifyConsistency(BigInt(size), now, BigInt(old), before, proof)));
        }
});

test("trees beyond 2^53", async () => {
    assert.ok(large.length >= 6);
    for (const tree of large) {
        const [size, old, position] = [tree.size, tree.old_size, tree.position].map(BigInt);
        const [leaf, root, before] = [tree.leaf, tree.root, tree.old_root].map(bytes);
        const [inclusion, consistency] = [tree.inclusion, tree.consistency].map((p) => p.map(bytes));
        assert.ok(await verifyInclusion(leaf, position, size, inclusion, root));
        assert.ok(!(await verifyInclusion(leaf, position ^ 1n, size, inclusion, root)));
        assert.ok(await verifyConsistency(old, before, size, root, consistency));
        assert.ok(!(await verifyConsistency(old, root, size, root, consistency)));
    }
});
