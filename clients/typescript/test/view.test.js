// A conversation's view is one ordered list without doubles, whatever came first.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { ConversationView, MemoryStore, Outbox, VaultClient } from "../dist/index.js";
import { eventBlock, FakeVault, problem, until } from "./fake_vault.js";

const vault = new FakeVault();
let view,
    outbox,
    client,
    name,
    count = 0,
    running;
before(() => vault.start());
after(() => vault.stop());
beforeEach(async () => {
    name = `c${++count}`;
    vault.faults = [];
    vault.token = "good";
    client = new VaultClient({ url: vault.url, token: "good", pace: { first: 2, longest: 10 } });
    outbox = await new Outbox({ client, store: new MemoryStore() }).open();
});
afterEach(async () => {
    view.close();
    await running;
    await outbox.close();
});

async function show(options = {}) {
    view = new ConversationView({ client, outbox, conversation: name, ...options });
    running = view.run();
    await until(() => view.state.connection === "open" && view.conversation, "the view to be open");
}
const shown = () => view.items.map((item) => [item.seq, item.content]);
const put = (content, client_id) => vault.store(name, { role: "user", content, client_id }).message;

test("events that come twice, late or before others are shown once and by seq", async () => {
    put("one");
    await show();
    const [two, three, four] = ["two", "three", "four"].map((content) => put(content));
    vault.tell(
        eventBlock(four),
        eventBlock(two),
        eventBlock(four),
        eventBlock(three),
        eventBlock(two),
    );
    await until(() => view.items.length === 4, "four messages");
    assert.deepEqual(shown(), [
        [1, "one"],
        [2, "two"],
        [3, "three"],
        [4, "four"],
    ]);
});

test("the first message of an empty conversation may not be the first that is told", async () => {
    await show();
    put("one");
    vault.tell(eventBlock(put("two")));
    await until(() => view.items.length === 2, "the gap to be filled");
    assert.deepEqual(shown(), [
        [1, "one"],
        [2, "two"],
    ]);
});

test("what is on its way stands at the end, and becomes a stored one in its place", async () => {
    put("one");
    await show();
    let release;
    vault.faults = [
        {
            before: () =>
                new Promise((resolve) => {
                    release = () => resolve("go on");
                }),
        },
    ];
    await outbox.write(name, { content: "mine", client_id: "m" });
    vault.tell(eventBlock(put("theirs")));
    await until(() => view.items.length === 3 && release, "three items");
    assert.deepEqual(
        view.items.map((item) => [item.content, item.state]),
        [
            ["one", "stored"],
            ["theirs", "stored"],
            ["mine", "pending"],
        ],
    );
    const { key } = view.items[2];
    release();
    await until(() => view.items[2]?.state === "stored", "the message to be stored");
    assert.deepEqual([view.items[2].key, view.items[2].seq, view.items.length], [key, 3, 3]);
});

test("a message that the stream tells before its answer came is not shown twice", async () => {
    await show();
    vault.faults = [
        {
            after: (response, at) => {
                at.tell(eventBlock(at.messages(name)[0]));
                response.destroy();
            },
        },
    ];
    const most = [];
    view.subscribe(() => most.push(view.items.length));
    await outbox.write(name, { content: "mine" });
    await until(() => outbox.entries().length === 0, "the outbox to be empty");
    assert.equal(Math.max(...most), 1);
    assert.deepEqual(shown(), [[1, "mine"]]);
});

test("a stream that breaks goes on with what was missed, from its last id", async () => {
    await show();
    vault.tell(eventBlock(put("one")));
    await until(() => view.items.length === 1, "the first");
    const { port } = vault;
    await vault.stop();
    put("two");
    put("three");
    await until(() => view.state.connection === "waiting", "the break to be noticed");
    vault.requests = [];
    await vault.start(port);
    await until(() => view.items.length === 3, "what was missed");
    assert.equal(
        vault.requests.find((request) => request.url.endsWith("/events")).headers["last-event-id"],
        "e1",
    );
    assert.deepEqual(shown(), [
        [1, "one"],
        [2, "two"],
        [3, "three"],
    ]);
});

test("a reset means to read anew", async () => {
    put("old");
    await show();
    vault.conversations.set(name, []);
    put("other");
    vault.tell("event: reset\nid: x\ndata: {}\n\n");
    await until(() => view.items[0]?.content === "other", "the new text");
    assert.deepEqual(shown(), [[1, "other"]]);
});

test("history is shown from its end, and earlier pages come before it", async () => {
    for (let n = 1; n <= 25; ++n) put(String(n));
    await show({ history: 10 });
    await until(() => view.items.length === 10, "ten");
    assert.deepEqual([view.items[0].seq, view.hasEarlier], [16, true]);
    await view.loadEarlier(10);
    await view.loadEarlier(10);
    assert.deepEqual(
        [view.items.map((item) => item.seq), view.hasEarlier],
        [Array.from({ length: 25 }, (_, n) => n + 1), false],
    );
});

test("a refused message is shown with its reason", async () => {
    await show();
    vault.faults = [{ before: (response) => void problem(response, 413, { detail: "too long" }) }];
    await outbox.write(name, { content: "long" });
    await until(() => view.items[0]?.state === "failed", "the refusal");
    assert.equal(view.items[0].reason, "too long");
});

test("without a good token the view says so and ends", async () => {
    vault.token = "other";
    view = new ConversationView({ client, outbox, conversation: name });
    await view.run();
    assert.deepEqual([view.state.connection, view.state.problem.status], ["refused", 401]);
});
