import { expect, type Locator, type Page } from "@playwright/test";

/** Where a few letters lead anywhere. */
export class Palette {
  readonly field: Locator;
  readonly options: Locator;

  constructor(readonly page: Page) {
    const dialog = page.getByRole("dialog", { name: "Go to" });
    this.field = dialog.getByRole("combobox", { name: "Where to" });
    this.options = dialog.getByRole("option");
  }

  async open(): Promise<void> {
    await this.page.keyboard.press("Control+k");
    await expect(this.field).toBeFocused();
  }

  /** Goes to the first place that is offered. */
  async goTo(typed: string, first: string): Promise<void> {
    await this.open();
    await this.field.fill(typed);
    await expect(this.options.first()).toHaveText(first);
    await this.field.press("Enter");
  }
}
