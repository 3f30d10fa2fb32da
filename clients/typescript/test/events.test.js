// The stream format is read however it is cut, and a place is only what was told whole.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventReader } from "../dist/index.js";

const stream =
    'retry: 2000\n\n: a comment\n\nevent: ready\nid: c1\ndata: {}\n\nid: c1b\n\nevent: message\nid: c2\ndata: {"content":"grüße 🌊"}\ndata:more\n\n';
const expected = [
    { name: "ready", data: "{}", id: "c1" },
    { name: "message", data: '{"content":"grüße 🌊"}\nmore', id: "c2" },
];

function read(bytes, cuts) {
    const reader = new EventReader();
    const events = [];
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
        events.push(...reader.take(bytes.subarray(from, to)));
        from = to;
    }
    return { events, reader };
}

for (const [name, end] of [
    ["LF", "\n"],
    ["CR LF", "\r\n"],
    ["CR", "\r"],
])
    test(`every cut of a stream gives the same events (${name})`, () => {
        // Behind the last block so that a final CR is followed by something.
        const bytes = new TextEncoder().encode((stream + ": end\n").replaceAll("\n", end));
        for (let cut = 0; cut <= bytes.length; ++cut)
            assert.deepEqual(read(bytes, [cut]).events, expected, `cut at ${cut}`);
        assert.deepEqual(read(bytes, [...bytes.keys()]).events, expected);
    });

test("the place moves with whole blocks only, also with those that tell nothing", () => {
    const encoder = new TextEncoder();
    const { reader } = read(encoder.encode("id: a\n\nevent: message\nid: b\ndata: {}\n"), []);
    assert.equal(reader.lastId, "a");
    assert.equal(reader.take(encoder.encode("\n")).length, 1);
    assert.equal(reader.lastId, "b");
    assert.equal(new EventReader("kept").lastId, "kept");
});

test("the server's wish for a pause is kept, and nonsense is not", () => {
    const { reader } = read(
        new TextEncoder().encode("retry: 1500\n\nretry: soon\n\nid: x\0y\n\n"),
        [],
    );
    assert.equal(reader.retry, 1500);
    assert.equal(reader.lastId, "");
});
