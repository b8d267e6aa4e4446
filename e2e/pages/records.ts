import { expect, type Locator, type Page } from "@playwright/test";

/** The Records view. */
export class RecordsPage {
  readonly rows: Locator;
  readonly details: Locator;

  constructor(
    readonly page: Page,
    private readonly base: string,
  ) {
    this.rows = page.locator("[data-record-id]");
    this.details = page.getByTestId("record-details");
  }

  async open(query = ""): Promise<void> {
    await this.page.goto(`${this.base}/records${query}`);
    await expect(this.page.getByRole("heading", { level: 1, name: "Records" })).toBeVisible();
  }

  /** A field of the filter; chips carry the fields' names too. */
  field(label: string): Locator {
    return this.page.getByRole("search").getByLabel(label, { exact: true });
  }

  async fill(label: string, text: string): Promise<void> {
    await this.field(label).fill(text);
    await this.field(label).press("Enter");
  }

  /** Chooses one of the values that are offered. */
  async choose(label: string, name: string): Promise<void> {
    await this.field(label).selectOption(`=${name}`);
  }

  async openRow(text: string): Promise<void> {
    await this.rows.filter({ hasText: text }).first().getByRole("link").first().click();
    await expect(this.details).toBeVisible();
  }

  live(state: string): Locator {
    return this.page.locator(`[data-testid="live"][data-state="${state}"]`);
  }
}
