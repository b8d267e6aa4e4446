import { expectAccessible } from "../support/axe.js";
import { expect, test } from "../support/test.js";

test("the first page is the first view", async ({ page, fleet }) => {
  await page.goto(fleet.url);
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Records" })).toBeVisible();
});

test("light and dark are remembered", async ({ page, fleet }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(fleet.url);
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  const toggle = page.getByRole("button", { name: /^Theme: / });
  await expect
    .poll(async () => {
      await toggle.click();
      return background();
    })
    .not.toBe(light);
  const dark = await background();
  await page.reload();
  await expect.poll(background).toBe(dark);
});

test("an address that leads nowhere says so", async ({ page, fleet }) => {
  await page.goto(`${fleet.url}/no/such/page`);
  await expect(page.getByRole("heading", { level: 1, name: "Nothing here" })).toBeVisible();
  await expectAccessible(page);
});
