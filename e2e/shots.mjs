import { chromium } from "@playwright/test";
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const base = process.argv[2]; const pages = process.argv.slice(3);
for (const [name, opts] of [["light", { viewport: { width: 1360, height: 900 }, colorScheme: "light" }], ["dark", { viewport: { width: 1360, height: 900 }, colorScheme: "dark" }], ["phone", { viewport: { width: 390, height: 844 }, colorScheme: "light" }]]) {
  const page = await browser.newPage(opts);
  for (const p of pages) {
    await page.goto(base + p); await page.waitForLoadState("networkidle"); await page.waitForTimeout(500);
    await page.screenshot({ path: `/tmp/d/${name}${p.replaceAll("/", "_")}.png`, fullPage: true });
  }
  await page.close();
}
await browser.close();
