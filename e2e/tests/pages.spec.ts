import { ChartPage } from "../pages/scope.js";
import { Inspection } from "../support/inspection.js";
import { expect, test } from "../support/test.js";

/** All pages with their titles. */
const pages = [
  ["/overview", "Overview"],
  ["/records", "Records"],
  ["/records/1", "Record 1"],
  ["/builds", "Builds"],
  ["/stats", "Stats"],
  ["/crashes", "Crashes"],
  ["/crashes/1", /^\S.* in \S.*$/],
  ["/crashes/never-guilty", "Never-guilty"],
  ["/crashes/hidden", "Hidden guilties"],
  ["/mce", "MCE"],
  ["/thermal", "Thermal"],
  ["/population", "Population"],
  ["/updates", "Updates"],
  ["/quarantine", "Quarantine"],
  ["/server/ingest", "Ingest"],
  ["/server/storage", "Storage"],
  ["/server/privacy", "Privacy"],
  ["/access", "Access"],
  ["/audit", "Audit log"],
  ["/reference", "API reference"],
  ["/login", "Log in"],
  ["/no/such/page", "Not found"],
] as const;

/** Lighthouse's windows: its desktop and its phone. */
const windows = [
  { width: 1350, height: 940 },
  { width: 412, height: 823 },
];

/** Whether there is something at a path. */
function isKnown(path: string): boolean {
  return path === "/" || pages.some(([page]) => page === path) || /^\/(records|crashes)\/\d+$|^\/api\/v1\//.test(path);
}

for (const [path, title] of pages) {
  test(`${path} has a title and no faults`, async ({ page, fleet }) => {
    const inspection = await Inspection.begin(page, fleet.url);
    for (const viewport of windows) {
      await page.setViewportSize(viewport);
      await page.goto(fleet.url + path);
      await expect(page.locator("h1")).toHaveCount(1);
      await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
      expect(await inspection.moved(), `moved by itself in ${viewport.width} pixels`).toBeLessThanOrEqual(0.1);
    }
    const named = async () => (await page.title()).replace(/ · Telemetrics$/, "");
    await (typeof title === "string" ? expect.poll(named).toBe(title) : expect.poll(named).toMatch(title));
    // A chart's places that lead nowhere say what else they are.
    const links = await page.locator("a:not([role])").evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? "no address"));
    const leadsOn = (href: string) => {
      const { origin, pathname } = new URL(href, page.url());
      return origin === fleet.url && isKnown(pathname);
    };
    expect(links.filter((href) => !leadsOn(href)), "links that lead nowhere").toEqual([]);
    await expect(page.locator("img:not([width][height])")).toHaveCount(0);
    expect(inspection.foreign).toEqual([]);
    expect(inspection.complaints).toEqual([]);
  });
}

test("the document says what browsers want to know", async ({ page, fleet }) => {
  const response = await page.goto(`${fleet.url}/overview`);
  const headers = (await response?.allHeaders()) ?? {};
  expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(headers["content-security-policy"]).toContain("default-src 'none'");
  expect(headers["content-security-policy"]).not.toMatch(/'unsafe-(inline|eval)'/);
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(await page.evaluate(() => document.doctype?.name)).toBe("html");
  expect(await page.evaluate(() => document.characterSet)).toBe("UTF-8");
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(page.locator("meta[name=viewport]")).toHaveAttribute("content", /width=device-width/);
  await expect(page.locator("meta[name=description]")).toHaveAttribute("content", /\w+/);
  const icon = await page.locator("link[rel=icon]").getAttribute("href");
  const answer = await page.request.get(new URL(icon ?? "no icon", page.url()).href);
  expect(answer.status()).toBe(200);
  expect(answer.headers()["content-type"]).toMatch(/^image\//);
});

test("what a browser loads is compressed, and asked for once", async ({ page, fleet }) => {
  const loaded: [string, Promise<Record<string, string>>, Promise<Buffer>][] = [];
  page.on("response", (response) => {
    if (response.url().startsWith(fleet.url)) {
      loaded.push([new URL(response.url()).pathname, response.allHeaders(), response.body()]);
    }
  });
  await new ChartPage(page, fleet.url).open("/overview");
  for (const [path, headers, body] of loaded) {
    const { "content-encoding": encoding, "cache-control": kept } = await headers;
    // Below this size Lighthouse sees nothing to save.
    if ((await body).length > 1400) expect(encoding, path).toMatch(/^(br|gzip|zstd)$/);
    const expected = path === "/overview" ? /^no-cache$/ : /^public, max-age=31536000, immutable$/;
    if (!path.startsWith("/api/")) expect(kept, path).toMatch(expected);
  }
  for (const kind of [/\.wasm$/, /\.js$/, /\.css$/]) expect(loaded.some(([path]) => kind.test(path)), `${kind}`).toBe(true);
});
