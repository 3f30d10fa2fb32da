// Makes dist/: the page, one script, one style sheet and the worker that keeps them for when the
// gateway is away. The client package is taken from its sources beside this folder.
import { cp, mkdir, rm } from "node:fs/promises";
import { build } from "esbuild";

await rm("dist", { recursive: true, force: true });
await mkdir("dist");
await build({
    entryPoints: { app: "src/main.tsx", worker: "src/worker.js" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    tsconfig: "tsconfig.json",
    define: { "process.env.NODE_ENV": '"production"' },
    legalComments: "eof",
    outdir: "dist",
    logLevel: "warning",
});
await cp("src/index.html", "dist/index.html");
