import { readFileSync } from "node:fs";

import { expect, test } from "../support/test.js";

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
