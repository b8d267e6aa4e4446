import { readFileSync } from "node:fs";

import { expectAccessible } from "../support/axe.js";
import { expect, test } from "../support/test.js";

/** Each chart view with a chart that it must show for the demo fleet. */
const views = [
  { slug: "overview", title: "Overview", chart: "Records per day" },
  { slug: "builds", title: "Builds", chart: "Records per build" },
  { slug: "stats", title: "Stats", chart: "" },
  { slug: "mce", title: "MCE", chart: "" },
  { slug: "thermal", title: "Thermal", chart: "" },
  { slug: "population", title: "Population", chart: "" },
  { slug: "updates", title: "Updates", chart: "" },
];

for (const { slug, title, chart } of views) {
  test(`${title} shows charts that everybody can read`, async ({ page, fleet }) => {
    await page.goto(`${fleet.url}/${slug}`);
    await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
    await expect(page.locator(".chart__picture svg").first()).toBeVisible();
    if (chart !== "") await expect(page.getByRole("figure", { name: chart })).toBeVisible();
    await expect(page.getByRole("alert")).toHaveCount(0);
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectAccessible(page);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, "nothing sticks out on a phone").toBeLessThanOrEqual(390);
  });
}

test("every view is there when no record has come yet", async ({ page, server }) => {
  for (const { slug, title } of views) {
    await page.goto(`${server.url}/${slug}`);
    await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    await expect(page.getByRole("alert")).toHaveCount(0);
  }
  await expectAccessible(page);
});

test("a column leads to the records that it counts", async ({ page, fleet }) => {
  await page.goto(`${fleet.url}/builds?days=all`);
  const figure = page.getByRole("figure", { name: "Records per build" });
  await figure.getByRole("button", { name: "Table" }).click();
  const row = figure.getByRole("row").nth(1);
  const records = (await row.getByRole("cell").first().textContent())?.trim() ?? "";
  const link = row.getByRole("link").first();
  await link.click();
  await expect(page.getByRole("heading", { level: 1, name: "Records" })).toBeVisible();
  await expect(page.getByTestId("record-total")).toHaveText(new RegExp(`^${records} records?$`));
});

test("the arrow keys walk through a chart", async ({ page, fleet }) => {
  await page.goto(`${fleet.url}/builds?days=all`);
  const places = page.getByRole("group", { name: "Records per build: values, by the arrow keys" });
  await places.locator("[tabindex='0']").focus();
  const first = await page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
  await page.keyboard.press("ArrowRight");
  const second = await page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
  expect(second).not.toBe(first);
  await page.keyboard.press("Home");
  expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(first);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Records" })).toBeVisible();
});

test("time and system carry from view to view", async ({ page, fleet }) => {
  await page.goto(`${fleet.url}/stats`);
  await page.getByRole("combobox", { name: "System" }).selectOption({ label: "clear-linux-os" });
  await page.getByRole("link", { name: /7 days|7 d/ }).first().click();
  await expect(page).toHaveURL(/days=7/);
  const tabs = page.getByRole("navigation", { name: "Views" });
  for (const tab of ["Overview", "Updates", "Records"]) {
    await tabs.getByRole("link", { name: tab }).click();
    await expect(page.getByRole("heading", { level: 1, name: tab })).toBeVisible();
    await expect(page).toHaveURL(/days=7/);
    await expect(page).toHaveURL(/system=clear-linux-os/);
  }
});

test("a chart is saved as data and as a picture", async ({ page, fleet }) => {
  await page.goto(`${fleet.url}/builds?days=all`);
  const figure = page.getByRole("figure", { name: "Records per build" });
  const save = async (what: string) => {
    await figure.locator("summary", { has: page.locator("svg") }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      figure.getByRole("button", { name: what }).click(),
    ]);
    return readFileSync(await download.path());
  };
  expect((await save("Data (CSV)")).toString()).toMatch(/^Build,/);
  const svg = (await save("Picture (SVG)")).toString();
  expect(svg).toContain("<svg");
  expect(svg, "colours are in the file itself").not.toContain("var(--");
  expect((await save("Picture (PNG)")).subarray(1, 4).toString()).toBe("PNG");
});

test("a record that comes in is counted at once", async ({ page, server }) => {
  await server.send({ build: "41150" });
  await server.send({ build: "41160" });
  await page.goto(`${server.url}/builds`);
  const figure = page.getByRole("figure", { name: "Records per build" });
  await figure.getByRole("button", { name: "Table" }).click();
  await expect(figure.locator("tbody").getByRole("row")).toHaveCount(2);
});
