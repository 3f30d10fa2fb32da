// An archive of capsules: a tar of every version under a name that tells its time and its hash, with
// manifest.json, which says what each is, and SHA256SUMS, which `sha256sum -c` checks.

import { createHash } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";

import { describe } from "./fingerprint.ts";
import type { About } from "./fingerprint.ts";
import { BadArchive, entries, writeEnd, writeEntry } from "./tar.ts";
import { Trouble } from "./vault.ts";
import type { Vault, Version } from "./vault.ts";

export const format = "vvault-capsule-backup";

export interface Kept extends Version {
    construct: string;
    path: string;
    /** In the archive; null for a deletion and for content that is destroyed. */
    file: string | null;
    capsule: About | null;
}

export interface Manifest {
    format: string;
    version: 1;
    created_at: string;
    capsules: Kept[];
}

export function sha256(bytes: Uint8Array): string {
    return createHash("sha256").update(bytes).digest("hex");
}

/** The construct whose capsule a path may be, or null. */
export function constructOf(path: string): string | null {
    if (!/\.(capsule|json)$/i.test(path)) return null;
    const [root, construct, ...rest] = path.split("/");
    const name = rest.at(-1) ?? "";
    if (root === "instances" && construct && name)
        return /\.capsule$/i.test(name) || rest.some((part) => /capsule/i.test(part)) ? construct : null;
    if (/\.capsule$/i.test(path) || root === "capsules")
        return (path.split("/").at(-1) ?? "").replace(/\.[^.]*$/, "").toLowerCase();
    return null;
}

function nameOf(construct: string, path: string, version: Version): string {
    const plain = (text: string) => text.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "_") || "_";
    const time = new Date(version.created_at).toISOString().replace(/[-:]/g, "");
    const file = path.split("/").at(-1) ?? "";
    const dot = file.lastIndexOf(".");
    // Two paths of one construct may end in the same name.
    const where = sha256(Buffer.from(path)).slice(0, 8);
    return `capsules/${plain(construct)}/${plain(file.slice(0, dot))}-${where}/` +
        `${time}_v${version.version}_${(version.sha256 ?? "").slice(0, 12)}${plain(file.slice(dot))}`;
}

/** `only` is a construct's name, or null for all. */
export async function backUp(vault: Vault, target: string, only: string | null, newest: boolean): Promise<Manifest> {
    const part = `${target}.part`;
    const manifest: Manifest = { format, version: 1, created_at: new Date().toISOString(), capsules: [] };
    const sums: string[] = [];
    // What is in it is in the clear: for its owner alone, and never half under its name.
    const file = await open(part, "w", 0o600);
    try {
        const add = async (name: string, content: Uint8Array, moment: string) => {
            await writeEntry(file, name, content, new Date(moment));
            sums.push(`${sha256(content)}  ${name}\n`);
        };
        for (const path of await vault.paths("")) {
            const construct = constructOf(path);
            if (!construct || (only !== null && construct !== only)) continue;
            await backUpFile(vault, path, construct, newest, manifest, add);
        }
        if (manifest.capsules.length === 0)
            throw new Trouble(only === null ? "there is no capsule in this vault" : `there is no capsule of ${only} in this vault`);
        await add("manifest.json", Buffer.from(JSON.stringify(manifest, null, 2) + "\n"), manifest.created_at);
        await writeEntry(file, "SHA256SUMS", Buffer.from(sums.join("")), new Date(manifest.created_at));
        await writeEnd(file);
        await file.sync();
        await file.close();
        await rename(part, target);
    } catch (error) {
        await file.close().catch(() => undefined);
        await rm(part, { force: true });
        throw error;
    }
    return manifest;
}

async function backUpFile(vault: Vault, path: string, construct: string, newest: boolean, manifest: Manifest,
                          add: (name: string, content: Uint8Array, moment: string) => Promise<void>): Promise<void> {
    const kept: Kept[] = [];
    const versions = await vault.history(path);
    for (const version of newest ? versions.slice(-1) : versions) {
        const { version: number, kind, size, sha256: digest, created_at } = version;
        const one: Kept = { construct, path, version: number, kind, size, sha256: digest, created_at, file: null, capsule: null };
        kept.push(one);
        if (kind === "delete" || digest === null) continue;
        const content = await vault.content(path, number);
        if (sha256(content) !== digest)
            throw new Trouble(`version ${number} of ${path} did not arrive as the vault has it`);
        one.capsule = describe(content);
        // Any JSON may lie in a folder of capsules; a .capsule is one, whatever is in it.
        if (!one.capsule && !/\.capsule$/i.test(path) && kept.every((each) => !each.capsule)) return;
        one.file = nameOf(construct, path, version);
        await add(one.file, content, created_at);
    }
    manifest.capsules.push(...kept);
}

