// SPDX-License-Identifier: GPL-3.0-or-later
// Uses the client as a person would and compares what it shows with connectome.sqlite: drive.mjs CHROMIUM URL RUN PICTURES. With
// PICTURES "bare": only what the page says of a run without layers; "untold": of one without tables.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import fs from "node:fs";
import {chromium} from "../../apps/web/node_modules/playwright-core/index.mjs";

const [browserPath, url, run, pictures] = process.argv.slice(2);
const query = (sql) => JSON.parse(execFileSync("python3", ["-c", `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(json.dumps([[str(v) if isinstance(v, int) else v for v in row] for row in db.execute(sys.argv[2])]))`, `${run}/connectome.sqlite`, sql]));

const browser = await chromium.launch({executablePath: browserPath, args: ["--no-sandbox", "--disable-dev-shm-usage"]});
const page = await browser.newPage({viewport: {width: 1400, height: 900}});
const wrong = [];
page.on("console", (m) => { if (m.type() === "error" && !/404|400/.test(m.text())) wrong.push(m.text()); });
page.on("pageerror", (e) => wrong.push(e.message));
page.on("request", (r) => { if (!/^(data|blob):/.test(r.url()) && new URL(r.url()).hostname !== "127.0.0.1") wrong.push(`a request to ${r.url()}`); });

if (pictures === "bare") {
  await page.goto(url);
  await page.waitForFunction(() => document.getElementById("panel").dataset.ready !== undefined);
  assert.match(await page.innerText("#panel"), /There is nothing to look at yet. Make the layers with: syconn export neuroglancer/);
  assert.ok(await page.locator("[data-partner]").count() > 0, "the tables alone are enough for partners");
  await browser.close();
  process.exit(0);
}

if (pictures === "untold") {
  await page.goto(url);
  await page.waitForFunction(() => document.getElementById("panel").dataset.ready !== undefined && window.viewer.display.isReady(), null, {timeout: 60000});
  assert.match(await page.innerText("#panel"), /This run has no tables yet/);
  assert.deepEqual(wrong, []);
  await browser.close();
  process.exit(0);
}

const settled = async () => {
  await page.waitForFunction(() => document.getElementById("panel").dataset.ready !== undefined && window.viewer.display.isReady(), null, {timeout: 60000});
  await page.waitForTimeout(2000); // what is ready is drawn with the next frames
};
const panel = () => page.innerText("#panel");
let n = 0;
const picture = async () => { const file = `${pictures}_${++n}.png`; await page.screenshot({path: file}); return file; };
/// Pixels of about the hue of a colour in the 3-D quarter of the viewer, or in all four parts.
const pixels = async (file, [r, g, b], all = false) => page.evaluate(async ([base64, want, whole]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${base64}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height), context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const view = document.getElementById("view").getBoundingClientRect();
  const {data} = whole ? context.getImageData(0, 30, view.width, view.height - 40) : context.getImageData(0, view.height / 2 + 20, view.width / 2, view.height / 2 - 40);
  const length = (v) => Math.hypot(...v) || 1;
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    const c = [data[i], data[i + 1], data[i + 2]];
    if (length(c) > 60 && c.reduce((s, v, k) => s + v * want[k], 0) / length(c) / length(want) > 0.995) ++count;
  }
  return count;
}, [fs.readFileSync(file, "base64"), [r, g, b], all]);
const show = async (layer, visible) => {
  await page.evaluate(([name, on]) => window.viewer.layerManager.managedLayers.find((l) => l.name === name).setVisible(on), [layer, visible]);
  await settled();
};
/// Pixels of a colour that the synapses put into the viewer.
const synapsePixels = async (colour) => {
  const withThem = await pixels(await picture(), colour, true);
  await show("synapses", false);
  const without = await pixels(await picture(), colour, true);
  await show("synapses", true);
  return withThem - without;
};
/// The button or field that has the focus, by its id or data.
const focus = () => page.evaluate(() => { const e = document.activeElement; return e.id || Object.entries(e.dataset).map(([k, v]) => `${k}=${v}`).join() || e.tagName; });
const tabTo = async (wanted) => {
  for (let i = 0; i < 60 && !wanted.test(await focus()); ++i) await page.keyboard.press("Tab");
  assert.match(await focus(), wanted);
};
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
const signs = query(`SELECT DISTINCT coalesce(sign, 0) FROM synapses WHERE ${own}`).flat();
const colours = {1: [255, 102, 51], "-1": [51, 153, 255], 0: [204, 204, 204]};
let drawnSynapses = 0;
for (const sign of signs) drawnSynapses += Math.max(0, await synapsePixels(colours[sign]));
assert.ok(drawnSynapses > 10, "no synapse is to be seen");

// What the card says is what the table says.
const card = Object.fromEntries(await page.locator("#panel dt").evaluateAll((all) => all.map((dt) => [dt.textContent, dt.nextElementSibling.textContent])));
for (const [title, column] of Object.entries({Volume: "volume_um3", Surface: "area_um2", Skeleton: "path_um", "Synapses received": "n_syn_in", Mitochondria: "n_mi"})) {
  const [[value]] = query(`SELECT ${column} FROM cells WHERE id = ${giver}`);
  if (value === null) assert.equal(card[title], undefined);
  else assert.ok(Math.abs(parseFloat(card[title].replaceAll(",", "")) - Number(value)) <= 0.006 * Math.abs(Number(value)), `${title}: ${card[title]}, in the table ${value}`);
}

