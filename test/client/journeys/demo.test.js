// The chat page in Chromium: two machines of one person, the first with two tabs, and a vault that
// goes away. Nothing is lost, nothing is there twice, all show the same.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { openBrowser } from "./browser.js";
import { clientOf, control, newToken, token, until, url } from "./vault.js";

const talk = "zen-001_chat_with_zen-001";
const machines = [];
let one, second, other; // two tabs of one machine, and another machine
before(async () => {
    machines.push(await openBrowser(), await openBrowser());
    one = await machines[0].browser.newPage();
    other = await machines[1].browser.newPage();
});
after(async () => {
    for (const { browser, profile } of machines) {
        await browser.close();
        await rm(profile, { recursive: true, force: true });
    }
});

async function signIn(page, key = token) {
    await page.getByLabel("API key").fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
}

async function enter(page, key = token) {
    await page.goto(`${url}/demo/#${talk}`);
    await signIn(page, key);
    await page.getByRole("status").filter({ hasText: "In step" }).waitFor();
}

async function say(page, text) {
    await page.getByLabel("Message", { exact: true }).fill(text);
    await page.keyboard.press("Enter");
}

/** "seq text" of each message, or its state in the place of the seq. */
function shown(page) {
    return page
        .locator("[role=log] > li")
        .evaluateAll((lines) =>
            lines.map(
                (line) =>
                    `${line.dataset.seq ?? line.dataset.state} ${line.querySelector(".content").textContent}`,
            ),
        );
}

async function show(pages, expected) {
    for (const page of pages) {
        await until(async () => String(await shown(page)) === String(expected), expected).catch(
            () => undefined,
        );
        assert.deepEqual(await shown(page), expected);
    }
}

async function picture(page, name) {
    if (process.env.VVAULT_TEST_PICTURES)
        await page.screenshot({ path: `${process.env.VVAULT_TEST_PICTURES}/${name}.png` });
}

test("a wrong key is told, and the key that was typed lies in this tab alone", async () => {
    await one.goto(`${url}/demo/#${talk}`);
    await picture(one, "sign-in");
    await signIn(one, "vv_live_wrong");
    await one.getByRole("alert").filter({ hasText: "does not know this key" }).waitFor();
    await enter(one);
    assert.equal(await one.evaluate(() => JSON.stringify(localStorage) + document.cookie), "{}");
});

test("what one says is seen in a second window, as text whatever it holds", async () => {
    await say(one, "Hello <img src=x onerror='document.title=1'> <b>Zen</b>");
    await enter(other);
    const hello = ["1 Hello <img src=x onerror='document.title=1'> <b>Zen</b>"];
    await show([one, other], hello);
    assert.equal(await other.locator(".messages img, .messages b").count(), 0);
    assert.equal(await other.title(), "VVAULT");
    await say(other, "I see you.");
    await show([one, other], [...hello, "2 I see you."]);
});

test("what is said while the vault is away is kept over a reload, and sent once when it is back", async () => {
    second = await machines[0].browser.newPage();
    await enter(second);
    const before = await shown(one);
    await one.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await control("stop");
    await say(one, "Are you there?");
    await say(one, "I shall wait.");
    const waiting = [...before, "pending Are you there?", "pending I shall wait."];
    await show([one, second], waiting);
    await one.getByRole("status").filter({ hasText: "The vault is away · 2 to be sent" }).waitFor();
    await picture(one, "away");
    await one.reload();
    await show([one], waiting.slice(before.length));
    await say(second, "So shall I.");
    await show([one], ["pending Are you there?", "pending I shall wait.", "pending So shall I."]);
    await show([other], before);
    await control("start");
    const after = [...before, "3 Are you there?", "4 I shall wait.", "5 So shall I."];
    await show([one, second, other], after);
    const stored = [];
    for await (const message of clientOf().allMessages(talk))
        stored.push(`${message.seq} ${message.content}`);
    assert.deepEqual(stored, after);
    await picture(one, "back");
});

test("a key that is revoked asks for another, and what was written meanwhile is sent with it", async () => {
    const { id, token: key } = await newToken();
    const page = await machines[1].browser.newPage();
    await enter(page, key);
    await clientOf().transport.request("DELETE", `/tokens/${id}`);
    await page.getByRole("alert").filter({ hasText: "Your sign-in is over" }).waitFor();
    await signIn(page, (await newToken()).token);
    await page.getByRole("status").filter({ hasText: "In step" }).waitFor();
    await say(page, "Back again.");
    await until(async () => (await shown(other)).at(-1) === "6 Back again.", "the message");
    await page.close();
});

test("a storage that is full is told, and the text stays where it was typed", async () => {
    await one.evaluate(() => {
        const { add } = IDBObjectStore.prototype;
        globalThis.makeRoom = () => (IDBObjectStore.prototype.add = add);
        IDBObjectStore.prototype.add = () => {
            throw new DOMException("no room", "QuotaExceededError");
        };
    });
    await say(one, "Too much?");
    await one.getByRole("alert").filter({ hasText: "no room left" }).waitFor();
    const typed = one.getByLabel("Message", { exact: true });
    assert.equal(await typed.inputValue(), "Too much?");
    await one.evaluate(() => globalThis.makeRoom());
    await typed.press("Enter");
    await until(async () => (await shown(other)).at(-1) === "7 Too much?", "the message");
});

test("a key that is pressed twice says it once", async () => {
    await other.getByLabel("Message", { exact: true }).fill("Only once.");
    await other.evaluate(() => {
        const key = { key: "Enter", bubbles: true, cancelable: true };
        const typed = document.getElementById("message");
        for (let times = 0; times < 3; ++times)
            typed.dispatchEvent(new KeyboardEvent("keydown", key));
    });
    await until(async () => (await shown(one)).at(-1) === "8 Only once.", "the message");
    await say(other, "And then this.");
    await until(async () => (await shown(one)).at(-1) === "9 And then this.", "the next one");
});

test("no page met its Content-Security-Policy or an error of its own", () => {
    assert.deepEqual(
        machines.flatMap(({ complaints }) => complaints),
        [],
    );
});
