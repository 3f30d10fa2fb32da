// Checks the proof of one entry of a VVAULT ledger, without trust in who hands it out.
export { NotVerified, Unsupported, Unusable } from "./failure.js";
export type { Bytes, Whole } from "./bytes.js";
export type { Digest } from "./crypto.js";
export { contentCommitment, leafHash, leafInput, payloadCommitment } from "./leaf.js";
export type { EntryFields } from "./leaf.js";
export { openCheckpoint, openNote, parseCheckpoint, parseKey } from "./note.js";
export type { Checkpoint, NoteKey } from "./note.js";
export { verifyEntry, verifyGrowth } from "./proof.js";
export type { Content, EntryProof, VerifiedEntry } from "./proof.js";
export { nodeHash, verifyConsistency, verifyInclusion } from "./tree.js";
