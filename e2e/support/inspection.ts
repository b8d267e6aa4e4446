import type { Page } from "@playwright/test";

/** What Chromium tells of a page's practices; what it has to say of forms is looked at by axe. */
const ISSUES = /^(MixedContent|Cookie|BlockedByResponse|HeavyAd|ContentSecurityPolicy|Deprecation|QuirksMode)Issue$/;

type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean };

/** What a browser notices while it loads pages: Lighthouse's checks that measure no time. */
export class Inspection {
  /** Errors of the console and of the program, and issues. */
  readonly complaints: string[] = [];
  /** What was asked for elsewhere. */
  readonly foreign: string[] = [];

  private constructor(private readonly page: Page) {}

  /** Looks at all pages of a server that are opened from now on. */
  static async begin(page: Page, base: string): Promise<Inspection> {
    const inspection = new Inspection(page);
    const { complaints, foreign } = inspection;
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(`${base}/`) && !/^(data|blob):/.test(url)) foreign.push(url);
    });
    const session = await page.context().newCDPSession(page);
    session.on("Audits.issueAdded", ({ issue }) => {
      if (ISSUES.test(issue.code)) complaints.push(`${issue.code} ${JSON.stringify(issue.details)}`);
    });
    await session.send("Audits.enable");
    await page.addInitScript(() => {
      const moved = { by: 0 };
      Object.assign(window, { moved });
      const add = (shift: Shift) => (moved.by += shift.hadRecentInput ? 0 : shift.value);
      const observer = new PerformanceObserver((shifts) => (shifts.getEntries() as Shift[]).forEach(add));
      observer.observe({ type: "layout-shift", buffered: true });
    });
    return inspection;
  }

  /** How much has moved by itself since the page began to load, after the next frame. */
  async moved(): Promise<number> {
    return this.page.evaluate(async () => {
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
      return (window as unknown as { moved: { by: number } }).moved.by;
    });
  }
}
