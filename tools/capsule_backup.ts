// Versions and archives construct capsules: each version with its SHA-256 and its time, for one
// construct or all; checks an archive offline; restores a capsule as of a date. doc/capsule-backup.md

import { parseArgs } from "node:util";

import { backUp, openArchive } from "./capsule/archive.ts";
import type { Kept } from "./capsule/archive.ts";
import { restoreFromArchive, restoreFromVault } from "./capsule/restoring.ts";
import type { Restored } from "./capsule/restoring.ts";
import { BadArchive } from "./capsule/tar.ts";
import { Trouble, Vault } from "./capsule/vault.ts";

const usage = `usage: capsule_backup backup  [--construct NAME] [--newest] [--out FILE]
       capsule_backup verify  FILE
       capsule_backup list    FILE
       capsule_backup restore --as-of DATE [--construct NAME] [--dry-run] [FILE]

backup   writes all versions of all capsules, or of one construct's, into a tar with manifest.json and
         SHA256SUMS; --newest: the current versions alone
verify   checks an archive, without a vault
list     shows what is in an archive
restore  makes each capsule again what it was at DATE, as a new version; from the vault's own versions,
         or from an archive

VVAULT_URL and VVAULT_TOKEN name the vault; without them, what \`make run\` left under VVAULT_HOME (.vvault).
Exit code: 0 all well, 1 something is wrong with an archive or the vault, 2 wrong use.
`;

class Misuse extends Error {}

function line(one: Kept): string {
    const print = one.capsule?.fingerprint;
    const told = !print ? "no fingerprint" : print.rule === null ? "fingerprint verified by no rule" : `fingerprint: ${print.rule}`;
    return `${one.created_at}  v${one.version}  ${one.sha256?.slice(0, 12) ?? one.kind.padEnd(12)}  ${one.path}` +
        (one.file === null ? "" : `  (${told})`);
}

function restored(one: Restored, dryRun: boolean): string {
    if (one.to === null) return `${one.path}: is as version ${one.from} already`;
    return `${one.path}: version ${one.from} ${dryRun ? "would become" : "is"} version ${one.to}`;
}

function archiveName(construct: string | null): string {
    const time = new Date().toISOString().replace(/[-:]/g, "").replace(/\.\d+/, "");
    return `capsules-${construct ?? "all"}-${time}.tar`;
}

function momentOf(text: string | undefined): Date {
    if (text === undefined) throw new Misuse("restore needs --as-of DATE");
    // A bare date means all of that day.
    const moment = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59.999Z` : text);
    if (Number.isNaN(moment.getTime())) throw new Misuse(`--as-of is no date: ${text}`);
    return moment;
}

function constructNamed(text: string | undefined): string | null {
    if (text === undefined) return null;
    const name = text.trim().toLowerCase().replace(/_/g, "-");
    if (!/^[a-z0-9][a-z0-9.-]*$/.test(name)) throw new Misuse(`--construct is no callsign: ${text}`);
    return /-\d+$/.test(name) ? name : `${name}-001`;
}

async function main(): Promise<number> {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            construct: { type: "string" }, newest: { type: "boolean" }, out: { type: "string" },
            "as-of": { type: "string" }, "dry-run": { type: "boolean" }, help: { type: "boolean", short: "h" },
        },
    });
    if (values.help) {
        process.stdout.write(usage);
        return 0;
    }
    const [command, file, ...more] = positionals;
    if (more.length > 0) throw new Misuse(`one argument too many: ${more[0]}`);
    const construct = constructNamed(values.construct);
    switch (command) {
        case "backup": {
            if (file !== undefined) throw new Misuse("backup takes --out FILE");
            const target = values.out ?? archiveName(construct);
            const { capsules } = await backUp(Vault.fromEnvironment(), target, construct, values.newest ?? false);
            const constructs = new Set(capsules.map((one) => one.construct));
            console.log(`${target}: ${capsules.length} versions of capsules of ${constructs.size} constructs`);
            return 0;
        }
        case "verify":
        case "list": {
            if (file === undefined) throw new Misuse(`${command} needs a file`);
            const { manifest, problems } = await openArchive(file);
            if (command === "list") for (const one of manifest.capsules) console.log(line(one));
            for (const problem of problems) console.error(`capsule_backup: ${problem}`);
            if (problems.length > 0) return 1;
            if (command === "verify") console.log(`${file}: ${manifest.capsules.length} versions, all as they were archived`);
            return 0;
        }
        case "restore": {
            const wish = { construct, asOf: momentOf(values["as-of"]), dryRun: values["dry-run"] ?? false };
            const vault = Vault.fromEnvironment();
            const done = file === undefined ? await restoreFromVault(vault, wish) : await restoreFromArchive(vault, file, wish);
            for (const one of done) console.log(restored(one, wish.dryRun));
            return 0;
        }
        default:
            throw new Misuse(command === undefined ? "say what to do" : `unknown command: ${command}`);
    }
}

try {
    process.exitCode = await main();
} catch (error) {
    const isMisuse = error instanceof Misuse || (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
    const isKnown = isMisuse || error instanceof Trouble || error instanceof BadArchive;
    if (!isKnown && !(error instanceof Error && "code" in error)) throw error;
    console.error(`capsule_backup: ${(error as Error).message}`);
    if (isMisuse) process.stderr.write("\n" + usage);
    process.exitCode = isMisuse ? 2 : 1;
}
