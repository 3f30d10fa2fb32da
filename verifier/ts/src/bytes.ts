// Bytes and their texts: strict, so that there is one text for one value.
import { Unusable } from "./failure.js";

export type Bytes = Uint8Array<ArrayBuffer>;

export const textBytes = (text: string): Bytes => new TextEncoder().encode(text);

export function concat(...parts: Uint8Array[]): Bytes {
    const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
        joined.set(part, at);
        at += part.length;
    }
    return joined;
}

export function equal(left: Uint8Array, right: Uint8Array): boolean {
    return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

/** Big-endian, in that many bytes. */
export function bigEndian(value: bigint, size: number): Bytes {
    const bytes = new Uint8Array(size);
    let rest = BigInt.asUintN(size * 8, value);
    for (let at = size - 1; at >= 0; --at, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
    return bytes;
}

export const hex = (bytes: Uint8Array): string =>
    Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function fromHex(text: unknown, size: number | undefined, what: string): Bytes {
    if (typeof text !== "string" || !/^([0-9a-fA-F]{2})*$/.test(text))
        throw new Unusable(`${what} is not hex`);
    const bytes = new Uint8Array(text.length / 2);
    for (let at = 0; at < bytes.length; ++at)
        bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
    if (size !== undefined && bytes.length !== size)
        throw new Unusable(`${what} has ${bytes.length} bytes and not ${size}`);
    return bytes;
}

export const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

export function fromBase64(text: string): Bytes | undefined {
    let binary: string;
    try {
        binary = atob(text);
    } catch {
        return undefined;
    }
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    // atob() is lenient about padding, white space and stray bits.
    return base64(bytes) === text ? bytes : undefined;
}

export function fromUuid(text: unknown, what: string): Bytes {
    if (typeof text !== "string" || !/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/.test(text))
        throw new Unusable(`${what} is not a UUID`);
    return fromHex(text.replaceAll("-", ""), 16, what);
}

/** A number of JSON, a bigint, or its decimal text; never one that JSON has rounded. */
export type Whole = number | bigint | string;

export function whole(value: unknown, least: bigint, most: bigint, what: string): bigint {
    let number: bigint | undefined;
    if (typeof value === "bigint") number = value;
    if (typeof value === "number" && Number.isSafeInteger(value)) number = BigInt(value);
    if (typeof value === "string" && /^(0|-?[1-9][0-9]{0,19})$/.test(value)) number = BigInt(value);
    if (number === undefined || number < least || number > most)
        throw new Unusable(`${what} is not a whole number from ${least} to ${most}`);
    return number;
}
