// What a capsule claims about itself, and by which rule that is true. Several rules were used over
// the years and disagree; a capsule that none verifies is archived like any other and said to be so.
// The rules have the names that the importer records (tools/migrate/capsules.py).

import { createHash } from "node:crypto";

import { parse, write } from "./json.ts";
import type { Style, Value } from "./json.ts";

export interface About {
    capsule_version?: string;
    name?: string;
    uuid?: string;
    fingerprint?: { claimed: string; rule: string | null };
}

const written: Record<string, Pick<Style, "comma" | "colon" | "indent">> = {
    compact: { comma: ",", colon: ":", indent: 0 },
    spaced: { comma: ", ", colon: ": ", indent: 0 },
    "indent 2": { comma: ",", colon: ": ", indent: 2 },
    "indent 4": { comma: ",", colon: ": ", indent: 4 },
};

/** Null where the bytes are no capsule at all. */
export function describe(bytes: Uint8Array): About | null {
    let capsule: Value;
    try {
        capsule = parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch {
        return null;
    }
    if (!(capsule instanceof Map)) return null;
    const inner = capsule.get("metadata");
    const metadata = inner instanceof Map ? inner : new Map<string, Value>();
    const first = metadata.has("fingerprint_hash") || metadata.has("capsule_version");
    if (!first && !(capsule.has("capsule_version") && capsule.has("construct_id"))) return null;
    const text = (...values: (Value | undefined)[]) =>
        values.find((value): value is string => typeof value === "string" && value !== "")?.slice(0, 200);
    const about: About = {};
    const version = text(metadata.get("capsule_version"), capsule.get("capsule_version"));
    const name = text(metadata.get("instance_name"), capsule.get("construct_id"));
    const uuid = text(metadata.get("uuid"));
    const claimed = text(metadata.get("fingerprint_hash"), capsule.get("fingerprint_hash"));
    if (version) about.capsule_version = version;
    if (name) about.name = name;
    if (uuid) about.uuid = uuid;
    if (claimed) about.fingerprint = { claimed, rule: verifyingRule(capsule, claimed) };
    return about;
}

function verifyingRule(capsule: Map<string, Value>, claimed: string): string | null {
    const wanted = claimed.toLowerCase().replace(/^sha256:/, "");
    for (const place of ["without", "empty", "null"])
        for (const sorted of [true, false])
            for (const ascii of [true, false])
                for (const [name, how] of Object.entries(written)) {
                    const text = write(prepared(capsule, place), { sorted, ascii, ...how });
                    if (createHash("sha256").update(text).digest("hex") === wanted)
                        return `${place} fingerprint_hash, keys ${sorted ? "sorted" : "as written"}, ` +
                            name + (ascii ? "" : ", utf-8");
                }
    return null;
}

function prepared(capsule: Map<string, Value>, place: string): Map<string, Value> {
    const changed = new Map(capsule);
    const inner = changed.get("metadata");
    let holder = changed;
    if (inner instanceof Map && inner.has("fingerprint_hash")) {
        holder = new Map(inner);
        changed.set("metadata", holder);
    }
    if (place === "without") holder.delete("fingerprint_hash");
    else holder.set("fingerprint_hash", place === "empty" ? "" : null);
    return changed;
}
