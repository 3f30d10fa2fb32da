// Two people at two screens of one conversation see the same list, whatever goes away meanwhile.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ConversationView, MemoryStore, Outbox } from "../../../clients/typescript/dist/index.js";
import { FileStore } from "../../../clients/typescript/dist/node.js";
import { clientOf, control, newToken, until } from "./vault.js";

const parent = await mkdtemp(join(tmpdir(), "vvault-live-"));
after(() => rm(parent, { recursive: true }));
let count = 0;

class Screen {
    static async open(
        conversation,
        { client = clientOf(), store = new FileStore(join(parent, `box${++count}`)) } = {},
    ) {
        const screen = new Screen();
        Object.assign(screen, { client, store });
        screen.outbox = await new Outbox({ client, store }).open();
        screen.view = new ConversationView({ client, outbox: screen.outbox, conversation });
        screen.running = screen.view.run();
        return screen;
    }
    say(content) {
        return this.outbox.write(this.view.options.conversation, { content, construct: "zen-001" });
    }
    get list() {
        return this.view.items.map((item) =>
            item.state === "stored"
                ? `${item.seq} ${item.content}`
                : `${item.state} ${item.content}`,
        );
    }
    async shows(expected) {
        await until(
            () => this.list.length === expected.length,
            `${expected} instead of ${this.list}`,
        ).catch(() => undefined);
        await until(() => String(this.list) === String(expected), expected, 2000).catch(
            () => undefined,
        );
        assert.deepEqual(this.list, expected);
    }
    async close() {
        this.view.close();
        await this.running;
        await this.outbox.close();
    }
}

test("what one says while the vault is away is pending, and then both show it once", async () => {
    const [one, two] = [await Screen.open("away"), await Screen.open("away")];
    await one.say("hello");
    await Promise.all([one, two].map((screen) => screen.shows(["1 hello"])));
    await control("stop");
    await one.say("second");
    await one.say("third");
    await one.shows(["1 hello", "pending second", "pending third"]);
    await until(
        () => one.outbox.state.phase === "waiting" && two.view.state.connection === "waiting",
        "the outage to be noticed",
    );
    await two.shows(["1 hello"]);
    await control("start");
    await Promise.all([one, two].map((screen) => screen.shows(["1 hello", "2 second", "3 third"])));
    await two.say("fourth");
    await Promise.all(
        [one, two].map((screen) => screen.shows(["1 hello", "2 second", "3 third", "4 fourth"])),
    );
    await Promise.all([one.close(), two.close()]);
});

test("a gateway that is killed and a Postgres that restarts in mid-flight lose and double nothing", async () => {
    const [one, two] = [await Screen.open("killed"), await Screen.open("killed")];
    const sent = { one: [], two: [] };
    const say = async (screen, name) => {
        for (let n = 0; n < 60; ++n) {
            await screen.say(`${name} ${n}`);
            sent[name].push(`${name} ${n}`);
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
    };
    const saying = Promise.all([say(one, "one"), say(two, "two")]);
    await new Promise((resolve) => setTimeout(resolve, 120));
    await control("kill");
    await control("start");
    await new Promise((resolve) => setTimeout(resolve, 50));
    await control("restart-database");
    await saying;
    const all = () =>
        [one, two].every(
            (screen) => screen.view.items.filter((item) => item.state === "stored").length === 120,
        );
    await until(all, "all messages on both screens");
    assert.deepEqual(one.list, two.list);
    assert.deepEqual(
        one.view.items.map((item) => item.seq),
        Array.from({ length: 120 }, (_, n) => n + 1),
    );
    for (const name of ["one", "two"])
        assert.deepEqual(
            one.view.items
                .map((item) => item.content)
                .filter((content) => content.startsWith(name)),
            sent[name],
        );
    await Promise.all([one.close(), two.close()]);
});

test("a process that ends while the vault is away leaves its messages for the next one", async () => {
    const store = () => new FileStore(join(parent, "left"));
    const first = await Screen.open("left", { store: store() });
    await first.say("before");
    await first.shows(["1 before"]);
    await control("stop");
    await first.say("left behind");
    await first.close();
    const second = await Screen.open("left", { store: store() });
    await second.shows(["pending left behind"]);
    await control("start");
    await second.shows(["1 before", "2 left behind"]);
    await second.close();
});

test("a token that is revoked stops the screen, and a new one lets it go on", async () => {
    const { id, token } = await newToken();
    const client = clientOf(token);
    const screen = await Screen.open("revoked", { client, store: new MemoryStore() });
    await screen.say("with the old one");
    await screen.shows(["1 with the old one"]);
    await until(() => screen.view.state.connection === "open", "the stream");
    await clientOf().transport.request("DELETE", `/tokens/${id}`);
    await until(() => screen.view.state.connection === "refused", "the stream to end");
    assert.equal(screen.view.state.problem.status, 401);
    await screen.say("kept");
    await until(() => screen.outbox.state.phase === "signed-out", "the outbox to stop");
    client.setToken((await newToken()).token);
    screen.outbox.resume();
    const running = screen.view.run();
    await screen.shows(["1 with the old one", "2 kept"]);
    await screen.close();
    await running;
});
