import AxeBuilder from "@axe-core/playwright";
import { expect, test, type APIRequestContext } from "@playwright/test";

/** A record as the machine number `number` sends it. */
async function send(request: APIRequestContext, number: number, build: string, millis: number): Promise<void> {
  const id = number.toString(16).padStart(32, "0");
  const answer = await request.post("/v3/collector", {
    headers: { "x-telemetry-tid": "6907c830-eed9-4ce9-81ae-76daf8d88f0f" },
    data: {
      record_format_version: 4,
      classification: "org.example/boot/time",
      severity: 1,
      machine_id: id,
      creation_timestamp: Math.floor(Date.now() / 1000) - 60,
      arch: "x86_64",
      host_type: "Example|Laptop|1",
      build,
      kernel_version: "6.12.8",
      payload_format_version: 1,
      system_name: "example-os",
      board_name: "b",
      cpu_model: "c",
      bios_version: "v",
      event_id: id,
      payload: `firmware_ms=900\nboot_ms=${millis}\n`,
    },
  });
  expect([200, 201]).toContain(answer.status());
}

test.beforeAll(async ({ request }) => {
  for (const [number, build, millis] of [[1, "41150", 2000], [2, "41150", 3000], [3, "41160", 12_000]] as const) {
    await send(request, number, build, millis);
  }
});

test("boots are shown by build, filtered, and lead to their records", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: /^Boot time by build/ })).toBeVisible();
  await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Boot time" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Boot time" })).toBeVisible();
  const builds = page.locator(".chart", { has: page.getByRole("heading", { name: /^Average by build/ }) });
  await expect(builds).toContainText("41150");
  await page.getByRole("group", { name: "Boots that took at least" }).getByRole("link", { name: "10 s" }).click();
  await expect(page).toHaveURL(/at_least=10/);
  await expect(builds).not.toContainText("41150");
  await page.getByRole("navigation", { name: "Boot time" }).getByRole("link", { name: "By how long they took" }).click();
  await expect(page).toHaveURL(/\/boot-time\/spread\?.*at_least=10/);
  await expect(page.getByRole("heading", { name: /^Boots by how long they took/ })).toBeVisible();
  await expect(builds).toHaveCount(0);
  await page.goto("/records?classification=org.example%2Fboot%2Ftime&build=41160");
  await page.locator("[data-record-id] a").first().click();
  await expect(page.getByTestId("record-details")).toContainText("12000 ms");
});

test("the pages are accessible in light and dark", async ({ page }) => {
  for (const [path, chart] of [["/boot-time", /^Average by build/], ["/boot-time/spread", /^Boots by how long/]] as const) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(path);
      await expect(page.getByRole("heading", { name: chart })).toBeVisible();
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    }
  }
});
