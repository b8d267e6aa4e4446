import { expectAccessible } from "../support/axe.js";
import { expect, test } from "../support/test.js";

test("light and dark are remembered", async ({ page, fleet }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(fleet.url);
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  await page.getByRole("button", { name: "Display" }).click();
  await page.getByRole("radio", { name: "Dark" }).check();
  await expect.poll(background).not.toBe(light);
  await expectAccessible(page);
  const dark = await background();
  await page.reload();
  await expect.poll(background).toBe(dark);
});

test.describe("by the browser's clock", () => {
  test.use({ timezoneId: "Asia/Kolkata" });

  test("times and columns are chosen and remembered", async ({ page, server }) => {
    await server.send({ creation_timestamp: "1795420740" });
    await page.goto(`${server.url}/records`);
    const row = page.locator("tr.record");
    await expect(row.locator("time").first()).toHaveText(/ago|in /);
    const machines = page.getByRole("columnheader", { name: "Machine" });
    await expect(machines).toBeVisible();
    await page.getByRole("button", { name: "Display" }).click();
    const dialog = page.getByRole("dialog", { name: "Display" });
    await dialog.getByRole("radio", { name: "Day and time" }).check();
    await expect(row.locator("time").first()).toHaveText("2026-11-23 07:59:00 UTC");
    await dialog.getByRole("radio", { name: "This browser's" }).check();
    await expect(row.locator("time").first()).toHaveText("2026-11-23 13:29:00 UTC+05:30");
    await dialog.getByRole("checkbox", { name: "Machine" }).uncheck();
    await dialog.getByRole("button", { name: "Close" }).click();
    await expect(machines).toBeHidden();
    await page.reload();
    await expect(row.locator("time").first()).toHaveText("2026-11-23 13:29:00 UTC+05:30");
    await expect(machines).toBeHidden();
    await expectAccessible(page);
  });
});

test("the API is looked up, and a call tried", async ({ page, fleet }) => {
  await page.goto(`${fleet.url}/reference`);
  await expect(page.getByRole("heading", { level: 1, name: "API reference" })).toBeVisible();
  await expect(page.getByRole("heading", { level: 2, name: "records" })).toBeVisible();
  await page.getByLabel("Find a call").fill("get records/{id}");
  const call = page.locator("details.call").first();
  await call.locator("summary").click();
  await expectAccessible(page);
  const send = call.getByRole("button", { name: "Send" });
  await send.click();
  await expect(call.getByRole("alert")).toHaveText("id: must be filled in");
  await call.getByLabel("id *").fill("7");
  await expect(call.getByRole("region", { name: "The same with curl" })).toHaveText(
    `curl -fsS '${fleet.url}/api/v1/records/7'`,
  );
  await send.click();
  await expect(call.getByTestId("status")).toContainText("200 · application/json");
  await expect(call.getByTestId("answer")).toContainText('"id": 7');
  await expectAccessible(page);
});

test("on paper there is the page alone", async ({ page, fleet }) => {
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  await page.goto(`${fleet.url}/overview`);
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await expect(page.locator(".header")).toBeHidden();
  const scheme = await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  expect(scheme).toBe("light");
});
