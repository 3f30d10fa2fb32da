// JSON as it was written, and tar as ours is, without a vault.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { describe } from "../dist/capsule/fingerprint.js";
import { parse, write } from "../dist/capsule/json.js";
import { entries, isSafe, writeEnd, writeEntry } from "../dist/capsule/tar.js";

test("numbers and order come back as they were written", () => {
    const text = '{"b": 1.0, "a": [0.90, -1e5, {"x": null}], "\\u00e9": "\\ud83c\\udf0a"}';
    const spaced = { sorted: false, ascii: true, comma: ", ", colon: ": ", indent: 0 };
    assert.equal(write(parse(text), spaced), text);
    assert.equal(write(parse('{"b":1,"a":{}}'), { ...spaced, sorted: true, indent: 2, comma: "," }),
        '{\n  "a": {},\n  "b": 1\n}');
    for (const bad of ["", "{", "[1,]", '{"a" 1}', "01", "nul", '"\n"', "[1] 2", "[".repeat(300)])
        assert.throws(() => parse(bad), bad);
});

test("a fingerprint is verified by the rule that made it, or by none", () => {
    const bytes = (value) => new TextEncoder().encode(value);
    assert.equal(describe(bytes("[]")), null);
    assert.equal(describe(bytes('{"a": 1}')), null);
    const capsule = (claimed) =>
        bytes(`{"z": 1.0, "metadata": {"fingerprint_hash": "${claimed}", "capsule_version": "1"}}`);
    for (const [hashed, rule] of [
        ['{"metadata": {"capsule_version": "1"}, "z": 1.0}', "without fingerprint_hash, keys sorted, spaced"],
        ['{"z":1.0,"metadata":{"fingerprint_hash":"","capsule_version":"1"}}', "empty fingerprint_hash, keys as written, compact"],
        ["something else", null],
    ]) {
        const claimed = createHash("sha256").update(hashed).digest("hex");
        assert.deepEqual(describe(capsule(claimed)).fingerprint, { claimed, rule });
    }
});

test("names that leave their folder are not safe", () => {
    for (const name of ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a\\b", "c:x", "a\nb", "a/", ".."])
        assert.equal(isSafe(name), false, name);
    for (const name of ["manifest.json", "capsules/nova-001/..a/x.capsule", "é/x"]) assert.equal(isSafe(name), true, name);
});

test("an archive is read as it was written, and not beyond what is there", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "capsule-"));
    t.after(() => rm(folder, { recursive: true }));
    const path = join(folder, "a.tar");
    const names = ["short", "é".repeat(20), `${"long/".repeat(60)}name`];
    const file = await open(path, "w");
    for (const name of names) await writeEntry(file, name, Buffer.from(name.repeat(30)), new Date(0));
    await writeEnd(file);
    const { size } = await file.stat();
    await file.close();
    const read = async () => {
        const source = await open(path, "r");
        const found = [];
        try {
            for await (const { name, content } of entries(source)) found.push([name, content.toString()]);
        } finally {
            await source.close();
        }
        return found;
    };
    assert.deepEqual(await read(), names.map((name) => [name, name.repeat(30)]));
    const cut = await open(path, "r+");
    for (const length of [size - 1, size - 512, size - 1024, 700, 512, 100, 0]) {
        await cut.truncate(length);
        await assert.rejects(read(), /truncated/);
    }
    await cut.close();
});
