/**
 * How soon the dashboard shows its data, on a server of its own with a fleet's records: from navigation until the
 * first view's charts are painted, and from a view's data until its charts are. Nothing is asserted.
 */
import { test, type Page } from "@playwright/test";

import { Server } from "../support/server.js";

const RECORDS = 100_000;
const TIMES = 9;
const tabs = ["Overview", "Builds", "Stats", "Crashes", "MCE", "Thermal", "Population", "Updates"];

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const tell = (what: string, figure: number, target: number) => {
  const cells = [what.padEnd(58), figure.toFixed(0).padStart(9), "ms".padEnd(12), `under ${target}`.padEnd(13)];
  console.log(`| ${cells.join(" | ")} | ${figure < target ? "met" : "missed"} |`);
};

/** The page's time after the first frame that has a chart and waits for nothing. */
const painted = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const look = () => {
          const isBusy = document.querySelector("[aria-busy=true]") !== null;
          if (document.querySelector(".chart__picture svg") === null || isBusy) requestAnimationFrame(look);
          else requestAnimationFrame(() => setTimeout(() => resolve(performance.now()), 0));
        };
        look();
      }),
  );

test("painting", async ({ browser }) => {
  const server = await Server.start({ records: RECORDS, days: 30 });
  const first: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    // A new context has an empty cache.
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(server.url, { waitUntil: "commit" });
    first.push(await painted(page));
    await context.close();
  }
  tell("Dashboard: first view painted with data", median(first), 1000);

  const page = await browser.newPage();
  const views = page.getByRole("navigation", { name: "Views" });
  await page.goto(server.url);
  for (const tab of tabs) {
    const after: number[] = [];
    for (let time = 0; time < TIMES; time++) {
      await views.getByRole("link", { name: "Records" }).click();
      await page.locator(".record").first().waitFor();
      await page.evaluate(() => performance.clearResourceTimings());
      await views.getByRole("link", { name: tab }).click();
      const end = await painted(page);
      const data = await page.evaluate(() =>
        performance
          .getEntriesByType("resource")
          .map((entry) => entry as PerformanceResourceTiming)
          .filter((entry) => entry.name.includes("/api/v1/") && !entry.name.includes("/systems"))
          .reduce((last, entry) => Math.max(last, entry.responseEnd), 0),
      );
      after.push(Math.max(0, end - data));
    }
    tell(`Dashboard: ${tab} painted after its data`, median(after), 150);
  }
  await server.stop();
});
