// A capsule as it was at a time, put into the vault as a new version: nothing is overwritten.

import { constructOf, openArchive, sha256 } from "./archive.ts";
import type { Kept } from "./archive.ts";
import { BadArchive, isSafe } from "./tar.ts";
import { Trouble } from "./vault.ts";
import type { Vault, Version } from "./vault.ts";

export interface Restored {
    path: string;
    /** The version that was the current one at the time. */
    from: number;
    /** What it is now, or null where it already was so. */
    to: number | null;
}

export interface Wish {
    construct: string | null;
    asOf: Date;
    dryRun: boolean;
}

function at<T extends { created_at: string; version: number }>(versions: T[], moment: Date): T | undefined {
    return versions.filter((one) => Date.parse(one.created_at) <= moment.getTime())
        .sort((a, b) => a.version - b.version).at(-1);
}

async function current(vault: Vault, path: string): Promise<Version | undefined> {
    try {
        return (await vault.history(path)).at(-1);
    } catch (error) {
        if (error instanceof Trouble && error.message.includes("(404)")) return undefined;
        throw error;
    }
}

export async function restoreFromVault(vault: Vault, wish: Wish): Promise<Restored[]> {
    const done: Restored[] = [];
    for (const path of await vault.paths("")) {
        const construct = constructOf(path);
        if (!construct || (wish.construct !== null && construct !== wish.construct)) continue;
        const versions = await vault.history(path);
        const then = at(versions, wish.asOf);
        const now = versions.at(-1);
        if (!then || !now || then.kind === "delete") continue;
        let to: number | null = null;
        if (now.kind === "delete" || now.sha256 !== then.sha256) {
            if (!wish.dryRun && now.kind === "delete") await vault.undelete(path);
            const present = wish.dryRun ? now : await current(vault, path);
            to = wish.dryRun ? now.version + 1 : (present?.version ?? now.version);
            if (!wish.dryRun && present?.sha256 !== then.sha256) to = await vault.again(path, then.version);
        }
        done.push({ path, from: then.version, to });
    }
    return refuseNothing(done, wish);
}

export async function restoreFromArchive(vault: Vault, source: string, wish: Wish): Promise<Restored[]> {
    const wanted = new Set<string>();
    const first = await openArchive(source);
    if (first.problems.length > 0)
        throw new BadArchive(`nothing is restored from a damaged archive: ${first.problems[0]}`);
    const byPath = new Map<string, Kept[]>();
    for (const one of first.manifest.capsules) {
        // The name in the vault is the archive's word too.
        if (!isSafe(one.path) || constructOf(one.path) !== one.construct)
            throw new BadArchive(`no capsule's path: ${JSON.stringify(one.path)}`);
        if (wish.construct === null || one.construct === wish.construct)
            byPath.set(one.path, [...(byPath.get(one.path) ?? []), one]);
    }
    const chosen: Kept[] = [];
    for (const versions of byPath.values()) {
        const then = at(versions, wish.asOf);
        if (!then || then.file === null) continue;
        chosen.push(then);
        wanted.add(then.file);
    }
    const { contents } = await openArchive(source, (name) => wanted.has(name));
    const done: Restored[] = [];
    for (const one of chosen) {
        const content = contents.get(one.file ?? "");
        if (!content || sha256(content) !== one.sha256) throw new BadArchive(`altered: ${one.file}`);
        let now = await current(vault, one.path);
        let to: number | null = null;
        if (now?.kind === "delete" && !wish.dryRun) {
            await vault.undelete(one.path);
            now = await current(vault, one.path);
            to = now?.version ?? null;
        }
        if (now?.kind === "delete" || now?.sha256 !== one.sha256)
            to = wish.dryRun ? (now?.version ?? 0) + 1
                : await vault.put(one.path, content, now?.version ?? 0, {
                    ...(one.capsule ? { capsule: one.capsule } : {}),
                    restored: { version: one.version, created_at: one.created_at, sha256: one.sha256 },
                });
        done.push({ path: one.path, from: one.version, to });
    }
    return refuseNothing(done, wish);
}

function refuseNothing(done: Restored[], wish: Wish): Restored[] {
    if (done.length === 0)
        throw new Trouble(`there was no capsule${wish.construct ? ` of ${wish.construct}` : ""} at ${wish.asOf.toISOString()}`);
    return done;
}
