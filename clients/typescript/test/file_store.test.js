// The folder survives its process: what was said to be kept is there whole, for whoever comes next,
// and two processes that send from one folder neither double nor turn around.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { StorageProblem } from "../dist/index.js";
import { FileStore } from "../dist/node.js";
import { FakeVault, lostAnswer, lostRequest, until } from "./fake_vault.js";

const vault = new FakeVault();
let parent,
    folder,
    name,
    count = 0;
before(() => vault.start());
after(() => vault.stop());
beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), "vvault-outbox-"));
    folder = join(parent, "box");
    name = `c${++count}`;
    vault.faults = [];
});
afterEach(() => rm(parent, { recursive: true }));

const entry = (client_id, content = client_id) => ({
    conversation: name,
    message: { role: "user", content, client_id, timestamp: "t" },
    refusal: null,
});
const ids = async (store) => (await store.list()).map((one) => one.message.client_id);

function sender(...contents) {
    const child = spawn(
        process.execPath,
        [join(import.meta.dirname, "sender.js"), vault.url, folder, name, ...contents],
        { stdio: ["ignore", "pipe", "inherit"] },
    );
    child.said = "";
    child.stdout.on("data", (text) => {
        child.said += text;
    });
    child.ended = once(child, "close");
    return child;
}

test("entries keep their order, their changes and their privacy", async () => {
    const store = new FileStore(folder);
    for (const id of ["c", "a", "b"]) await store.add(entry(id));
    await store.replace({ ...entry("a"), refusal: { status: 409, code: "x", reason: "y" } });
    await store.remove("c");
    await store.remove("never there");
    const again = new FileStore(folder);
    assert.deepEqual(await ids(again), ["a", "b"]);
    assert.equal((await again.list())[0].refusal.reason, "y");
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    for (const file of await readdir(folder))
        assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600);
});

test("a file that was never finished is no entry", async () => {
    const store = new FileStore(folder);
    await store.add(entry("a"));
    await writeFile(
        join(folder, "000000000000001-000000-1.message.json.1.draft"),
        '{"conversation":',
    );
    assert.deepEqual(await ids(store), ["a"]);
});

test("a folder that cannot be made is told", async () => {
    await writeFile(folder, "a file is in the way");
    await assert.rejects(
        new FileStore(folder).add(entry("a")),
        (error) => error instanceof StorageProblem && error.reason === "blocked",
    );
    await assert.rejects(new FileStore(join(folder, "deeper")).add(entry("a")), StorageProblem);
});

test("another process hears of what was added", async () => {
    const heard = new FileStore(folder);
    let times = 0;
    const end = heard.hear(() => ++times);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await new FileStore(folder).add(entry("a"));
    await until(() => times > 0, "the notice");
    end();
    heard.close();
});

test("a process that is killed in the middle of a request loses and doubles nothing", async () => {
    let stored;
    const reached = new Promise((resolve) => {
        stored = resolve;
    });
    // The message is stored, the answer never comes, the sender dies.
    vault.faults = [
        undefined,
        {
            after: () => {
                stored();
                return new Promise(() => {});
            },
        },
    ];
    const first = sender("one", "two", "three");
    await reached;
    await until(() => first.said.includes("kept three"), "all three to be kept");
    first.kill("SIGKILL");
    await first.ended;
    assert.equal((await ids(new FileStore(folder))).length, 2);
    const second = sender("four");
    await second.ended;
    assert.match(second.said, /sent/);
    assert.deepEqual(vault.contents(name), ["one", "two", "three", "four"]);
    assert.deepEqual(await ids(new FileStore(folder)), []);
});

test("two processes that send from one folder neither double nor turn around", async () => {
    const store = new FileStore(folder);
    const before = Array.from({ length: 20 }, (_, n) => `kept ${n}`);
    for (const content of before) await store.add(entry(content));
    vault.faults = Array.from(
        { length: 60 },
        (_, n) =>
            [
                lostAnswer,
                undefined,
                undefined,
                lostRequest,
                {
                    before: () =>
                        new Promise((resolve) => setTimeout(() => resolve("go on"), n % 7)),
                },
            ][n % 5],
    );
    const both = [sender("a 1", "a 2", "a 3"), sender("b 1", "b 2", "b 3")];
    await Promise.all(both.map((child) => child.ended));
    const contents = vault.contents(name);
    assert.deepEqual(contents.slice(0, 20), before);
    assert.deepEqual(
        [...contents].sort(),
        [...before, "a 1", "a 2", "a 3", "b 1", "b 2", "b 3"].sort(),
    );
    for (const letter of ["a", "b"])
        assert.deepEqual(
            contents.filter((one) => one.startsWith(`${letter} `)),
            [1, 2, 3].map((n) => `${letter} ${n}`),
        );
});
