import { ChartPage } from "../pages/scope.js";
import { expectAccessible } from "../support/axe.js";
import { expect, test } from "../support/test.js";

const views = [
  ["overview", "Overview", "Records per day"],
  ["builds", "Builds", "Records per build"],
  ["stats", "Stats", "Classifications"],
  ["mce", "MCE", "Machine checks per week"],
  ["thermal", "Thermal", "Thermal events per week"],
  ["population", "Population", "Machines per build"],
  ["updates", "Updates", "Updates by versions"],
] as const;

for (const [slug, title, chart] of views) {
  test(`${title} shows its charts to everyone`, async ({ page, fleet }) => {
    const view = new ChartPage(page, fleet.url);
    await view.open(`/${slug}`);
    await expect(page).toHaveTitle(`${title} · Telemetrics`);
    await expect(view.chart(chart).locator("svg.chart-svg").first()).toBeVisible();
    await expect(page.getByRole("alert")).toHaveCount(0);
    await expectAccessible(page);
    await page.setViewportSize({ width: 360, height: 740 });
    const tooWide = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    await expect.poll(tooWide).toBeLessThanOrEqual(0);
    await expectAccessible(page);
  });
}

test("system and time go along from view to view, and into the records", async ({ page, fleet }) => {
  const view = new ChartPage(page, fleet.url);
  await view.open("/overview");
  await view.range("7 d").click();
  await view.system.selectOption("=debian");
  await expect(page).toHaveURL(/system=debian/);
  await view.tab("Stats");
  await view.settled();
  await expect(page.locator(".page__subtitle")).toContainText("of debian");
  await view.tab("Records");
  const chips = page.getByRole("list", { name: "Active filters" });
  await expect(chips).toContainText("debian");
  await expect(chips).toContainText("Last 7 days");
  await page.locator("[data-record-id] a").first().click();
  await expect(page.getByTestId("record-details")).toBeVisible();
  expect(view.parameters().get("days")).toBe("7");
});

test("a column leads to the records that it counts", async ({ page, fleet }) => {
  const view = new ChartPage(page, fleet.url);
  await view.open("/builds?days=7");
  await view.chart("Records per build").locator("[tabindex='0'].chart__place").focus();
  await page.keyboard.press("End");
  const told = await view.chart("Records per build").locator(".chart__tip").innerText();
  const records = told.split("\n").find((line) => / records?$/.test(line)) ?? "nothing told";
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/records\?.*build=/);
  await expect(page.getByTestId("record-total")).toHaveText(records);
});

test("numbers lead to exactly the records that they count", async ({ page, fleet }) => {
  const view = new ChartPage(page, fleet.url);
  await test.step("crashes of a day", async () => {
    await view.open("/overview");
    await view.expectAsMany(view.figure("Crashes"));
    await expect(page).toHaveURL(/kind=crash/);
  });
  await test.step("records of a platform", async () => {
    await view.open("/stats?days=7");
    const row = (await view.table("Platforms, ranked")).getByRole("row").nth(1);
    await view.expectAsMany(row.getByRole("link"), row.getByRole("cell").first());
  });
  await test.step("machine checks of a machine, in all and in a build", async () => {
    const row = page.getByRole("table", { name: /^Machine checks by machine and build/ }).getByRole("row").nth(1);
    await view.open("/mce");
    await view.expectAsMany(row.getByRole("rowheader").getByRole("link"), row.getByRole("cell").last());
    await view.open("/mce");
    await view.expectAsMany(row.getByRole("cell").getByRole("link").first());
  });
  await test.step("updates by how they ended", async () => {
    for (const label of ["Updates", "Succeeded", "Failed", "Update server not reached"]) {
      await view.open("/updates");
      await view.expectAsMany(view.figure(label));
    }
  });
});

test("a page that was left open is brought up to date", async ({ page, server }) => {
  const view = new ChartPage(page, server.url);
  await server.send({ build: "41150" });
  await view.open("/builds");
  const rows = (await view.table("Records per build")).locator("tbody").getByRole("row");
  await expect(rows).toHaveCount(1);
  await server.send({ build: "41160" });
  await page.getByRole("button", { name: "Refresh" }).click();
  await expect(rows).toHaveCount(2);
});

