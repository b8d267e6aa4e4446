import { AccessPage } from "../pages/access.js";
import { Palette } from "../pages/palette.js";
import { SavedViews } from "../pages/saved.js";
import { expectAccessible } from "../support/axe.js";
import { expect, test } from "../support/test.js";

test("a view is saved, found by its name, and given away as a link", async ({ page, server }) => {
  await server.send({ severity: "4" });
  await page.goto(`${server.url}/records?severity=4`);
  const saved = new SavedViews(page);
  await saved.open();
  await expect(saved.dialog).toContainText("None yet");
  await saved.save("Critical ones");
  await expectAccessible(page);
  await saved.dialog.getByRole("button", { name: "Copy its link" }).click();
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(clipboard).toBe(`${server.url}/records?severity=4`);
  await saved.close();

  await page.goto(`${server.url}/stats`);
  await page.getByRole("heading", { level: 1, name: "Stats" }).waitFor();
  await new Palette(page).goTo("critical", "Critical onesSaved view");
  await expect(page).toHaveURL(/\/records\?severity=4$/);
});

test("a view that is taken away can be had again", async ({ page, server }) => {
  await page.goto(`${server.url}/stats`);
  const saved = new SavedViews(page);
  const view = saved.view("Every morning");
  await saved.open();
  await saved.save("Every morning");
  await saved.removal("Every morning").click();
  await expect(view).toHaveCount(0);
  // A message that is pointed at stays.
  await saved.toasts.getByText("Every morning was removed.").hover();
  await expectAccessible(page);
  await saved.toasts.getByRole("button", { name: "Undo" }).click();
  await expect(saved.toasts).toContainText("Every morning is saved again.");
  await expect(view).toBeVisible();

  // What the server does not take away stays, and can be tried again.
  await page.route("**/api/v1/saved-views/*", (route) => route.abort());
  await saved.removal("Every morning").click();
  await expect(saved.toasts).toContainText("Every morning could not be removed:");
  await expect(view).toBeVisible();
  await page.unroute("**/api/v1/saved-views/*");
  await saved.toasts.getByRole("button", { name: "Try again" }).click();
  await expect(saved.toasts).toContainText("Every morning was removed.");
  await expect(view).toHaveCount(0);

  // Neither the dialog nor the page need be open for it.
  await saved.close();
  await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Builds" }).click();
  const toasts = page.getByTestId("toasts");
  await toasts.getByRole("button", { name: "Undo" }).click();
  await expect(toasts).toContainText("Every morning is saved again.");
  await saved.open();
  await expect(view).toHaveAttribute("href", "/stats");
  await saved.removal("Every morning").click();
  await expect(saved.toasts).toContainText("Every morning was removed.");
  await page.reload();
  await saved.open();
  await expect(saved.dialog).toContainText("None yet");
});

test("one's own views are one's own, and those for everybody are everybody's", async ({ page, server, browser }) => {
  const access = new AccessPage(page);
  await access.enterAsFirst(server.url, "ada");
  const viewer = await access.addAccount("victor", "viewer");
  await page.goto(`${server.url}/records?severity=4`);
  const ofAda = new SavedViews(page);
  await ofAda.open();
  await ofAda.save("Mine alone");
  await ofAda.forEverybody.check();
  await ofAda.save("Critical ones");
  const entries = ofAda.dialog.getByRole("listitem");
  await expect(entries.filter({ hasText: "Critical ones" })).toContainText("for everybody");
  await expect(entries.filter({ hasText: "Mine alone" })).not.toContainText("for everybody");
  await expectAccessible(page);

  const other = await browser.newPage();
  await other.goto(`${server.url}/stats`);
  await new AccessPage(other).logIn("victor", viewer);
  const ofVictor = new SavedViews(other);
  await ofVictor.open();
  await expect(ofVictor.view("Critical ones")).toBeVisible();
  await expect(ofVictor.view("Mine alone")).toHaveCount(0);
  await expect(ofVictor.removal("Critical ones")).toHaveCount(0);
  await expect(ofVictor.forEverybody).toHaveCount(0);
  await ofVictor.save("Victor's own");
  await ofVictor.view("Critical ones").click();
  await expect(other).toHaveURL(/\/records\?severity=4$/);
  await other.close();

  // An admin does not see those of others, either, and takes away what is for everybody.
  await page.reload();
  await ofAda.open();
  await expect(ofAda.view("Mine alone")).toBeVisible();
  await expect(ofAda.view("Victor's own")).toHaveCount(0);
  await ofAda.removal("Critical ones").click();
  await expect(ofAda.toasts).toContainText("Critical ones was removed.");
  await ofAda.toasts.getByRole("button", { name: "Undo" }).click();
  await expect(entries.filter({ hasText: "Critical ones" })).toContainText("for everybody");
});
