import { Palette } from "../pages/palette.js";
import { RecordsPage } from "../pages/records.js";
import { expectAccessible } from "../support/axe.js";
import { FILES, sendCrash } from "../support/crash.js";
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
  const palette = new Palette(page);
  const { field, options } = palette;
  await palette.open();
  await field.fill("crash/clr");
  await expect(options.first()).toHaveText("org.clearlinux/crash/clrClassification");
  await expectAccessible(page);
  await field.press("Enter");
  await expect(page).toHaveURL(/\/records\?classification=org\.clearlinux%2Fcrash%2Fclr/);
  await palette.open();
  await field.fill("thermal");
  await field.press("ArrowDown");
  await field.press("ArrowUp");
  await options.filter({ hasText: /^Thermal/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Thermal" })).toBeVisible();
});

test("builds, machines and guilties of any system are found", async ({ page, server }) => {
  const machine = "rack 7, node 3";
  await server.send({ build: "41150", machine_id: machine });
  await server.send({ build: "41160" });
  await sendCrash(server, FILES, { system_name: "debian", build: "13" });
  const palette = new Palette(page);
  const records = new RecordsPage(page, server.url);
  await records.open();
  await palette.goTo("41160", "clear-linux-os 41160Build");
  await expect(page).toHaveURL(/\/records\?build=41160&system=clear-linux-os$/);
  await expect(records.rows).toHaveCount(1);
  await palette.goTo(machine, `${machine}Machine`);
  await expect(page).toHaveURL(/\/records\?machine_id=rack\+7%2C\+node\+3$/);
  await expect(records.rows).toHaveCount(1);
  await palette.goTo("read_file", "read_file() [libfiles.so.2]Guilty");
  await expect(page.getByRole("heading", { level: 1, name: "read_file()" })).toBeVisible();
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
