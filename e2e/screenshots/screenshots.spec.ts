import { join } from "node:path";

import { test } from "../support/test.js";

const folder = join(import.meta.dirname, "../../docs/images");

for (const [name, path, ready] of [
  ["overview", "/overview", "figure svg"],
  ["records", "/records?classification=org.clearlinux/crash/*", "tr.record"],
  ["crashes", "/crashes", "table"],
] as const) {
  test(`a picture of ${name}`, async ({ page, fleet }) => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await page.goto(fleet.url + path);
    await page.locator(ready).first().waitFor();
    await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
  });
}