// Partners as in the table, most synapses first.
const partners = query(`SELECT ${partner}, count(*), sum(area_um2) FROM synapses WHERE ${own} GROUP BY 1 ORDER BY 2 DESC, 3 DESC, 1`).filter(([id]) => id !== null);
while (await page.locator("#more-partners").count() > 0) {
  await page.click("#more-partners");
  await page.waitForTimeout(500);
}
const shown = await page.locator("[data-partner]").evaluateAll((all) => all.map((b) => b.dataset.partner));
assert.deepEqual(shown, partners.map(([id]) => id));
assert.deepEqual(await page.locator("[data-synapses-with]").evaluateAll((all) => all.map((b) => b.textContent.split(" ")[0].replace(",", ""))), partners.map(([, count]) => count));

// To a synapse in the image.
// By the keyboard alone: the list of synapses with the first partner, then the first of them; the focus stays where it is.
await page.keyboard.press("Escape");
await tabTo(/^synapsesWith=/);
await page.keyboard.press("Enter");
await page.waitForSelector("[data-synapse]");
await page.waitForTimeout(500);
assert.equal(await focus(), `synapsesWith=${partners[0][0]}`);
const synapse = await page.locator("[data-synapse]").first().getAttribute("data-synapse");
await tabTo(/^synapse=/);
await page.keyboard.press("Enter");
await page.waitForTimeout(800);
await settled();
assert.equal(await focus(), `synapse=${synapse}`);
const [voxel] = query(`SELECT x_vx, y_vx, z_vx FROM synapses WHERE id = ${synapse}`);
assert.deepEqual(await page.evaluate(() => [...window.viewer.navigationState.position.value]), voxel.map((v) => Number(v) + 0.5));
await picture();

// The address restores all of it.
const before = await panel();
await page.reload();
await settled();
assert.equal(await panel(), before);
assert.deepEqual(await page.evaluate(() => [...window.viewer.navigationState.position.value]), voxel.map((v) => Number(v) + 0.5));

// On to the partner, by the keyboard: both are shown; and back.
await page.keyboard.press("Escape");
await tabTo(/^partner=/);
await page.keyboard.press("Enter");
await page.waitForFunction((id) => document.getElementById("cell")?.textContent === `Cell ${id}`, partners[0][0]);
await settled();
await picture();
await page.locator(`[aria-label="Take cell ${giver} away"]`).click(); // it may stand before the partner
await page.waitForTimeout(500);
await settled();
assert.ok(await pixels(await picture(), [86, 180, 233]) > 30, "the mesh of the partner is not to be seen in the colour that it had");
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
await page.fill("#area", "0");
await page.keyboard.press("Tab");
/// Partners that the list has after a choice in a field, and those of the table.
const filtered = async (field, value, clause) => {
  if (await page.locator(field).count() === 0) return;
  if (await page.locator(field).evaluate((e) => e.tagName) === "SELECT") await page.selectOption(field, value);
  else { await page.fill(field, value); await page.keyboard.press("Tab"); }
  await page.waitForTimeout(800);
  await settled();
  while (await page.locator("#more-partners").count() > 0) { await page.click("#more-partners"); await page.waitForTimeout(500); }
  const [[want]] = query(`SELECT count(DISTINCT ${partner}) FROM synapses WHERE ${own} AND ${clause}`);
  assert.equal(await page.locator("[data-partner]").count(), Number(want), `${field} ${value}`);
};
const [[certain]] = query(`SELECT prob FROM synapses WHERE ${own} ORDER BY prob LIMIT 1 OFFSET ${Math.floor(given / 2)}`);
if (certain !== null) {
  await filtered("#prob", String(certain), `prob >= ${certain}`);
  await filtered("#prob", "0", "1");
}
for (const sign of ["1", "-1"]) {
  await filtered("#sign", sign, `sign = ${sign}`);
  if (signs.includes(String(-sign))) assert.ok(await synapsePixels(colours[-sign]) <= 0, "a synapse of the other sign is drawn");
}
await filtered("#sign", "", "1");
await page.selectOption("#colour", "compartment");
await settled();
const places = query(`SELECT post_comp, count(*) FROM synapses WHERE ${own} AND post_comp BETWEEN 0 AND 6 GROUP BY 1 ORDER BY 2 DESC`);
if (places.length > 0) {
  const place = {0: "shaft", 1: "spine", 2: "spine", 6: "soma"}[places[0][0]] ?? "axon", codes = {shaft: "0", spine: "1, 2", soma: "6", axon: "3, 4, 5"}[place];
  const colour = {shaft: [86, 180, 233], spine: [230, 159, 0], soma: [204, 121, 167], axon: [0, 158, 115]}[place];
  assert.ok(await synapsePixels(colour) > 5, `no synapse on a ${place} is to be seen`);
  await filtered("#on", place, `post_comp IN (${codes})`);
  await filtered("#on", "", "1");
}
await picture();

// Tabs by arrows.
await page.locator("[role=tab][aria-selected=true]").focus();
const [tab, ...others] = [await focus(), await page.keyboard.press("ArrowRight"), await page.waitForTimeout(800)];
assert.notEqual(await focus(), tab);
assert.equal(await page.locator("#partners").getAttribute("aria-labelledby"), await focus());
await page.keyboard.press("ArrowLeft");
await page.waitForTimeout(800);

// An address with a cell alone draws it; one with what is not there says so.
await page.goto("about:blank");
await page.goto(`${url.replace(/\?.*/, "")}#cell=${giver}&synapse=999999999999&at=1,2,3,-4,0`);
await settled();
assert.match(await panel(), /there is no synapse 999999999999/);
assert.ok(await pixels(await picture(), [230, 159, 0]) > 300, "an address with a cell alone does not show it");

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

// A server that is gone is said to be.
assert.deepEqual(wrong, []);
await page.route("**/api/**", (route) => route.abort());
await find(giver);
assert.match(await panel(), /The server does not answer/);

await browser.close();
console.log(`all as in the tables; ${n} pictures: ${pictures}_*.png`);
