import { readFile } from "node:fs/promises";

import { expectAccessible } from "../support/axe.js";
import { CANVAS, FILES, sendCrash } from "../support/crash.js";
import type { Server } from "../support/server.js";
import { expect, test } from "../support/test.js";
import { CrashesPage } from "../pages/crashes.js";
import { ChartPage } from "../pages/scope.js";

/** Three crashes that blame `check_canvas()`, in two builds, and one that blames another function. */
async function sendCrashes(server: Server): Promise<void> {
  await sendCrash(server, CANVAS);
  await sendCrash(server, CANVAS, { build: "41160" });
  await sendCrash(server, CANVAS, { build: "41160" });
  await sendCrash(server, FILES);
}

test("a frame that is never guilty moves its crashes to another function", async ({ page, server }) => {
  await sendCrashes(server);
  const crashes = new CrashesPage(page, server.url);
  await crashes.open();
  // Builds ascend; each count leads to its records.
  await expect(crashes.table.getByRole("columnheader")).toHaveText([
    "Guilty",
    "Crashes",
    "Machines, all time",
    "Last 28 days",
    "41150",
    "41160",
  ]);
  await expect(crashes.row("check_canvas()").getByRole("cell")).toContainText(["3", "1", "", "1", "2"]);
  await crashes.search("CANVAS");
  await expect(page).toHaveURL(/search=CANVAS/);
  await expect(crashes.row("read_file()")).toHaveCount(0);
  await crashes.openGuilty("check_canvas()");
  await expect(page.getByTestId("guilty-facts")).toContainText("First build41150");

  // The backtrace says which frame is the guilty.
  await expect(crashes.backtraces).toHaveCount(1);
  const frames = crashes.backtraces.first().getByRole("listitem");
  await expect(frames).toContainText(["#0check_canvas()", "#1draw_line()", "#2main()"]);
  await expect(frames.first()).toContainText("guilty");
  await expect(frames.nth(1)).toContainText("paint.c:41");
  await expect(crashes.backtraces.first()).toContainText("11 (SIGSEGV)");

  await crashes.markNeverGuilty("#0 check_canvas()");
  const preview = page.getByTestId("preview");
  await expect(preview).toContainText("This record would move to draw_line() in /usr/bin/paint.");
  await expect(preview).toContainText("In all, 3 records would move:");
  await expect(preview).toContainText("3 from check_canvas() in libcanvas.so.1 to draw_line() in /usr/bin/paint");
  await expectAccessible(page);
  await page.getByLabel("Reason (optional)").fill("It only checks");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByTestId("list-changed")).toBeVisible();
  await crashes.recompute(page.getByRole("button", { name: "Recompute now" }));

  // Nothing is left here; the page says where it went.
  await expect(page.getByTestId("went")).toContainText("3 records to draw_line() in /usr/bin/paint");
  await page.getByTestId("went").getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1, name: "draw_line()" })).toBeVisible();
  await expect(crashes.backtraces.first().getByRole("listitem").first()).toContainText("never guilty");
  await crashes.goTo("Top crashes");
  await expect(crashes.row("draw_line()").getByRole("cell").first()).toHaveText("3");
  await expect(crashes.row("check_canvas()")).toHaveCount(0);
});

test("a count leads to its records", async ({ page, server }) => {
  await sendCrashes(server);
  const crashes = new CrashesPage(page, server.url);
  await crashes.open();
  await crashes.row("check_canvas()").getByRole("link", { name: "2", exact: true }).click();
  await expect(page).toHaveURL(/\/records\?.*build=41160.*guilty=\d+/);
  await expect(page.locator("[data-record-id]")).toHaveCount(2);
  // A record leads back to its guilty.
  await page.locator("[data-record-id]").first().getByRole("link").first().click();
  await page.getByTestId("record-details").getByRole("link", { name: "check_canvas() - [libcanvas.so.1]" }).click();
  await expect(page).toHaveURL(/\/crashes\/\d+$/);
  await expect(page.getByRole("heading", { level: 1, name: "check_canvas()" })).toBeVisible();
});

test("a question about an entry can be left unanswered", async ({ page, server }) => {
  await sendCrashes(server);
  const crashes = new CrashesPage(page, server.url);
  await crashes.open("/never-guilty");
  await page.getByRole("searchbox", { name: "Filter the list" }).fill("raise()");
  const button = crashes.neverGuilty.getByRole("button", { name: "Switch off raise() in *libc.so*", exact: true });
  await button.click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByTestId("preview")).toContainText("No record would move.");
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(button).toBeFocused();
});

