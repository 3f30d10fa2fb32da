// Chromium as Debian packages it, with a profile of its own for each person's machine.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const flags = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/** A browser with a new profile. What its pages complain about is in `complaints`. */
export async function openBrowser() {
    const profile = await mkdtemp(join(tmpdir(), "vvault-browser-"));
    const browser = await chromium.launchPersistentContext(profile, {
        executablePath: process.env.VVAULT_TEST_CHROMIUM ?? "/usr/bin/chromium",
        headless: true,
        args: flags,
        viewport: { width: 1100, height: 760 },
    });
    browser.setDefaultTimeout(20_000);
    const complaints = [];
    browser.on("weberror", (error) => complaints.push(String(error.error())));
    browser.on("console", (message) => {
        if (/Content Security Policy|Trusted/.test(message.text())) complaints.push(message.text());
    });
    return { browser, profile, complaints };
}
