// SPDX-License-Identifier: GPL-3.0-or-later
// Uses the client as a person would and compares what it shows with connectome.sqlite: drive.mjs URL RUN PICTURES
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import fs from "node:fs";
import {chromium} from "../../apps/web/node_modules/playwright-core/index.mjs";

const [url, run, pictures] = process.argv.slice(2);
const query = (sql) => JSON.parse(execFileSync("python3", ["-c", `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(json.dumps([[str(v) if isinstance(v, int) else v for v in row] for row in db.execute(sys.argv[2])]))`, `${run}/connectome.sqlite`, sql]));

const browser = await chromium.launch({executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"]});
const page = await browser.newPage({viewport: {width: 1400, height: 900}});
const wrong = [];
page.on("console", (m) => { if (m.type() === "error" && !/404|400/.test(m.text())) wrong.push(m.text()); });
page.on("pageerror", (e) => wrong.push(e.message));
page.on("request", (r) => { if (!/^(data|blob):/.test(r.url()) && new URL(r.url()).hostname !== "127.0.0.1") wrong.push(`a request to ${r.url()}`); });

const settled = async () => {
  await page.waitForFunction(() => document.getElementById("panel").dataset.ready !== undefined && window.viewer.display.isReady(), null, {timeout: 60000});
  await page.waitForTimeout(2000); // what is ready is drawn with the next frames
};
const panel = () => page.innerText("#panel");
let n = 0;
const picture = async () => { const file = `${pictures}_${++n}.png`; await page.screenshot({path: file}); return file; };
/// Pixels of about the hue of a colour in the 3-D quarter of the viewer.
const pixels = async (file, [r, g, b]) => page.evaluate(async ([base64, want]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${base64}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height), context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const view = document.getElementById("view").getBoundingClientRect();
  const {data} = context.getImageData(0, view.height / 2 + 20, view.width / 2, view.height / 2 - 40);
  const length = (v) => Math.hypot(...v) || 1;
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    const c = [data[i], data[i + 1], data[i + 2]];
    if (length(c) > 60 && c.reduce((s, v, k) => s + v * want[k], 0) / length(c) / length(want) > 0.995) ++count;
  }
  return count;
}, [fs.readFileSync(file, "base64"), [r, g, b]]);
const find = async (text) => { await page.fill("#search", text); await page.keyboard.press("Enter"); await page.waitForTimeout(800); await settled(); };

// The cell that gives most synapses; of a run that knows no directions, the one that has most.
const directed = query("SELECT count(*) FROM synapses WHERE pre_id IS NOT NULL")[0][0] !== "0";
const [[giver, given]] = query(directed ? "SELECT pre_id, count(*) FROM synapses WHERE pre_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
  : "SELECT c, count(*) FROM (SELECT cell_a AS c FROM synapses UNION ALL SELECT cell_b FROM synapses) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1");
const own = directed ? `pre_id = ${giver}` : `(cell_a = ${giver} OR cell_b = ${giver})`;
const partner = directed ? "post_id" : `CASE WHEN cell_a = ${giver} THEN cell_b ELSE cell_a END`;
await page.goto(url);
await settled();

// A cell by its id, by the keyboard alone; its mesh is drawn in its colour.
await page.keyboard.press("Escape");
assert.equal(await page.evaluate(() => document.activeElement.id), "search");
await page.keyboard.type(giver);
await page.keyboard.press("Enter");
await page.waitForTimeout(800);
await settled();
assert.match(await panel(), new RegExp(`Cell ${giver}\\n`));
assert.match(await panel(), new RegExp(`${directed ? "Synapses given" : "without direction"}\\s+${given}\\n`));
const first = await picture();
assert.ok(await pixels(first, [230, 159, 0]) > 300, "the mesh of the cell is not to be seen");
const signs = query(`SELECT DISTINCT sign FROM synapses WHERE ${own}`).flat();
const colours = {1: [255, 102, 51], "-1": [51, 153, 255], 0: [204, 204, 204]};
assert.ok((await Promise.all(signs.map((sign) => pixels(first, colours[sign])))).some((count) => count > 5), "no synapse is to be seen");

// Partners as in the table, most synapses first.
const partners = query(`SELECT ${partner}, count(*), sum(area_um2) FROM synapses WHERE ${own} GROUP BY 1 ORDER BY 2 DESC, 3 DESC, 1 LIMIT 100`);
const shown = await page.locator("[data-partner]").evaluateAll((all) => all.map((b) => b.dataset.partner));
assert.deepEqual(shown, partners.map(([id]) => id));
assert.deepEqual(await page.locator("[data-synapses-with]").evaluateAll((all) => all.map((b) => b.textContent.split(" ")[0])), partners.map(([, count]) => count));

// To a synapse in the image.
await page.locator("[data-synapses-with]").first().click();
await page.waitForSelector("[data-synapse]");
const synapse = await page.locator("[data-synapse]").first().getAttribute("data-synapse");
await page.locator("[data-synapse]").first().click();
await page.waitForTimeout(800);
await settled();
const [voxel] = query(`SELECT x_vx, y_vx, z_vx FROM synapses WHERE id = ${synapse}`);
assert.deepEqual(await page.evaluate(() => [...window.viewer.navigationState.position.value]), voxel.map((v) => Number(v) + 0.5));
await picture();

// The address restores all of it.
const before = await panel();
await page.reload();
await settled();
assert.equal(await panel(), before);
assert.deepEqual(await page.evaluate(() => [...window.viewer.navigationState.position.value]), voxel.map((v) => Number(v) + 0.5));

// On to the partner: both are shown; and back.
await page.locator("[data-partner]").first().click();
await page.waitForFunction((id) => document.getElementById("cell")?.textContent === `Cell ${id}`, partners[0][0]);
await settled();
await picture();
await page.locator(`[aria-label="Take cell ${giver} away"]`).click(); // it may stand before the partner
await page.waitForTimeout(500);
await settled();
assert.ok(await pixels(await picture(), [230, 159, 0]) > 30, "the mesh of the partner is not to be seen");
await page.goBack();
await page.waitForTimeout(500);
await page.goBack();
await page.waitForFunction((id) => document.getElementById("cell")?.textContent === `Cell ${id}`, giver);
await settled();

// Filters take from lists what they take from the table.
const [[median]] = query(`SELECT area_um2 FROM synapses WHERE ${own} ORDER BY area_um2 LIMIT 1 OFFSET ${Math.floor(given / 2)}`);
await page.fill("#area", String(median));
await page.keyboard.press("Tab");
await page.waitForTimeout(800);
await settled();
const [[left]] = query(`SELECT count(DISTINCT ${partner}) FROM synapses WHERE ${own} AND area_um2 >= ${median}`);
assert.equal(await page.locator("[data-partner]").count(), Number(left));
await page.selectOption("#colour", "compartment");
await settled();
await picture();

// What cannot be found is said.
await find("999999999999");
assert.match(await panel(), /there is no cell 999999999999/);
await find("no such type");
assert.match(await panel(), /no cell type 'no such type'|No cell of this run has a type/);

// A narrow window has both, one above the other.
await page.setViewportSize({width: 400, height: 800});
await settled();
const boxes = await page.evaluate(() => ["view", "panel"].map((id) => document.getElementById(id).getBoundingClientRect().toJSON()));
assert.ok(boxes[0].bottom <= boxes[1].top + 1 && boxes[1].width >= 399);
await picture();

assert.deepEqual(wrong, []);
await browser.close();
console.log(`all as in the tables; ${n} pictures: ${pictures}_*.png`);
