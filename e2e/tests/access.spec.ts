import { AccessPage } from "../pages/access.js";
import { expectAccessible } from "../support/axe.js";
import { expect, test } from "../support/test.js";

test("the first account closes the house, and people log in from then on", async ({ page, server }) => {
  await server.send();
  const access = new AccessPage(page);
  await access.open(server.url);
  await expect(page.getByRole("note")).toContainText("There are no accounts");
  await expectAccessible(page);
  const password = await access.addAccount("ada", "admin");
  await expectAccessible(page);

  // A page that was asked for is where one comes to after logging in.
  await page.goto(`${server.url}/records`);
  await expect(page.getByRole("heading", { name: "Log in to Telemetrics" })).toBeVisible();
  await expect(page).toHaveTitle("Log in · Telemetrics");
  await expectAccessible(page);
  await access.logIn("ada", "not the password");
  await expect(page.getByRole("alert")).toHaveText("name or password is wrong");
  await access.logIn("Ada", password);
  await expect(page.getByRole("heading", { level: 1, name: "Records" })).toBeVisible();

  // The admin's page: accounts, tokens, sessions.
  await page.getByRole("link", { name: "ada" }).click();
  await expect(access.section("ada")).toContainText("this one");
  await expectAccessible(page);
  const viewer = await access.addAccount("victor", "viewer");
  const entry = page.locator("[data-account=victor]");
  await expect(entry).toContainText("never logged in");
  await access.section("Tokens for scripts").getByLabel("What it is for").fill("nightly report");
  await access.section("Tokens for scripts").getByRole("button", { name: "Make a token" }).click();
  const token = await access.section("Tokens for scripts").getByTestId("secret").locator("code").innerText();
  const asScript = async () =>
    (await fetch(`${server.url}/api/v1/stats`, { headers: { authorization: `Bearer ${token}` } })).status;
  expect(await asScript()).toBe(200);
  await page.getByRole("button", { name: "Revoke nightly report" }).click();
  await expect(page.getByRole("button", { name: "Revoke nightly report" })).toHaveCount(0);
  expect(await asScript()).toBe(401);

  // Each change is told.
  await page.getByRole("link", { name: "Audit log" }).click();
  const changes = page.getByRole("list", { name: "Changes" }).getByRole("listitem");
  await expect(changes).toHaveCount(4);
  await expect(changes.first()).toContainText("token.revoke nightly report");
  await page.getByLabel("Action").fill("account");
  await page.getByLabel("Action").press("Enter");
  await expect(changes).toHaveCount(2);
  await expect(page).toHaveURL(/action=account/);
  await expectAccessible(page);
  await access.open(server.url);

  // A viewer sees, and is offered nothing that changes judgements.
  await access.section("ada").getByRole("button", { name: "Log out" }).click();
  await expect(page.getByRole("heading", { name: "Log in to Telemetrics" })).toBeVisible();
  await access.logIn("victor", viewer);
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await page.goto(`${server.url}/crashes/never-guilty`);
  await expect(page.getByRole("heading", { level: 1, name: "Never-guilty" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Export" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Recompute all" })).toBeHidden();
  await access.open(server.url);
  await expect(access.section("victor")).toBeVisible();
  await expect(access.section("Accounts")).toHaveCount(0);
});

test("a session that is ended elsewhere asks to log in again", async ({ page, server, browser }) => {
  const access = new AccessPage(page);
  const password = await access.enterAsFirst(server.url, "ada");
  const other = await browser.newPage();
  const elsewhere = new AccessPage(other);
  await other.goto(`${server.url}/access`);
  await elsewhere.logIn("ada", password);
  await other.getByRole("button", { name: /^End the session/ }).click();
  await expect(other.getByRole("button", { name: /^End the session/ })).toHaveCount(0);
  await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Stats" }).click();
  await expect(page.getByRole("heading", { name: "Log in to Telemetrics" })).toBeVisible();
  await other.close();
});

test("the server's link makes the first account", async ({ page, guarded }) => {
  await page.goto(`${guarded.url}/`);
  await expect(page.getByRole("heading", { name: "There are no accounts yet" })).toBeVisible();
  await expect(page).toHaveTitle("First account · Telemetrics");
  await expectAccessible(page);
  await page.goto(guarded.firstAccount());
  await expect(page.getByLabel("Name")).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel("Name").fill("ada");
  await page.getByLabel("Password").fill("too short");
  await page.getByRole("button", { name: "Make the account" }).click();
  await expect(page.getByRole("alert")).toContainText("password: must have at least 10 characters");
  await page.getByLabel("Password").fill("long enough for all");
  await page.getByRole("button", { name: "Make the account" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
});