export interface Opened {
    manifest: Manifest;
    /** By name in the archive. */
    contents: Map<string, Buffer>;
    problems: string[];
}

/** Reads an archive and checks all of it, without a vault. `wanted` says whose bytes are kept. */
export async function openArchive(source: string, wanted: (name: string) => boolean = () => false): Promise<Opened> {
    const digests = new Map<string, string>();
    const sizes = new Map<string, number>();
    const contents = new Map<string, Buffer>();
    const special = new Map<string, string>();
    const abouts = new Map<string, About | null>();
    const file = await open(source, "r").catch(() => {
        throw new Trouble(`${source} cannot be read`);
    });
    try {
        for await (const { name, content } of entries(file)) {
            digests.set(name, sha256(content));
            sizes.set(name, content.length);
            if (name === "manifest.json" || name === "SHA256SUMS") special.set(name, content.toString("utf8"));
            else abouts.set(name, describe(content));
            if (wanted(name)) contents.set(name, content);
        }
    } finally {
        await file.close();
    }
    const manifest = readManifest(special.get("manifest.json"));
    return { manifest, contents, problems: problemsOf(manifest, special.get("SHA256SUMS"), digests, sizes, abouts) };
}

function readManifest(text: string | undefined): Manifest {
    if (text === undefined) throw new BadArchive("there is no manifest.json in the archive");
    let manifest: Partial<Manifest>;
    try {
        manifest = JSON.parse(text) as Partial<Manifest>;
    } catch {
        throw new BadArchive("manifest.json is no JSON");
    }
    const isKept = (one: Partial<Kept> | null) => typeof one === "object" && one !== null &&
        typeof one.path === "string" && typeof one.construct === "string" && Number.isInteger(one.version) &&
        typeof one.created_at === "string" && !Number.isNaN(Date.parse(one.created_at)) &&
        (one.file === null || typeof one.file === "string");
    if (manifest?.format !== format || manifest.version !== 1 || !Array.isArray(manifest.capsules) ||
        !manifest.capsules.every(isKept))
        throw new BadArchive("manifest.json is not that of a capsule backup");
    return manifest as Manifest;
}

function problemsOf(manifest: Manifest, listed: string | undefined, digests: Map<string, string>,
                    sizes: Map<string, number>, abouts: Map<string, About | null>): string[] {
    const problems: string[] = [];
    const sums = new Map<string, string>();
    for (const line of (listed ?? "").split("\n").filter(Boolean)) {
        const found = /^([0-9a-f]{64}) {2}(.+)$/.exec(line);
        if (found?.[1] && found[2]) sums.set(found[2], found[1]);
        else problems.push("SHA256SUMS has a line that is none");
    }
    if (listed === undefined) problems.push("there is no SHA256SUMS in the archive");
    for (const [name, digest] of sums)
        if (!digests.has(name)) problems.push(`missing: ${name}`);
        else if (digests.get(name) !== digest) problems.push(`altered: ${name}`);
    const told = new Set(["manifest.json", "SHA256SUMS"]);
    for (const one of manifest.capsules) {
        if (one.file === null) continue;
        told.add(one.file);
        const digest = digests.get(one.file);
        if (digest === undefined) problems.push(`missing: ${one.file}`);
        else if (digest !== one.sha256 || sizes.get(one.file) !== one.size)
            problems.push(`not what the manifest says: ${one.file}`);
        else if (JSON.stringify(abouts.get(one.file)?.fingerprint) !== JSON.stringify(one.capsule?.fingerprint))
            problems.push(`another fingerprint than the manifest says: ${one.file}`);
    }
    for (const name of digests.keys()) {
        if (!told.has(name)) problems.push(`not in the manifest: ${name}`);
        if (name !== "SHA256SUMS" && !sums.has(name)) problems.push(`not in SHA256SUMS: ${name}`);
    }
    return [...new Set(problems)];
}
