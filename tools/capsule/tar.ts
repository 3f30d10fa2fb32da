// The part of POSIX tar that an archive of ours needs: regular files, long names by a pax header.
// Reading is strict: whatever ours would not hold is refused, and so is an end that is missing.

import type { FileHandle } from "node:fs/promises";

const block = 512;
const largest = 512 * 1024 * 1024;

export class BadArchive extends Error {}

/** A name that stays below the folder it is unpacked in, on any system. */
export function isSafe(name: string): boolean {
    if (name === "" || name.length > 4000 || /[\u0000-\u001f\u007f\\:]/.test(name)) return false;
    return name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

function header(name: string, size: number, kind: string, seconds: number): Buffer {
    const bytes = Buffer.alloc(block);
    const number = (value: number, length: number) => value.toString(8).padStart(length - 1, "0") + "\0";
    bytes.write(name, 0, 100, "utf8");
    bytes.write(number(0o600, 8), 100);
    bytes.write(number(0, 8), 108);
    bytes.write(number(0, 8), 116);
    bytes.write(number(size, 12), 124);
    bytes.write(number(seconds, 12), 136);
    bytes.write("        ", 148);
    bytes.write(kind, 156);
    bytes.write("ustar\x0000", 257, "latin1");
    bytes.write(checksum(bytes).toString(8).padStart(6, "0") + "\0 ", 148, "latin1");
    return bytes;
}

function checksum(bytes: Buffer): number {
    let sum = 0;
    for (let i = 0; i < block; ++i) sum += i >= 148 && i < 156 ? 32 : (bytes[i] ?? 0);
    return sum;
}

function padded(content: Uint8Array): Uint8Array[] {
    const rest = content.length % block;
    return rest ? [content, Buffer.alloc(block - rest)] : [content];
}

export async function writeEntry(file: FileHandle, name: string, content: Uint8Array,
                                 moment: Date): Promise<void> {
    const seconds = Math.max(0, Math.floor(moment.getTime() / 1000));
    const parts: Uint8Array[] = [];
    if (Buffer.byteLength(name) > 100 || /[^\x20-\x7e]/.test(name)) {
        const record = (length: number) => `${length} path=${name}\n`;
        let length = Buffer.byteLength(record(0));
        while (Buffer.byteLength(record(length)) !== length) length = Buffer.byteLength(record(length));
        const pax = Buffer.from(record(length));
        parts.push(header("pax_header", pax.length, "x", seconds), ...padded(pax));
    }
    parts.push(header(name, content.length, "0", seconds), ...padded(content));
    await writeAll(file, Buffer.concat(parts));
}

export async function writeEnd(file: FileHandle): Promise<void> {
    await writeAll(file, Buffer.alloc(2 * block));
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

export interface Entry {
    name: string;
    content: Buffer;
}

export async function* entries(file: FileHandle): AsyncGenerator<Entry> {
    let longName: string | null = null;
    const seen = new Set<string>();
    for (;;) {
        const head = await exactly(file, block);
        if (head.every((byte) => byte === 0)) {
            if (!(await exactly(file, block)).every((byte) => byte === 0))
                throw new BadArchive("the archive goes on behind its end");
            return;
        }
        const text = (from: number, length: number) =>
            head.toString("utf8", from, from + length).replace(/\0.*$/s, "");
        const number = (from: number, length: number) => {
            const digits = text(from, length).trim();
            if (!/^[0-7]+$/.test(digits)) throw new BadArchive("a header of the archive is damaged");
            return parseInt(digits, 8);
        };
        if (number(148, 8) !== checksum(head)) throw new BadArchive("a header of the archive is damaged");
        const size = number(124, 12);
        if (size > largest) throw new BadArchive("a file in the archive is too large");
        const kind = text(156, 1);
        const content = await exactly(file, size);
        await exactly(file, (block - (size % block)) % block);
        if (kind === "x") {
            longName = /^\d+ path=(.*)\n$/s.exec(content.toString("utf8"))?.[1] ?? null;
            continue;
        }
        const name = longName ?? text(0, 100);
        longName = null;
        if (kind !== "0" || text(345, 155) !== "") throw new BadArchive("the archive holds something else than files");
        if (!isSafe(name)) throw new BadArchive(`an unsafe name: ${JSON.stringify(name)}`);
        if (seen.has(name)) throw new BadArchive(`twice in the archive: ${name}`);
        seen.add(name);
        yield { name, content };
    }
}

async function exactly(file: FileHandle, size: number): Promise<Buffer> {
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; ) {
        const { bytesRead } = await file.read(bytes, at, size - at);
        if (bytesRead === 0) throw new BadArchive("the archive is truncated");
        at += bytesRead;
    }
    return bytes;
}
