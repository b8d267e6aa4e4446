import { execSync } from "node:child_process";
import { readFile } from "node:fs/promises";

import type { Page, Route } from "@playwright/test";

import { expectAccessible } from "../support/axe.js";
import type { Server } from "../support/server.js";
import { expect, test } from "../support/test.js";
import { RecordsPage } from "../pages/records.js";

test("a record that a machine sends shows by itself", async ({ page, server }) => {
  await server.send({ payload: "the first one\n" });
  const records = new RecordsPage(page, server.url);
  await records.open();
  await expect(records.rows).toHaveCount(1);
  await expect(records.live("open")).toBeVisible();
  await server.send({ payload: "<b>the second</b> one\n", severity: "4" });
  const newest = records.rows.first();
  await expect(newest).toContainText("<b>the second</b> one");
  await expect(newest).toContainText("Critical");
});

test("an empty server says what to do, and its command works", async ({ page, server }) => {
  const records = new RecordsPage(page, server.url);
  await records.open();
  const empty = page.getByTestId("empty-state");
  await expect(empty).toContainText(`server=${server.url}/v3/collector`);
  await expect(empty).toContainText("tidheader=X-Telemetry-TID: 6907c830-eed9-4ce9-81ae-76daf8d88f0f");
  const command = await page.getByRole("region", { name: "Command that sends a record" }).innerText();
  expect(execSync(command, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })).toContain('"id":1');
  await expect(records.rows).toHaveCount(1);
  await expect(empty).toHaveCount(0);
});

test("a record's payload is shown as what it is", async ({ page, fleet }) => {
  const records = new RecordsPage(page, fleet.url);
  for (const [classification, heading, text] of [
    ["org.clearlinux/mce/corrected", "Machine check", "0x"],
    ["org.clearlinux/swupd-client/update", "Update", "From"],
    ["org.clearlinux/crash/clr", "Backtrace", "guilty"],
  ] as const) {
    await records.open(`?classification=${encodeURIComponent(classification)}`);
    await records.openRow(classification);
    await expect(records.details.getByRole("heading", { name: heading, exact: true })).toBeVisible();
    await expect(records.details.locator(".details__display")).toContainText(text);
  }
  await expectAccessible(page);
});

test("filters live in the address", async ({ page, fleet }) => {
  const records = new RecordsPage(page, fleet.url);
  await records.open();
  await records.choose("System", "clear-linux-os");
  await expect(page).toHaveURL(/system=clear-linux-os/);
  await records.choose("Build", "41220");
  await expect(page).toHaveURL(/build=41220/);
  await records.fill("Classification", "org.clearlinux/crash/*");
  await expect(page).toHaveURL(/classification=org\.clearlinux%2Fcrash%2F\*/);
  await page.getByRole("checkbox", { name: "High" }).check();
  await expect(page).toHaveURL(/severity=3/);
  await expect(records.rows.first()).toContainText("org.clearlinux/crash/");
  for (const row of await records.rows.all()) {
    await expect(row).toContainText("High");
    await expect(row).toContainText("41220");
    await expect(row).toContainText("org.clearlinux/crash/");
  }
  // The address alone leads to the same rows.
  const ids = await records.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute("data-record-id")));
  await page.reload();
  await expect(records.rows).toHaveCount(ids.length);
  expect(await records.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute("data-record-id")))).toEqual(ids);
  // A chip takes its part away, and back brings it again.
  const chips = page.getByRole("list", { name: "Active filters" });
  await chips.getByRole("link", { name: /^Remove filter Severity/ }).click();
  await expect(page).not.toHaveURL(/severity/);
  await page.goBack();
  await expect(page).toHaveURL(/severity=3/);
  await page.getByRole("link", { name: "Clear all" }).click();
  await expect(page).toHaveURL(`${fleet.url}/records`);
  await expect(chips).toHaveCount(0);
});

