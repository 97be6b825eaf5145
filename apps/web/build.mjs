// SPDX-License-Identifier: GPL-3.0-or-later
// Bundles the client with Neuroglancer into dist/*.gz and dist/SHA256SUMS: npm ci --ignore-scripts && node build.mjs [DIR]
import * as esbuild from "esbuild";
import crypto from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import zlib from "node:zlib";

const here = path.dirname(new URL(import.meta.url).pathname);
process.chdir(here);
const out = path.resolve(process.argv[2] ?? "dist");
const lib = path.resolve("node_modules/neuroglancer/lib");
const icons = path.resolve("node_modules/ikonate/icons");
const renamed = {"code-alt": "edit", "controls-alt": "controls", layers: "list"}; // not in ikonate 1.1.1

const raw = {
  name: "raw",
  setup(build) {
    build.onResolve({filter: /\?raw$/}, async (args) => {
      const name = args.path.slice(0, -4);
      const icon = name.match(/^ikonate\/icons\/(.*)\.svg$/);
      if (icon) {
        const known = path.join(icons, `${icon[1]}.svg`);
        return {path: fs.existsSync(known) ? known : path.join(icons, `${renamed[icon[1]] ?? "list"}.svg`), namespace: "raw"};
      }
      const found = await build.resolve(name, {resolveDir: args.resolveDir, kind: args.kind});
      return {path: found.path, namespace: "raw"};
    });
    build.onLoad({filter: /.*/, namespace: "raw"}, (args) => ({contents: fs.readFileSync(args.path, "utf8"), loader: "text"}));
  },
};

const plain = fs.mkdtempSync(path.join(os.tmpdir(), "syconn-web-"));
await esbuild.build({
  entryPoints: {
    main: "src/main.ts",
    "chunk_worker.bundle": `${lib}/chunk_worker.bundle.js`,
    "async_computation.bundle": `${lib}/async_computation.bundle.js`,
  },
  absWorkingDir: here, bundle: true, format: "esm", outdir: plain, target: "es2022", minify: true, logLevel: "warning", legalComments: "none",
  loader: {".svg": "text", ".wasm": "copy", ".html": "text"}, plugins: [raw],
  conditions: ["neuroglancer/datasource:none_by_default", "neuroglancer/datasource/precomputed:enabled"],
});
fs.copyFileSync(`${lib}/mesh/draco/neuroglancer_draco.wasm`, `${plain}/neuroglancer_draco.wasm`);
fs.copyFileSync(`${lib}/sliceview/png/libpng.wasm`, `${plain}/libpng.wasm`);
fs.copyFileSync("index.html", `${plain}/index.html`);
fs.copyFileSync("client.css", `${plain}/client.css`);

/// The licences of everything that is bundled, as the packages bring them.
let notices = "syconn is free software: GPL-3.0-or-later. This client contains the packages below.\n";
const lock = JSON.parse(fs.readFileSync("package-lock.json", "utf8"));
for (const [folder, entry] of Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))) {
  if (folder === "" || entry.dev || entry.optional || !fs.existsSync(folder)) continue;
  notices += `\n${"=".repeat(80)}\n${folder.replace(/^.*node_modules\//, "")} ${entry.version} (${entry.license ?? "see below"})\n`;
  for (const name of fs.readdirSync(folder).sort())
    if (/^(licen[cs]e|notice|copying)/i.test(name) && fs.statSync(path.join(folder, name)).isFile())
      notices += "\n" + fs.readFileSync(path.join(folder, name), "utf8");
}
fs.writeFileSync(`${plain}/THIRD_PARTY.txt`, notices);

fs.rmSync(out, {recursive: true, force: true});
fs.mkdirSync(out, {recursive: true});
let sums = "";
for (const name of fs.readdirSync(plain).sort()) {
  const bytes = fs.readFileSync(path.join(plain, name));
  sums += `${crypto.createHash("sha256").update(bytes).digest("hex")}  ${name}\n`; // of the content: zlib versions differ
  fs.writeFileSync(path.join(out, `${name}.gz`), zlib.gzipSync(bytes, {level: 9}));
}
fs.writeFileSync(path.join(out, "SHA256SUMS"), sums);
fs.rmSync(plain, {recursive: true});
