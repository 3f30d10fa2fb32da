// Signed notes and checkpoints as C2SP has them, Ed25519 only. Lines of other kinds and
// of other people's keys are ignored, as the standard asks.
import type { Bytes } from "./bytes.js";
import { base64, equal, fromBase64, hex, textBytes } from "./bytes.js";
import type { Digest } from "./crypto.js";
import { isSigned, sha256 } from "./crypto.js";
import { NotVerified, Unusable } from "./failure.js";

export interface NoteKey {
    name: string;
    /** Four bytes: the beginning of SHA-256(name, newline, type, key). */
    id: Bytes;
    publicKey: Bytes;
}

export interface Checkpoint {
    origin: string;
    size: bigint;
    root: Digest;
    extensions: string[];
}

interface Signature {
    name: string;
    id: Bytes;
    bytes: Bytes;
}

const ed25519 = 0x01;
const mostSignatures = 100;
// The property White_Space, and with the control characters all that a name may not have.
const isName = (name: string): boolean => /^[^+\p{White_Space}\u0000-\u001f]+$/u.test(name);

/** From `<name>+<id in hex>+<base64 of type and key>`. */
export async function parseKey(text: string): Promise<NoteKey> {
    const [name = "", id = "", ...rest] = text.split("+");
    const typed = fromBase64(rest.join("+"));
    if (!isName(name)) throw new Unusable("a verifier key begins with a name and a plus");
    if (typed === undefined || typed.length === 0)
        throw new Unusable("a verifier key ends in base64");
    if (typed[0] !== ed25519) throw new Unusable("the verifier key is not one of Ed25519");
    if (typed.length !== 33) throw new Unusable("a public key of Ed25519 has 32 bytes");
    const digest = await sha256(textBytes(name + "\n"), typed);
    const key = { name, id: digest.slice(0, 4), publicKey: typed.slice(1) };
    if (`${name}+${hex(key.id)}+${base64(typed)}` !== text)
        throw new Unusable(`the id "${id}" is not that of the verifier key`);
    return key;
}

function parseSignature(line: string): Signature {
    const [dash, name = "", encoded = "", ...more] = line.split(" ");
    const bytes = fromBase64(encoded);
    if (dash !== "\u2014" || !isName(name) || more.length > 0)
        throw new Unusable("a line after the note's text is no signature");
    if (bytes === undefined || bytes.length < 5)
        throw new Unusable("a signature of the note is no base64 of one");
    return { name, id: bytes.slice(0, 4), bytes: bytes.slice(4) };
}

function splitNote(note: string): { text: string; signatures: Signature[] } {
    // Lone surrogates have no UTF-8, so nobody can have signed them.
    if (/[\u0000-\u0009\u000b-\u001f]|\p{Surrogate}/u.test(note))
        throw new Unusable("the note has characters that no note has");
    const emptyLine = note.lastIndexOf("\n\n");
    const lines = note.slice(emptyLine + 2).split("\n");
    if (emptyLine < 0) throw new Unusable("the note has no empty line before its signatures");
    if (lines.length < 2 || lines.pop() !== "")
        throw new Unusable("the note has no signatures, or its last line no end");
    if (lines.length > mostSignatures)
        throw new Unusable(`the note has more than ${mostSignatures} signatures`);
    return { text: note.slice(0, emptyLine + 1), signatures: lines.map(parseSignature) };
}

/** The text of the note, and those of the keys that signed it, in the keys' order. */
export async function openNote(
    note: string,
    keys: NoteKey[],
): Promise<{ text: string; signers: NoteKey[] }> {
    const { text, signatures } = splitNote(note);
    const signers = new Set<NoteKey>();
    for (const { name, id, bytes } of signatures) {
        const known = keys.filter((key) => key.name === name && equal(key.id, id));
        let good = known.length === 0;
        for (const key of known)
            if (bytes.length === 64 && (await isSigned(key.publicKey, bytes, textBytes(text)))) {
                good = true;
                signers.add(key);
            }
        if (!good) throw new NotVerified(`the signature by "${name}" is not of this text`);
    }
    return { text, signers: keys.filter((key) => signers.has(key)) };
}

export function parseCheckpoint(text: string): Checkpoint {
    const lines = text.split("\n");
    const end = lines.pop();
    const [origin = "", size = "", encoded = "", ...extensions] = lines;
    const root = fromBase64(encoded);
    if (end !== "" || lines.length < 3 || lines.includes("") || text.includes("\r"))
        throw new Unusable("a checkpoint has three lines or more, none empty, each with its end");
    if (!/^(0|[1-9][0-9]{0,18})$/.test(size) || BigInt(size) >= 2n ** 63n)
        throw new Unusable("the size of a checkpoint is a number from 0 to 9223372036854775807");
    if (root === undefined || root.length !== 32)
        throw new Unusable("the root of a checkpoint is base64 of 32 bytes");
    return { origin, size: BigInt(size), root, extensions };
}

/** The checkpoint of a note that one of the keys signed in the name of its origin. */
export async function openCheckpoint(note: string, keys: NoteKey[]): Promise<Checkpoint> {
    const { text, signers } = await openNote(note, keys);
    const checkpoint = parseCheckpoint(text);
    if (!signers.some((key) => key.name === checkpoint.origin))
        throw new NotVerified(
            `none of the keys given signed the checkpoint of "${checkpoint.origin}"`,
        );
    return checkpoint;
}