test("a record of a wrong clock is found by when it came in", async ({ page, server }) => {
  await server.send({ payload: "as if captured long ago\n", creation_timestamp: "1400000000" });
  const records = new RecordsPage(page, server.url);
  await records.open();
  await records.fill("Captured from (UTC)", "2020-01-01T00:00");
  await expect(page).toHaveURL(/[?&]from=2020-01-01/);
  await expect(records.rows).toHaveCount(0);
  const chips = page.getByRole("list", { name: "Active filters" });
  await chips.getByRole("link", { name: /^Remove filter From/ }).click();
  await records.fill("Received from (UTC)", "2020-01-01T00:00");
  await expect(page).toHaveURL(/received_from=2020-01-01/);
  await expect(records.rows).toHaveCount(1);
  await records.fill("Received before (UTC, exclusive)", "2021-01-01T00:00");
  await expect(page).toHaveURL(/received_to=2021-01-01/);
  await expect(records.rows).toHaveCount(0);
  await chips.getByRole("link", { name: /^Remove filter Received before/ }).click();
  await expect(records.rows).toHaveCount(1);
});

test("more records come page by page", async ({ page, fleet }) => {
  const records = new RecordsPage(page, fleet.url);
  await records.open("?classification=org.clearlinux/*");
  await expect(records.rows).toHaveCount(50);
  await page.getByRole("button", { name: "Load more" }).click();
  await expect(records.rows).toHaveCount(100);
  const ids = await records.rows.evaluateAll((rows) => rows.map((row) => Number(row.getAttribute("data-record-id"))));
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
});

test("the rows that are seen come before the others", async ({ page, fleet }) => {
  await page.addInitScript(() => {
    const counts: number[] = [];
    Object.assign(window, { counts });
    const count = () => counts.push(document.querySelectorAll("tr.record").length);
    new MutationObserver(count).observe(document, { childList: true, subtree: true });
  });
  const records = new RecordsPage(page, fleet.url);
  await records.open("?classification=org.clearlinux/*");
  await expect(records.rows).toHaveCount(50);
  const counts = await page.evaluate(() => (window as unknown as { counts: number[] }).counts);
  const first = counts.find((count) => count > 0) ?? 0;
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(50);
  // They fill the window.
  const bottom = await records.rows.nth(first - 1).evaluate((row) => row.getBoundingClientRect().bottom);
  expect(bottom).toBeGreaterThanOrEqual(page.viewportSize()?.height ?? Infinity);
});

test("a bad expression is told at its field", async ({ page, fleet }) => {
  const records = new RecordsPage(page, fleet.url);
  await records.open();
  await records.fill("Payload matches", "(");
  await expect(page.locator("#filter-payload-error")).toContainText("unclosed group");
  await expect(records.field("Payload matches")).toHaveAttribute("aria-invalid", "true");
  await records.fill("Payload matches", "^Process: ");
  await expect(page.locator("#filter-payload-error")).toBeEmpty();
  await expect(records.rows.first()).toContainText("Process: ");
});

/** Sends one record that can be searched for, and then so many that each search takes three requests. */
async function hideNeedle(server: Server): Promise<void> {
  await server.send({ payload: "a needle\n" });
  for (let sent = 0; sent < 600; sent += 100) {
    await Promise.all(Array.from({ length: 100 }, () => server.send()));
  }
}

/** Begins a search for it. The requests by which it goes on are held: each waits until it is let through. */
async function searchForNeedle(page: Page, server: Server): Promise<{ held: Route[]; records: RecordsPage }> {
  await hideNeedle(server);
  const held: Route[] = [];
  await page.route(/\/api\/v1\/records\?(.*&)?before=/, (route) => void held.push(route));
  const records = new RecordsPage(page, server.url);
  await records.open("?payload=needle");
  return { held, records };
}

