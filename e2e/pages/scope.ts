import { expect, type Locator, type Page } from "@playwright/test";

/** What all views of charts have: tabs, the choice of system and time, charts. */
export class ChartPage {
  readonly system: Locator;
  readonly figures: Locator;

  constructor(
    readonly page: Page,
    private readonly base: string,
  ) {
    this.system = page.getByRole("combobox", { name: "System", exact: true });
    this.figures = page.getByTestId("figures");
  }

  async open(path: string): Promise<void> {
    await this.page.goto(`${this.base}${path}`);
    await this.settled();
  }

  /** Leads to another view by its tab. */
  async tab(name: string): Promise<void> {
    await this.page.getByRole("navigation", { name: "Views" }).getByRole("link", { name, exact: true }).click();
    await expect(this.page.getByRole("heading", { level: 1, name, exact: true })).toBeVisible();
  }

  /** The answers that were asked for are shown. */
  async settled(): Promise<void> {
    await expect(this.page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(this.page.locator("[aria-busy=true]")).toHaveCount(0);
  }

  chart(title: string): Locator {
    return this.page.getByRole("figure", { name: title, exact: true });
  }

  range(text: string): Locator {
    return this.page.getByRole("group", { name: "Time" }).getByRole("link", { name: text, exact: true });
  }

  async chooseDays(first: string, last: string): Promise<void> {
    await this.page.locator("#range-toggle").click();
    await this.page.getByLabel("First day (UTC)").fill(first);
    await this.page.getByLabel("Last day (UTC)").fill(last);
    await this.page.getByRole("button", { name: "Show these days" }).click();
  }

  /** A number of the row at the top, which leads to what it counts. */
  figure(label: string): Locator {
    const named = this.page.getByText(label, { exact: true });
    return this.figures.locator(".figure").filter({ has: named }).getByRole("link");
  }

  /** A chart's data as a table. */
  async table(title: string): Promise<Locator> {
    await this.chart(title).getByRole("button", { name: "Table", exact: true }).click();
    return this.chart(title).getByRole("table");
  }

  /** Follows a link to the records behind a count: as many are there. */
  async expectAsMany(link: Locator, count: Locator = link): Promise<void> {
    const told = (await count.innerText()).trim();
    expect(told).toMatch(/^[1-9]/);
    await link.click();
    await expect(this.page.getByRole("heading", { level: 1, name: "Records", exact: true })).toBeVisible();
    await expect(this.page.getByTestId("record-total")).toHaveText(new RegExp(`^${told} records?$`));
  }

  /** The parameters of the address. */
  parameters(): URLSearchParams {
    return new URL(this.page.url()).searchParams;
  }
}
