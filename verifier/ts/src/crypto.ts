// SHA-256 and Ed25519 of WebCrypto, and plain words where it has them not.
import type { Bytes } from "./bytes.js";
import { concat } from "./bytes.js";
import { Unsupported } from "./failure.js";

export type Digest = Bytes;

function subtle(): SubtleCrypto {
    const found = globalThis.crypto?.subtle;
    if (found === undefined)
        throw new Unsupported(
            "there is no WebCrypto here: browsers offer it to pages from https and localhost only, " +
                "Node from version 20 on, or with --experimental-global-webcrypto",
        );
    return found;
}

export async function sha256(...parts: Uint8Array[]): Promise<Digest> {
    return new Uint8Array(await subtle().digest("SHA-256", concat(...parts)));
}

/** Throws Unsupported where WebCrypto has no Ed25519, which is not the same as a bad signature. */
export async function isSigned(key: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
    let imported: CryptoKey;
    try {
        imported = await subtle().importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    } catch (error) {
        if (error instanceof Error && error.name === "DataError") return false;
        if (error instanceof Unsupported) throw error;
        throw new Unsupported(
            "WebCrypto has no Ed25519 here (Chrome has it from version 137 on, Firefox from 129, " +
                "Safari from 17, Node from 18.4): the checkpoint's signature cannot be checked",
        );
    }
    return subtle().verify({ name: "Ed25519" }, imported, signature, message);
}
