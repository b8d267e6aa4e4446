import { expectAccessible } from "../support/axe.js";
import { expect, test } from "../support/test.js";

test("the first page is the first view", async ({ page, fleet }) => {
  await page.goto(fleet.url);
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Records" })).toBeVisible();
});

test("an address that leads nowhere says so", async ({ page, fleet }) => {
  await page.goto(`${fleet.url}/no/such/page`);
  await expect(page.getByRole("heading", { level: 1, name: "Nothing here" })).toBeVisible();
  await expectAccessible(page);
});

test("a few letters lead anywhere", async ({ page, fleet }) => {
  await page.goto(`${fleet.url}/builds`);
  await page.getByRole("heading", { level: 1, name: "Builds" }).waitFor();
  await page.keyboard.press("Control+k");
  const dialog = page.getByRole("dialog", { name: "Go to" });
  const field = dialog.getByRole("combobox", { name: "Where to" });
  await expect(field).toBeFocused();
  await field.fill("crash/clr");
  await expect(dialog.getByRole("option", { name: /org\.clearlinux\/crash\/clr/ })).toBeVisible();
  await expectAccessible(page);
  await field.press("Enter");
  await expect(page).toHaveURL(/\/records\?classification=org\.clearlinux%2Fcrash%2Fclr/);
  await page.keyboard.press("Control+k");
  await field.fill("thermal");
  await field.press("ArrowDown");
  await field.press("ArrowUp");
  await dialog.getByRole("option", { name: /^Thermal/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Thermal" })).toBeVisible();
});

test("the keys are told", async ({ page, fleet }) => {
  await page.goto(fleet.url);
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keys" });
  await expect(dialog).toContainText("Ctrl K");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
});

test("back, forward and a new load find the place on the page", async ({ page, fleet }) => {
  await page.setViewportSize({ width: 1280, height: 500 });
  await page.goto(`${fleet.url}/records`);
  await page.locator("tr.record").nth(40).scrollIntoViewIfNeeded();
  const top = () => page.evaluate(() => Math.round(window.scrollY));
  await expect.poll(top).toBeGreaterThan(500);
  const place = await top();
  // Playwright's own click would scroll before it.
  await page.getByRole("link", { name: "Overview", exact: true }).evaluate((link: HTMLElement) => link.click());
  await page.locator("figure svg").first().waitFor();
  await expect.poll(top).toBe(0);
  await page.goBack();
  await expect.poll(top).toBe(place);
  await page.goForward();
  await page.locator("figure svg").first().waitFor();
  await expect.poll(top).toBe(0);
  await page.goBack();
  await expect.poll(top).toBe(place);
  await page.reload();
  await expect.poll(top).toBe(place);
});
