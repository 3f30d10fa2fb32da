// The proof of one entry, from its fields to the signature; and that a log continues a
// checkpoint kept from earlier. Everything that is claimed is computed anew.
import type { Whole } from "./bytes.js";
import { equal, fromHex, hex, whole } from "./bytes.js";
import type { Digest } from "./crypto.js";
import { NotVerified, Unusable } from "./failure.js";
import type { EntryFields } from "./leaf.js";
import { contentCommitment, leafHash, leafInput, payloadCommitment } from "./leaf.js";
import type { Checkpoint } from "./note.js";
import { openCheckpoint, parseKey } from "./note.js";
import { verifyConsistency, verifyInclusion } from "./tree.js";

/** As the gateway hands it out for one entry. */
export interface EntryProof extends EntryFields {
    position: Whole;
    size: Whole;
    /** Hashes in hex, from the leaf to the root. */
    proof: string[];
    /** A signed note. */
    checkpoint: string;
    leaf_hash?: string | null;
}

/** What an entry is about, as its owner sees it; the blind is kept beside the content. */
export interface Content {
    content: string | Uint8Array;
    metadata?: string | Uint8Array;
    blind: string;
}

export interface VerifiedEntry {
    position: bigint;
    leafHash: string;
    checkpoint: Checkpoint;
    /** Whether the payload, and the content, were there to be checked. */
    payloadChecked: boolean;
    contentChecked: boolean;
}

const mostSize = 2n ** 63n - 1n;

const openSigned = async (note: string, keys: string[]): Promise<Checkpoint> =>
    openCheckpoint(note, await Promise.all(keys.map(parseKey)));

function hashes(texts: unknown, what: string): Digest[] {
    if (!Array.isArray(texts)) throw new Unusable(`${what} is not a list`);
    return texts.map((text) => fromHex(text, 32, `a hash of ${what}`));
}

async function checkPayload(fields: EntryFields): Promise<boolean> {
    const { salt, payload, payload_commitment: written } = fields;
    if ((typeof salt === "string") !== (typeof payload === "string"))
        throw new Unusable("there is a salt or a payload without the other");
    if (typeof salt !== "string" || typeof payload !== "string") return false;
    if (typeof written === "string") {
        const expected = fromHex(written, 32, "payload_commitment");
        if (!equal(await payloadCommitment(salt, payload), expected))
            throw new NotVerified("the payload is not the one that was committed to");
    }
    return true;
}

async function checkContent(fields: EntryFields, given: Content): Promise<void> {
    const commitment = await contentCommitment(given.blind, given.content, given.metadata);
    if (fields.content_commitment?.toLowerCase() !== hex(commitment))
        throw new NotVerified("the content is not the one that was committed to");
}

/**
 * Checks the proof of one entry: fields to leaf, leaf to root, root to signature, and the
 * content when it is given. Returns what was proven; throws NotVerified, Unusable or Unsupported.
 */
export async function verifyEntry(
    entry: EntryProof,
    keys: string[],
    content?: Content,
): Promise<VerifiedEntry> {
    const checkpoint = await openSigned(entry.checkpoint, keys);
    const position = whole(entry.position, 0n, mostSize, "position");
    if (whole(entry.size, 0n, mostSize, "size") !== checkpoint.size)
        throw new NotVerified("the proof is of another size than its checkpoint");
    const payloadChecked = await checkPayload(entry);
    const leaf = await leafHash(await leafInput(entry));
    if (typeof entry.leaf_hash === "string" && entry.leaf_hash.toLowerCase() !== hex(leaf))
        throw new NotVerified("the fields of the entry do not give the leaf hash beside them");
    const proof = hashes(entry.proof, "the proof");
    if (!(await verifyInclusion(leaf, position, checkpoint.size, proof, checkpoint.root)))
        throw new NotVerified("the entry and its proof do not give the checkpoint's root");
    if (content !== undefined) await checkContent(entry, content);
    return {
        position,
        leafHash: hex(leaf),
        checkpoint,
        payloadChecked,
        contentChecked: content !== undefined,
    };
}

/**
 * Checks that the log of the newer checkpoint continues that of the older: nothing that
 * was witnessed has been changed or lost since.
 */
export async function verifyGrowth(
    older: string,
    newer: string,
    proof: string[],
    keys: string[],
): Promise<Checkpoint> {
    const before = await openSigned(older, keys);
    const now = await openSigned(newer, keys);
    if (before.origin !== now.origin)
        throw new Unusable("the two checkpoints are of different logs");
    if (before.size > now.size)
        throw new NotVerified(`the log had ${before.size} entries and has ${now.size}`);
    const path = hashes(proof, "the proof");
    if (!(await verifyConsistency(before.size, before.root, now.size, now.root, path)))
        throw new NotVerified("the log does not continue the older checkpoint");
    return now;
}
