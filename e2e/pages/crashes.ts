import { expect, type Locator, type Page } from "@playwright/test";

/** The Crashes view with its pages. */
export class CrashesPage {
  readonly table: Locator;
  readonly backtraces: Locator;
  readonly comment: Locator;
  readonly neverGuilty: Locator;

  constructor(
    readonly page: Page,
    private readonly base: string,
  ) {
    this.table = page.getByTestId("top-crashes");
    this.backtraces = page.getByRole("article");
    this.comment = page.getByTestId("comment");
    this.neverGuilty = page.getByTestId("never-guilty");
  }

  async open(path = ""): Promise<void> {
    await this.page.goto(`${this.base}/crashes${path}`);
    await expect(this.page.getByRole("heading", { level: 1 })).toBeVisible();
  }

  /** The row of a function in the table. */
  row(name: string): Locator {
    return this.table.getByRole("row").filter({ has: this.page.getByRole("rowheader", { name }) });
  }

  async search(text: string): Promise<void> {
    await this.page.getByRole("searchbox", { name: "Search function, module or program" }).fill(text);
  }

  async openGuilty(name: string): Promise<void> {
    await this.row(name).getByRole("link", { name }).click();
    await expect(this.page.getByRole("heading", { level: 1, name })).toBeVisible();
  }

  /** Goes to one of the view's pages. */
  async goTo(name: "Top crashes" | "Never-guilty" | "Hidden"): Promise<void> {
    await this.page.getByRole("navigation", { name: "Crashes" }).getByRole("link", { name }).click();
  }

  /** Ticks a frame of the first backtrace as never guilty, and looks at what that would do. */
  async markNeverGuilty(frame: string): Promise<void> {
    const trace = this.backtraces.first();
    await trace.getByRole("button", { name: "Edit never-guilty" }).click();
    await trace.getByRole("checkbox", { name: `Never guilty: ${frame}` }).check();
    await trace.getByRole("button", { name: "Preview" }).click();
    await expect(this.page.getByTestId("preview")).toBeVisible();
  }

  /** Removes an entry of the never-guilty list or switches it, after a look at what that would do. */
  async changeEntry(verb: "Remove" | "Switch off" | "Switch on", entry: string): Promise<void> {
    await this.neverGuilty.getByRole("button", { name: `${verb} ${entry}`, exact: true }).click();
    const dialog = this.page.getByRole("dialog", { name: `${verb} ${entry}?` });
    await expect(dialog.getByTestId("preview")).toBeVisible();
    await dialog.getByRole("button", { name: verb, exact: true }).click();
    await expect(dialog).toHaveCount(0);
  }

  /** Judges all crashes anew by a button, and waits for the end. */
  async recompute(button: Locator): Promise<void> {
    await button.click();
    await expect(this.page.getByTestId("judged")).toBeVisible({ timeout: 30_000 });
  }
}
