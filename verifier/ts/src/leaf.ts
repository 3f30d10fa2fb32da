// What an entry hashes to: doc/ledger-leaf.md, byte by byte.
import type { Bytes, Whole } from "./bytes.js";
import { bigEndian, concat, fromHex, fromUuid, textBytes, whole } from "./bytes.js";
import type { Digest } from "./crypto.js";
import { sha256 } from "./crypto.js";
import { Unusable } from "./failure.js";

/** The fields of an entry, as a line of an export and a proof have them. */
export interface EntryFields {
    id: string;
    user_id: string;
    stream_id: string;
    stream_seq: Whole;
    /** Hex; null or left out in the first entry of a stream. */
    previous_leaf?: string | null;
    event_type: string;
    timestamp_us: Whole;
    actor: string;
    xid: Whole;
    /** May be left out when salt and payload are there. */
    payload_commitment?: string | null;
    /** Null or left out when the event has no content. */
    content_commitment?: string | null;
    salt?: string | null;
    payload?: string | null;
}

const unsigned64 = 2n ** 64n - 1n;
const zeros = "00".repeat(32);

function countedText(text: unknown, what: string): Bytes {
    if (typeof text !== "string") throw new Unusable(`${what} is not a string`);
    const bytes = textBytes(text);
    if (bytes.length > 65535) throw new Unusable(`${what} is over 65535 bytes`);
    // A lone surrogate becomes U+FFFD when encoded, and two texts one leaf.
    if (new TextDecoder().decode(bytes) !== withoutMark(text))
        throw new Unusable(`${what} is not Unicode`);
    return concat(bigEndian(BigInt(bytes.length), 2), bytes);
}

// TextDecoder swallows a byte order mark at the beginning.
const withoutMark = (text: string): string => (text.startsWith("\ufeff") ? text.slice(1) : text);

/** What the payload commits to, when payload and salt are there. */
export async function payloadCommitment(salt: string, payload: string): Promise<Digest> {
    return sha256(textBytes("vvault/payload/v1\n"), fromHex(salt, 16, "salt"), textBytes(payload));
}

/** The blind is 32 bytes in hex; content and metadata are the exact bytes, or their text. */
export async function contentCommitment(
    blind: string,
    content: string | Uint8Array,
    metadata: string | Uint8Array = "",
): Promise<Digest> {
    const bytes = (value: string | Uint8Array) =>
        typeof value === "string" ? textBytes(value) : value;
    return sha256(
        textBytes("vvault/content/v1\n"),
        fromHex(blind, 32, "blind"),
        await sha256(bytes(content)),
        await sha256(bytes(metadata)),
    );
}

async function committedPayload(fields: EntryFields): Promise<Digest> {
    const { salt, payload, payload_commitment: written } = fields;
    if (typeof salt === "string" && typeof payload === "string" && typeof written !== "string")
        return payloadCommitment(salt, payload);
    return fromHex(written, 32, "payload_commitment");
}

export async function leafInput(fields: EntryFields): Promise<Bytes> {
    return concat(
        textBytes("vvault/entry/v1\n"),
        fromUuid(fields.id, "id"),
        fromUuid(fields.user_id, "user_id"),
        fromUuid(fields.stream_id, "stream_id"),
        bigEndian(whole(fields.stream_seq, 0n, unsigned64, "stream_seq"), 8),
        fromHex(fields.previous_leaf ?? zeros, 32, "previous_leaf"),
        countedText(fields.event_type, "event_type"),
        bigEndian(whole(fields.timestamp_us, -(2n ** 63n), 2n ** 63n - 1n, "timestamp_us"), 8),
        countedText(fields.actor, "actor"),
        bigEndian(whole(fields.xid, 0n, unsigned64, "xid"), 8),
        await committedPayload(fields),
        fromHex(fields.content_commitment ?? zeros, 32, "content_commitment"),
    );
}

export async function leafHash(input: Bytes): Promise<Digest> {
    return sha256(Uint8Array.of(0), input);
}
