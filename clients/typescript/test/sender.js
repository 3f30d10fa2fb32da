// A process of its own for the tests of the file store: opens the outbox of a folder, writes what
// it is told to, and says what became of it.
import { Outbox, VaultClient } from "../dist/index.js";
import { FileStore } from "../dist/node.js";

const [url, folder, conversation, ...contents] = process.argv.slice(2);
const client = new VaultClient({
    url,
    token: process.env.VAULT_TOKEN ?? "good",
    pace: { first: 2, longest: 20 },
});
const outbox = await new Outbox({ client, store: new FileStore(folder) }).open();
for (const content of contents) {
    await outbox.write(conversation, { content });
    console.log(`kept ${content}`);
}
await new Promise((resolve) => {
    const look = () => outbox.entries().length === 0 && outbox.state.phase === "idle" && resolve();
    outbox.subscribe(look);
    look();
});
await outbox.close();
console.log("sent");