test.describe("by touch", () => {
  test.use({ hasTouch: true, viewport: { width: 390, height: 844 } });

  test("the first tap tells, the second one opens", async ({ page, fleet }) => {
    const view = new ChartPage(page, fleet.url);
    await view.open("/builds?days=all");
    const place = view.chart("Records per build").locator(".chart__place").last();
    await place.tap();
    const tip = view.chart("Records per build").locator(".chart__tip");
    await expect(tip).toContainText("Tap again to open");
    const box = await tip.boundingBox();
    expect(box?.x, "within the screen").toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0), "within the screen").toBeLessThanOrEqual(390);
    await expect(page).toHaveURL(/\/builds/);
    await place.tap();
    await expect(page).toHaveURL(/\/records\?.*build=/);
  });

  test("days of one's own stay within the screen", async ({ page, fleet }) => {
    const view = new ChartPage(page, fleet.url);
    for (const width of [360, 390]) {
      await page.setViewportSize({ width, height: 844 });
      await view.open("/stats?from=2026-11-01T08:00:00Z&to=2026-11-08T20:00:00Z");
      await expect(page.locator("#range-toggle")).toContainText("2026-11-01 08:00:00 UTC");
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });
});

test("days of one's own are a link to keep", async ({ page, fleet }) => {
  const view = new ChartPage(page, fleet.url);
  await view.open("/stats");
  await view.chooseDays("2026-11-12", "2026-11-10");
  await expect(page.getByText("The last day is before the first one.")).toBeVisible();
  await page.getByLabel("Last day (UTC)").fill("2026-11-13");
  await page.getByRole("button", { name: "Show these days" }).click();
  await expect(page.locator("#range-toggle")).toHaveText("12 Nov 2026 – 13 Nov 2026");
  expect(view.parameters().get("from")).toBe("2026-11-12T00:00:00Z");
  expect(view.parameters().get("to")).toBe("2026-11-14T00:00:00Z");
});

test("parameters of a view's own stay with it", async ({ page, fleet }) => {
  const view = new ChartPage(page, fleet.url);
  await view.open("/population?window=14&days=7");
  await expect(view.chart("Machines per build")).toContainText("about 4.7 times");
  await page.getByRole("link", { name: "Compare", exact: true }).click();
  await expect(page.getByRole("table", { name: /^Machines per build/ })).toBeVisible();
  await expectAccessible(page);
  await view.tab("MCE");
  expect(view.parameters().get("window")).toBeNull();
  expect(view.parameters().get("days")).toBe("7");
});

test("an address that cannot be read says so", async ({ page, fleet }) => {
  await page.goto(`${fleet.url}/builds?days=soon`);
  await expect(page.getByRole("alert")).toContainText("days: must be a whole number");
  await page.getByRole("link", { name: "Clear it" }).click();
  await expect(new ChartPage(page, fleet.url).chart("Records per build")).toBeVisible();
});

test("an answer that does not come can be asked for again", async ({ page, fleet }) => {
  await page.route("**/api/v1/builds*", (route) => route.abort());
  await page.goto(`${fleet.url}/builds`);
  await expect(page.getByRole("alert")).toContainText("The builds could not be loaded");
  await page.unroute("**/api/v1/builds*");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(new ChartPage(page, fleet.url).chart("Records per build")).toBeVisible();
});

test("a server without records says how to begin", async ({ page, server }) => {
  const view = new ChartPage(page, server.url);
  await view.open("/");
  await expect(page.getByTestId("empty-state")).toContainText("No record has come yet");
  await expectAccessible(page);
  for (const [slug, title] of views) {
    await view.open(`/${slug}`);
    await expect(page).toHaveTitle(`${title} · Telemetrics`);
    await expect(page.getByRole("alert")).toHaveCount(0);
  }
  await expectAccessible(page);
});