test("the numbers of a guilty lead to its records", async ({ page, server }) => {
  await sendCrashes(server);
  const crashes = new CrashesPage(page, server.url);
  const records = page.locator("[data-record-id]");
  await crashes.open();
  await crashes.row("check_canvas()").getByRole("link", { name: "3", exact: true }).click();
  await expect(records).toHaveCount(3);
  await crashes.open();
  await crashes.openGuilty("check_canvas()");
  await page.getByTestId("guilty-facts").getByRole("link", { name: "3", exact: true }).click();
  await expect(records).toHaveCount(3);
  await page.goBack();
  await crashes.backtraces.first().getByRole("link", { name: "3 records with this stack" }).click();
  await expect(page).toHaveURL(/stack=\d+/);
  await expect(records).toHaveCount(3);
  await page.goBack();
  const programs = page.getByRole("figure", { name: "Programs" });
  await programs.getByRole("button", { name: "Table" }).click();
  await programs.getByRole("link", { name: "/usr/bin/paint" }).click();
  await expect(page).toHaveURL(/payload=/);
  await expect(records).toHaveCount(3);
});

test("another time or system begins with the first page", async ({ page, fleet }) => {
  const view = new ChartPage(page, fleet.url);
  await view.open("/crashes?days=14&offset=10&build=41150&search=a");
  await view.range("30 d").click();
  await expect(page).toHaveURL(/days=30/);
  expect(view.parameters().get("offset")).toBeNull();
  expect(view.parameters().get("build")).toBe("41150");
  await view.system.selectOption("=debian");
  await expect(page).toHaveURL(/system=debian/);
  expect(view.parameters().get("build")).toBeNull();
  expect(view.parameters().get("search")).toBe("a");
});

test("a guilty is commented, hidden and shown again", async ({ page, server }) => {
  await sendCrashes(server);
  const crashes = new CrashesPage(page, server.url);
  await crashes.open();
  await crashes.openGuilty("read_file()");
  await page.getByRole("button", { name: "Add comment" }).click();
  const field = page.getByLabel("Comment", { exact: true });
  await expect(field).toBeFocused();
  await field.fill("x".repeat(81));
  await expect(page.getByText("81 of 80 characters")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save", exact: true })).toBeDisabled();
  await field.fill("Mended in 41170");
  await field.press("Enter");
  await expect(crashes.comment).toHaveText("Mended in 41170");
  const toasts = page.getByTestId("toasts");
  await expect(toasts).toContainText("The comment was saved.");
  await toasts.getByRole("button", { name: "Undo" }).click();
  await expect(crashes.comment).toHaveText("No comment yet");
  await expect(toasts).toContainText("The comment was removed.");
  await toasts.getByRole("button", { name: "Undo" }).click();
  await expect(crashes.comment).toHaveText("Mended in 41170");
  await toasts.getByRole("button", { name: "Close message" }).click();
  await expect(toasts).toBeEmpty();

  // What the server does not take is taken back, and can be tried again.
  await page.route("**/api/v1/guilties/*", (route) => route.abort());
  await page.getByRole("button", { name: "Hide", exact: true }).click();
  await expect(toasts).toContainText("It could not be hidden:");
  await expect(page.getByRole("button", { name: "Hide", exact: true })).toBeVisible();
  await page.unroute("**/api/v1/guilties/*");
  await toasts.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("Hidden: it is left out of the table of crashes.")).toBeVisible();
  await toasts.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("Shown again in the table of crashes.")).toBeVisible();
  await toasts.getByRole("button", { name: "Close message" }).click();

  // Hidden, undone, and hidden for good.
  await page.getByRole("button", { name: "Hide", exact: true }).click();
  await toasts.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("Shown again in the table of crashes.")).toBeVisible();
  await toasts.getByRole("button", { name: "Close message" }).click();
  await page.getByRole("button", { name: "Hide", exact: true }).click();
  await expect(page.getByText("Hidden: it is left out of the table of crashes.")).toBeVisible();
  await expectAccessible(page);
  await crashes.goTo("Top crashes");
  await expect(crashes.row("check_canvas()")).toBeVisible();
  await expect(crashes.row("read_file()")).toHaveCount(0);

  await crashes.goTo("Hidden");
  const hidden = page.getByRole("list", { name: "Hidden guilties" });
  await expect(hidden).toContainText("Mended in 41170");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Unhide read_file() in libfiles.so.2" }).click();
  await expect(page.getByTestId("empty-state")).toContainText("Nothing is hidden");
  await crashes.goTo("Top crashes");
  await expect(crashes.row("read_file()")).toContainText("Mended in 41170");
});

