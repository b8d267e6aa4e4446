// Compares what the library crates make public with docs/public-api/, one file a crate, as `cargo doc` shows it; with
// UPDATE_DOCS=1 writes it. What is hidden there is no part of it. The compiler that wrote a file stands in its first line:
// another one may write the same in another way, so that a difference then is only told, and fails nothing but CI.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const folder = join(root, "docs/public-api");
const crates = ["common", "migration", "backend", "client", "frontend"];
const compiler = `rustc ${execFileSync("rustc", ["--version"], { encoding: "utf8" }).split(" ")[1]}`;

const entities = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'", nbsp: " " };

/** HTML as one line of text. */
function text(html) {
  const plain = html.replace(/<[^>]*>/g, "").replace(/&([a-z0-9#]+);/g, (all, name) => entities[name] ?? all);
  return plain.replace(/\s+/g, " ").trim();
}

function all(html, pattern) {
  return Array.from(html.matchAll(pattern), (match) => text(match[1]));
}

/** What lies between an element and the next section of the page. */
function section(html, id) {
  const begin = html.indexOf(`id="${id}"`);
  if (begin < 0) return "";
  const end = html.indexOf("<h2 ", begin);
  return html.slice(begin, end < 0 ? undefined : end);
}

/** An item with what it has: its declaration, its functions, and the traits of this workspace and of std that it implements. */
function item(documents, path) {
  const html = readFileSync(join(documents, path), "utf8");
  const [kind, name] = path.split("/").at(-1).split(".");
  const place = [...dirname(path).split("/").filter((part) => part !== "."), name].join("::");
  const lines = [`${kind} ${place}`, ...all(html, /<pre class="rust item-decl"><code>(.*?)<\/code><\/pre>/gs)];
  const inherent = section(html, "implementations-list");
  lines.push(...all(inherent, /<h4 class="code-header">(.*?)<\/h4>/gs));
  lines.push(...all(section(html, "trait-implementations-list"), /<h3 class="code-header">(.*?)<\/h3>/gs).sort());
  return lines.map((line, place) => (place === 0 ? line : `    ${line}`)).join("\n");
}

function publicApi(name) {
  const documents = join(root, "target/doc", `telemetrics_${name}`);
  // Pages of items that are gone stay in the folder; the index is of today.
  const index = readFileSync(join(documents, "all.html"), "utf8");
  const paths = Array.from(index.matchAll(/<li><a href="([^"#]+)">/g), (match) => match[1]).sort();
  return [...paths.map((path) => item(documents, path)), ""].join("\n");
}

/** What a file says, and the compiler that wrote it. */
function kept(file) {
  const whole = existsSync(file) ? readFileSync(file, "utf8") : "\n";
  const end = whole.indexOf("\n");
  return { by: whole.slice(0, end), before: whole.slice(end + 1) };
}

mkdirSync(folder, { recursive: true });
let changed = 0;
const others = new Set();
for (const name of crates) {
  const file = join(folder, `${name}.txt`);
  const now = publicApi(name);
  if (process.env.UPDATE_DOCS) {
    writeFileSync(file, `${compiler}\n${now}`);
    continue;
  }
  const { by, before } = kept(file);
  if (before === now) continue;
  const [old, fresh] = [new Set(before.split("\n")), new Set(now.split("\n"))];
  for (const line of old) if (!fresh.has(line)) console.error(`${name}: - ${line.trim()}`);
  for (const line of fresh) if (!old.has(line)) console.error(`${name}: + ${line.trim()}`);
  if (by && by !== compiler) others.add(by);
  else changed += 1;
}
if (others.size > 0) {
  console.error(`docs/public-api is by ${[...others].join(", ")}, this is ${compiler}: the lines above may differ for that alone.`);
  if (process.env.CI) {
    console.error("Nothing tells that from a change, so CI needs that compiler, or docs/public-api anew by this one.");
    changed += 1;
  }
}
if (changed > 0) {
  console.error("The public API is not that of docs/public-api. When that is meant: UPDATE_DOCS=1 node scripts/public-api.mjs, and CHANGELOG.md.");
  process.exit(1);
}