test("a search that takes long goes on by itself", async ({ page, hurried }) => {
  await hideNeedle(hurried);
  const records = new RecordsPage(page, hurried.url);
  await records.open("?payload=needle");
  await expect(records.rows).toHaveCount(1);
  await expect(records.rows).toContainText("a needle");
  await expect(page.getByTestId("list-end")).toHaveText("No older records");
  // For a full page one request does not find enough, two do.
  await records.fill("Payload matches", "0\\s$");
  await expect(page.getByRole("button", { name: "Load more" })).toBeEnabled();
  await expect(records.rows).toHaveCount(50);
  await page.getByRole("button", { name: "Load more" }).click();
  await expect(records.rows).toHaveCount(60);
  await records.fill("Payload matches", "no payload says this");
  await expect(page.getByTestId("empty-state")).toContainText("No record matches");
  await expect(page.getByTestId("list-end")).toBeEmpty();
});

test("a search tells how far it is, stops, and goes on", async ({ page, hurried }) => {
  const { held, records } = await searchForNeedle(page, hurried);
  const end = page.getByTestId("list-end");
  await expect(end).toContainText(/Searching: down to record \d+, received .+, \d+ % done/);
  await expect(page.getByRole("status").filter({ hasText: /^Searching, \d*0 % done$/ })).toHaveCount(1);
  await expect.poll(() => held.length).toBe(1);
  await expectAccessible(page);
  const reached = async () => /record (\d+)/.exec(await end.innerText())?.[1];
  const first = await reached();
  await end.getByRole("button", { name: "Stop" }).click();
  const goOn = end.getByRole("button", { name: "Go on searching" });
  await expect(goOn).toBeFocused();
  await held[0].continue();
  await expect.poll(reached).not.toBe(first);
  await expect(end).toContainText("Stopped: down to record");
  expect(held).toHaveLength(1);
  await goOn.click();
  await expect.poll(() => held.length).toBe(2);
  await expect(end).toContainText("Searching: down to record");
  await held[1].continue();
  await expect(records.rows).toContainText("a needle");
  await expect(end).toHaveText("No older records");
  expect(held).toHaveLength(2);
});

test("a search that fails stops, and is tried again", async ({ page, hurried }) => {
  const { held, records } = await searchForNeedle(page, hurried);
  await expect.poll(() => held.length).toBe(1);
  await held[0].abort();
  const error = page.getByRole("alert");
  await expect(error).toBeVisible();
  await expect(page.getByTestId("list-end")).toBeEmpty();
  expect(held).toHaveLength(1);
  await page.unrouteAll();
  await error.getByRole("button", { name: "Try again" }).click();
  await expect(records.rows).toContainText("a needle");
});

