import { expectAccessible } from "../support/axe.js";
import { expect, test } from "../support/test.js";

test("ingest says what comes in, and telemetry ids are changed", async ({ page, server }) => {
  await server.send({ build: "7" });
  await server.send({ severity: "9" });
  await page.goto(`${server.url}/overview`);
  await page.getByRole("link", { name: "Server" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Ingest" })).toBeVisible();
  await expect(page.getByTestId("figures")).toContainText("Stored1");
  await expect(page.getByRole("region", { name: "Last record by system" })).toContainText("7");
  await expect(page.getByRole("figure", { name: "Refused and put into quarantine" })).toContainText("severity");
  await expectAccessible(page);

  const send = async () => (await server.send({}, { "x-telemetry-tid": "office" })).status;
  expect(await send()).toBe(403);
  const save = page.getByRole("button", { name: "Save", exact: true });
  await expect(save).toBeDisabled();
  await page.getByRole("button", { name: "Add an id" }).click();
  const entry = page.getByRole("list", { name: "Telemetry ids" }).getByRole("listitem").last();
  await entry.getByLabel("Id").fill("office");
  await entry.getByLabel("Networks").fill("127.0.0.0/8, ::1");
  await save.click();
  await expect(save).toBeDisabled();
  expect(await send()).toBe(201);
  await entry.getByLabel("Networks").fill("everywhere");
  await save.click();
  await expect(page.getByRole("alert").filter({ hasText: "networks: must be an address or a network" })).toBeVisible();
  await page.getByRole("button", { name: "Undo changes" }).click();
  await entry.getByRole("switch").click();
  await save.click();
  await expect(save).toBeDisabled();
  expect(await send()).toBe(403);
  await expectAccessible(page);
});

test("storage says what takes the room, and what would be purged", async ({ page, fleet }) => {
  await page.goto(`${fleet.url}/server/storage`);
  await expect(page.getByRole("heading", { level: 1, name: "Storage" })).toBeVisible();
  await expect(page.getByTestId("figures")).toContainText("5,000");
  await expect(page.getByRole("figure", { name: "Size by classification" })).toContainText("org.clearlinux/heartbeat/ping");
  await expect(page.getByLabel("Rules, one a line")).toHaveValue(/test\/discard\/\*=1/);
  await page.getByLabel("All others, days").fill("3");
  await page.getByLabel("All others, days").press("Tab");
  await page.getByRole("button", { name: "What would be deleted now?" }).click();
  await expect(page.getByTestId("purge-outcome")).toHaveText(/^[\d,]+ records would be deleted, which frees about /);
  await page.getByRole("button", { name: "Undo changes" }).click();
  await expect(page.getByLabel("All others, days")).toHaveValue("35");
  await expectAccessible(page);
});

test("rules are saved, and records are purged by them", async ({ page, server }) => {
  await server.send({ classification: "test/discard/me" });
  await page.goto(`${server.url}/server/storage`);
  await page.getByLabel("Rules, one a line").fill("test/discard/*=1\nseverity:7=1");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("alert").filter({ hasText: "severity:7=1: severity: must be 1 to 4" })).toBeVisible();
  await page.getByLabel("Rules, one a line").fill("test/discard/*=1");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("button", { name: "Save", exact: true })).toBeDisabled();
  await page.getByRole("button", { name: "Purge now" }).click();
  await expect(page.getByTestId("purge-outcome")).toHaveText("0 records deleted.");
});

test("payloads are scrubbed, and a machine is erased", async ({ page, server }) => {
  await server.send({ payload: "at /home/ada/notes", machine_id: "ada-laptop" });
  await page.goto(`${server.url}/server/privacy`);
  await expect(page.getByRole("heading", { level: 1, name: "Privacy" })).toBeVisible();
  await page.getByRole("button", { name: "Preview Home directories" }).click();
  await expect(page.getByText("Would change 1 of the newest 1 record.")).toBeVisible();
  await expect(page.getByText("at /home/(user)/notes")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("switch", { name: "Active Home directories" }).click();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("button", { name: "Save", exact: true })).toBeDisabled();
  const { body } = await server.send({ payload: "at /home/grace/notes" });
  expect(body).toMatchObject({ payload: "at /home/(user)/notes" });

  await page.getByLabel("Machine id, as the machine sends it").fill("ada-laptop");
  await page.getByRole("button", { name: "Look it up" }).click();
  await expect(page.getByText(/^Found: 1 record, 0 in quarantine/)).toBeVisible();
  await expect(page.getByRole("link", { name: "Export its records" })).toHaveAttribute("href", /machine_id=ada-laptop/);
  await page.getByRole("button", { name: "Erase it" }).click();
  await expectAccessible(page);
  await page.getByRole("dialog").getByRole("button", { name: "Erase" }).click();
  await expect(page.getByText(/^Erased: 1 record/)).toBeVisible();
  const left = await (await fetch(`${server.url}/api/v1/records?machine_id=ada-laptop`)).json();
  expect(left.records).toEqual([]);
});

/** Texts that would do harm if they were taken for something else than texts. */
const HOSTILE = [
  `<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>`,
  `\u001b[31mred\u001b[0m \u0007 bell`,
  `=HYPERLINK("http://evil.example","x")`,
  `\u202eright to left\u202c`,
  `javascript:window.hacked=3`,
  `${"x".repeat(8000)}`,
];

test("hostile records are shown as the texts that they are", async ({ page, server }) => {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  for (const [number, text] of HOSTILE.entries()) {
    // Fields that are any text get the hostile one, as far as there is room and control characters are allowed.
    const short = [...text].filter((c) => c >= " ").join("").slice(0, 60);
    const { status } = await server.send({
      machine_id: short.slice(0, 30),
      classification: `a/${short.replaceAll("/", "|").slice(0, 40)}/${number}`,
      host_type: short,
      board_name: short,
      cpu_model: short,
      bios_version: short,
      payload: `${text}\nProcess: ${text}\nBacktrace (TID 1):\n#0 ${text} - [${text}]\n`,
    });
    expect(status).toBe(201);
    await server.send({ severity: text, payload: text });
  }
  for (const path of ["/records", "/stats", "/crashes", "/quarantine", "/server/ingest", "/server/storage", "/overview"]) {
    await page.goto(`${server.url}${path}`);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.waitForLoadState("networkidle");
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(sideways, `${path} is as wide as the window`).toBeLessThanOrEqual(0);
  }
  const list = await (await fetch(`${server.url}/api/v1/records?limit=100`)).json();
  for (const record of list.records) {
    await page.goto(`${server.url}/records/${record.id}`);
    await expect(page.getByTestId("payload")).toBeVisible();
  }
  await page.goto(`${server.url}/records/${list.records.at(-1).id}`);
  await expect(page.getByText(`<img src=x onerror="window.hacked=1">`, { exact: false }).first()).toBeVisible();
  expect(await page.evaluate(() => (window as unknown as { hacked?: number }).hacked)).toBeUndefined();
  expect(errors).toEqual([]);
});
