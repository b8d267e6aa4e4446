import type { Page } from "@playwright/test";

import { CrashesPage } from "../pages/crashes.js";
import { ChartPage } from "../pages/scope.js";
import { CANVAS, sendCrash } from "../support/crash.js";
import { expect, test } from "../support/test.js";

/** Lets the dashboard hear of its jobs only from the moment on at which what is given here is called. */
async function holdJobs(page: Page): Promise<() => void> {
  let tell = () => {};
  const told = new Promise<void>((resolve) => (tell = resolve));
  await page.route("**/api/v1/jobs/*", async (route) => {
    await told;
    await route.continue();
  });
  return tell;
}

/** Leaves for other pages while a job is under way: its end is told there, and stays told on the next page. */
async function expectToldElsewhere(view: ChartPage, tell: () => void, text: RegExp): Promise<void> {
  const toasts = view.page.getByTestId("toasts");
  await view.tab("Stats");
  await expect(toasts).toBeEmpty();
  tell();
  await expect(toasts).toContainText(text);
  await view.tab("Builds");
  await expect(toasts).toContainText(text);
  await toasts.getByRole("button", { name: "Close message" }).click();
  await expect(toasts).toBeEmpty();
}

test("a purge tells of its end on whatever page is open by then", async ({ page, aged }) => {
  const tell = await holdJobs(page);
  await page.goto(`${aged.url}/server/storage`);
  await page.getByRole("button", { name: "Purge now" }).click();
  await expect(page.getByTestId("purge-outcome")).toHaveText("Purging…");
  await expectToldElsewhere(new ChartPage(page, aged.url), tell, /Purge: [1-9]\d* records? deleted\./);
});

test("judging crashes anew tells of its end on whatever page is open by then", async ({ page, server }) => {
  await sendCrash(server, CANVAS);
  const tell = await holdJobs(page);
  const crashes = new CrashesPage(page, server.url);
  await crashes.open("/never-guilty");
  await page.getByRole("button", { name: "Recompute all" }).click();
  await expect(page.getByTestId("judging")).toBeVisible();
  await expectToldElsewhere(new ChartPage(page, server.url), tell, /All crashes were judged anew\./);
});