test("a search ends with its filter, and with its page", async ({ page, hurried }) => {
  const { held, records } = await searchForNeedle(page, hurried);
  await expect.poll(() => held.length).toBe(1);
  await records.fill("Payload matches", "thread");
  await expect.poll(() => held.length).toBe(2);
  // The answer about the filter before comes late, and nothing follows from it.
  await held[0].continue();
  await held[0].request().response();
  await held[1].continue();
  await expect.poll(() => held.length).toBe(3);
  const views = page.getByRole("navigation", { name: "Views" });
  await views.getByRole("link", { name: "Overview" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await held[2].continue();
  await held[2].request().response();
  await views.getByRole("link", { name: "Records" }).click();
  await expect(records.rows).toHaveCount(50);
  const searched = held.map((route) => new URL(route.request().url()).searchParams.get("payload"));
  expect(searched).toEqual(["needle", "thread", "thread"]);
});

test("an address that cannot be read is told", async ({ page, fleet }) => {
  const records = new RecordsPage(page, fleet.url);
  await records.open("?severity=9");
  await expect(page.getByText(/must be 1 to 4/).first()).toBeVisible();
});

test("details show every field and lead on", async ({ page, server }) => {
  const machine = "rack 7, node 3";
  const payload = "line one\n<script>alert(1)</script>\n";
  await server.send({ payload: "an older one", machine_id: machine });
  await server.send({ payload, machine_id: machine, cpu_model: "Prozessor für alles", severity: "3" });
  const records = new RecordsPage(page, server.url);
  await records.open();
  await records.openRow("line one");
  await expect(records.details).toContainText("Prozessor für alles");
  await expect(page.getByTestId("payload")).toHaveText(payload);
  await page.getByRole("button", { name: "Copy payload" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(payload);
  await expectAccessible(page);
  // To the older one and back by keys; Escape closes.
  await page.keyboard.press("j");
  await expect(page.getByTestId("payload")).toHaveText("an older one");
  await page.keyboard.press("k");
  await expect(page.getByTestId("payload")).toContainText("line one");
  await page.keyboard.press("Escape");
  await expect(records.details).toHaveCount(0);
  await expect(records.rows).toHaveCount(2);
  // The address of a record can be shared.
  await page.goto(`${server.url}/records/1`);
  await expect(page.getByTestId("payload")).toHaveText("an older one");
  await records.details.getByRole("link", { name: machine }).click();
  await expect(page).toHaveURL(/machine_id=rack\+7%2C\+node\+3|machine_id=rack%207/);
  await expect(records.rows).toHaveCount(2);
});

test("live records wait while a record is open", async ({ page, server }) => {
  await server.send({ payload: "open this" });
  const records = new RecordsPage(page, server.url);
  await records.open();
  await expect(records.live("open")).toBeVisible();
  await records.openRow("open this");
  await server.send({ payload: "came meanwhile" });
  await expect(page.getByText("1 new", { exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(records.rows.first()).toContainText("came meanwhile");
  // Switched off, nothing comes by itself.
  await page.getByRole("switch", { name: "Live" }).click();
  await expect(records.live("off")).toBeVisible();
  await server.send({ payload: "not shown" });
  await page.reload();
  await expect(records.rows.first()).toContainText("not shown");
  await expect(records.live("off")).toBeVisible();
});

test("downloads hold what the filter lets through", async ({ page, fleet }) => {
  const records = new RecordsPage(page, fleet.url);
  await records.open("?classification=org.clearlinux/mce/*");
  const lines = async (name: string) => {
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: `Download ${name}` }).click();
    return (await readFile(await (await download).path(), "utf8")).split("\n");
  };
  const csv = await lines("CSV");
  expect(csv[0]).toBe("id,external,server_timestamp,severity,classification,build,machine_id,payload\r");
  const json = (await lines("NDJSON")).filter((line) => line !== "").map((line) => JSON.parse(line));
  expect(json.length).toBeGreaterThan(0);
  for (const record of json) expect(record.classification).toMatch(/^org\.clearlinux\/mce\//);
});

test("a server that is away is told, and tried again", async ({ page, fleet }) => {
  const records = new RecordsPage(page, fleet.url);
  await page.route("**/api/v1/records?**", (route) => route.abort());
  await page.route("**/api/v1/records", (route) => route.abort());
  await records.open();
  const error = page.getByRole("alert");
  await expect(error).toBeVisible();
  await expectAccessible(page);
  await page.unrouteAll();
  await error.getByRole("button", { name: "Try again" }).click();
  await expect(records.rows.first()).toBeVisible();
});

test("the list is accessible, in every size", async ({ page, fleet, server }) => {
  const records = new RecordsPage(page, fleet.url);
  await records.open("?severity=3,4");
  await expect(records.rows.first()).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 800 });
  await expectAccessible(page);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(390);
  await new RecordsPage(page, server.url).open();
  await expect(page.getByTestId("empty-state")).toBeVisible();
  await expectAccessible(page);
});

test("nothing is loaded from elsewhere, and nothing breaks the policy", async ({ page, fleet }) => {
  const foreign: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(fleet.url) && !request.url().startsWith("data:")) foreign.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  const records = new RecordsPage(page, fleet.url);
  await records.open();
  await records.rows.first().getByRole("link").first().click();
  await expect(records.details).toBeVisible();
  expect(foreign).toEqual([]);
  expect(complaints).toEqual([]);
});
