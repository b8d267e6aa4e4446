import { defineConfig } from "@playwright/test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const target = process.env.CARGO_TARGET_DIR ?? "../target";
const database = join(mkdtempSync(join(tmpdir(), "boot-time-")), "telemetrics.db");
const port = Number(process.env.E2E_PORT ?? 18_099);

export default defineConfig({
  testDir: ".",
  timeout: 90_000,
  forbidOnly: true,
  reporter: [["list"]],
  outputDir: "test-results",
  webServer: {
    command: `${target}/debug/telemetrics serve --listen 127.0.0.1:${port} --database sqlite://${database} --log warn`,
    url: `http://127.0.0.1:${port}/readyz`,
    gracefulShutdown: { signal: "SIGTERM", timeout: 10_000 },
  },
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    viewport: { width: 1280, height: 800 },
    screenshot: "only-on-failure",
    launchOptions: { executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] },
  },
});
