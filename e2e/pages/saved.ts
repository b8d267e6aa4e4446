import { expect, type Locator, type Page } from "@playwright/test";

/** The dialog of saved views. */
export class SavedViews {
  readonly dialog: Locator;
  readonly forEverybody: Locator;
  readonly toasts: Locator;

  constructor(readonly page: Page) {
    this.dialog = page.getByRole("dialog", { name: "Saved views" });
    this.forEverybody = this.dialog.getByRole("checkbox", { name: "For everybody" });
    this.toasts = this.dialog.getByTestId("toasts");
  }

  async open(): Promise<void> {
    await this.page.getByRole("button", { name: "Saved views" }).click();
    await expect(this.dialog).toBeVisible();
  }

  async close(): Promise<void> {
    await this.dialog.getByRole("button", { name: "Close", exact: true }).click();
    await expect(this.dialog).toHaveCount(0);
  }

  /** Gives the open page a name. */
  async save(name: string): Promise<void> {
    await this.dialog.getByLabel("Name of this page").fill(name);
    await this.dialog.getByRole("button", { name: "Save this page" }).click();
    await expect(this.view(name)).toBeVisible();
  }

  view(name: string): Locator {
    return this.dialog.getByRole("link", { name, exact: true });
  }

  removal(name: string): Locator {
    return this.dialog.getByRole("button", { name: `Remove ${name}`, exact: true });
  }
}
