// The vectors that the C++ is tested with too, and what Node 18 has under another name.
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;

export function vectors(name) {
    const text = readFileSync(new URL(`../../../test/vectors/${name}.json`, import.meta.url), "utf8");
    // Numbers that JavaScript would round come as their text.
    return JSON.parse(text.replace(/: (-?[0-9]{16,})(?=[,\n])/g, ': "$1"'));
}

/** The proofs that differ from this one in one place, or in length. */
export function spoilt(proof) {
    const changed = (at) => proof.map((hash, i) => (i === at ? hash.map((byte) => byte ^ 1) : hash));
    return [
        ...proof.map((_, at) => changed(at)),
        ...proof.map((_, at) => proof.filter((_, i) => i !== at)),
        [...proof, new Uint8Array(32)],
        [new Uint8Array(32), ...proof],
    ];
}
