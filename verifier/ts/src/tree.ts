// Proofs of RFC 9162: that a leaf is in a tree, and that a tree continues another.
import { equal } from "./bytes.js";
import type { Digest } from "./crypto.js";
import { sha256 } from "./crypto.js";

export const nodeHash = (left: Digest, right: Digest): Promise<Digest> =>
    sha256(Uint8Array.of(1), left, right);

/** RFC 9162, section 2.1.3.2. */
export async function verifyInclusion(
    leaf: Digest,
    position: bigint,
    size: bigint,
    proof: Digest[],
    root: Digest,
): Promise<boolean> {
    if (position < 0n || position >= size) return false;
    let node = position;
    let last = size - 1n;
    let hash = leaf;
    for (const sibling of proof) {
        if (last === 0n) return false;
        if ((node & 1n) === 1n || node === last) {
            hash = await nodeHash(sibling, hash);
            // Without a right neighbour a node rises unchanged until it is one.
            while ((node & 1n) === 0n && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
        } else {
            hash = await nodeHash(hash, sibling);
        }
        [node, last] = [node >> 1n, last >> 1n];
    }
    return last === 0n && equal(hash, root);
}

/** RFC 9162, section 2.1.4.2; the empty tree is continued by every tree. */
export async function verifyConsistency(
    oldSize: bigint,
    oldRoot: Digest,
    newSize: bigint,
    newRoot: Digest,
    proof: Digest[],
): Promise<boolean> {
    if (oldSize < 0n || oldSize > newSize) return false;
    if (oldSize === newSize) return proof.length === 0 && equal(oldRoot, newRoot);
    if (oldSize === 0n) return proof.length === 0 && equal(oldRoot, await sha256());

    let node = oldSize - 1n;
    let last = newSize - 1n;
    while ((node & 1n) === 1n) [node, last] = [node >> 1n, last >> 1n];
    // A perfect old tree is a node of the new one, and its root is left out of the proof.
    const perfect = (oldSize & (oldSize - 1n)) === 0n;
    const siblings = perfect ? [oldRoot, ...proof] : proof;
    const first = siblings[0];
    if (first === undefined) return false;
    let oldHash = first;
    let newHash = first;
    for (const sibling of siblings.slice(1)) {
        if (last === 0n) return false;
        if ((node & 1n) === 1n || node === last) {
            oldHash = await nodeHash(sibling, oldHash);
            newHash = await nodeHash(sibling, newHash);
            while ((node & 1n) === 0n && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
        } else {
            newHash = await nodeHash(newHash, sibling);
        }
        [node, last] = [node >> 1n, last >> 1n];
    }
    return last === 0n && equal(oldHash, oldRoot) && equal(newHash, newRoot);
}
