import { expectAccessible } from "../support/axe.js";
import { expect, test } from "../support/test.js";

test("records that break a rule can be seen and tried again", async ({ page, server }) => {
  await page.goto(`${server.url}/quarantine`);
  await expect(page.getByRole("heading", { level: 1, name: "Quarantine" })).toBeVisible();
  await expect(page.getByTestId("empty-state")).toBeVisible();
  await expectAccessible(page);
  const { status, body } = await server.send({ severity: "9" });
  expect(status).toBe(200);
  expect(body).toMatchObject({ quarantined: true });
  await page.reload();
  const cards = page.getByRole("list", { name: "Records in quarantine" });
  await expect(cards).toContainText("severity: must be 1, 2, 3 or 4");
  await expect(page.getByTestId("quarantine-total")).toHaveText("1 kept");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText(/0 stored/)).toBeVisible();
  await expect(cards).toContainText("severity: must be 1, 2, 3 or 4");
});