test("the never-guilty list is managed", async ({ page, server }) => {
  await sendCrashes(server);
  const crashes = new CrashesPage(page, server.url);
  await crashes.open("/never-guilty");
  await page.getByLabel("Function", { exact: true }).fill("check_c*");
  await page.getByLabel("Module", { exact: true }).fill("*");
  await page.getByRole("button", { name: "Preview", exact: true }).click();
  await expect(page.getByTestId("preview")).toContainText("In all, 3 records would move:");
  await page.getByRole("button", { name: "Add to the list" }).click();
  // The form takes the focus then.
  await expect(page.getByText("check_c* in * is never guilty from now on.")).toBeVisible();
  await page.getByRole("searchbox", { name: "Filter the list" }).fill("check_c*");
  const rows = crashes.neverGuilty.locator("tbody").getByRole("row");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("added");

  // What is exported can be taken in again.
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export" }).click();
  const exported = await readFile(await (await download).path(), "utf8");
  await crashes.changeEntry("Remove", "check_c* in *");
  await expect(rows).toHaveCount(0);
  await page.getByText("Import a list").click();
  await page.getByLabel("Or paste it").fill("no list");
  await expect(page.getByText(/This is no such list/)).toBeVisible();
  await page.getByLabel("JSON file").setInputFiles({ name: "list.json", mimeType: "application/json", buffer: Buffer.from(exported) });
  await page.getByRole("button", { name: "Preview the import" }).click();
  await expect(page.getByTestId("import-preview")).toContainText("In all, 3 records would move:");
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await expect(rows).toHaveCount(1);

  // A shipped entry is switched off and on.
  await page.getByRole("searchbox", { name: "Filter the list" }).fill("raise()");
  await crashes.changeEntry("Switch off", "raise() in *libc.so*");
  const raise = rows
    .filter({ has: page.getByRole("rowheader", { name: "raise()", exact: true }) })
    .filter({ hasText: "*libc.so*" });
  await expect(raise).toContainText("switched off");
  await crashes.changeEntry("Switch on", "raise() in *libc.so*");
  await expect(raise).not.toContainText("switched off");
  await crashes.changeEntry("Switch off", "raise() in *libc.so*");
  await expect(raise).toContainText("switched off");
  await expectAccessible(page);

  // All shipped ones are, too.
  await page.getByRole("searchbox", { name: "Filter the list" }).fill("abort()");
  await page.getByRole("button", { name: "Switch off all shipped" }).click();
  const dialog = page.getByRole("dialog", { name: "Switch off all shipped entries?" });
  await expect(dialog.getByTestId("preview")).toBeVisible();
  await dialog.getByRole("button", { name: "Switch off all shipped" }).click();
  await expect(page.getByRole("button", { name: "Switch off all shipped" })).toHaveCount(0);
  await page.getByRole("button", { name: "Switch on all shipped" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Switch on all shipped" }).click();
  await expect(page.getByRole("button", { name: "Switch on all shipped" })).toHaveCount(0);
  await page.getByRole("searchbox", { name: "Filter the list" }).fill("raise()");
  await crashes.changeEntry("Switch off", "raise() in *libc.so*");

  // A reset says what is lost, and takes it back.
  await page.getByRole("button", { name: "Reset…" }).click();
  await expect(page.getByTestId("lost").getByRole("listitem")).toHaveText([
    "1 entry that somebody has added to the never-guilty list",
    "1 entry that somebody has switched off: on again",
  ]);
  await expectAccessible(page);
  await crashes.recompute(page.getByRole("button", { name: "Reset everything" }));
  await page.getByRole("searchbox", { name: "Filter the list" }).fill("check_c*");
  await expect(page.getByTestId("empty-state")).toContainText("No such entry");
});

test("the table's parts live in the address", async ({ page, fleet }) => {
  const crashes = new CrashesPage(page, fleet.url);
  await crashes.open("?days=14");
  const names = crashes.table.getByRole("rowheader");
  await expect(names).toHaveCount(10);
  const first = await names.allInnerTexts();
  await page.getByRole("link", { name: "Next" }).click();
  await expect(page).toHaveURL(/offset=10/);
  await expect(names.first()).not.toHaveText(first[0] ?? "");
  const second = await names.allInnerTexts();
  expect(second.filter((name) => first.includes(name))).toEqual([]);
  await page.getByLabel("Builds").selectOption({ label: "All builds together" });
  await expect(page).toHaveURL(/all_builds=true/);
  await expect(page).not.toHaveURL(/offset/);
  await expect(crashes.table.getByRole("columnheader")).toHaveCount(4);
  await page.goBack();
  await expect(page).toHaveURL(/offset=10/);
  await expect(names.first()).toHaveText(second[0] ?? "");
  await crashes.search("no such function anywhere");
  await expect(page.getByTestId("empty-state")).toContainText("Nothing matches");
  await page.getByRole("link", { name: "Clear the search" }).click();
  await expect(names).toHaveCount(10);
});

for (const [name, path, content] of [
  ["table", "?days=14", "[data-testid=top-crashes] tbody th"],
  ["page of a guilty", "/1", "article"],
  ["never-guilty list", "/never-guilty", "[data-testid=never-guilty]"],
  ["list of what is hidden", "/hidden", "[data-testid=empty-state]"],
] as const) {
  test(`the ${name} is accessible, in every size`, async ({ page, fleet }) => {
    // The list has hundreds of lines, and all are looked at.
    test.slow();
    await new CrashesPage(page, fleet.url).open(path);
    await expect(page.locator(content).first()).toBeVisible();
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 800 });
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
}

test("what is not there is told", async ({ page, server }) => {
  const crashes = new CrashesPage(page, server.url);
  await crashes.open();
  await expect(page.getByTestId("empty-state")).toContainText("No crashes");
  await crashes.open("/999999");
  await expect(page.getByRole("alert")).toContainText("There is no such guilty");
  await crashes.open("/nothing");
  await expect(page.getByRole("alert")).toContainText("There is no such guilty");
});
