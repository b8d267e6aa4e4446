import type { Locator, Page } from "@playwright/test";

/** Logging in, and the page of accounts and tokens. */
export class AccessPage {
  readonly heading: Locator;
  readonly secret: Locator;

  constructor(readonly page: Page) {
    this.heading = page.getByRole("heading", { level: 1, name: "Access" });
    this.secret = page.getByTestId("secret").locator("code");
  }

  async open(url: string): Promise<void> {
    await this.page.goto(`${url}/access`);
    await this.heading.waitFor();
  }

  async logIn(name: string, password: string): Promise<void> {
    await this.page.getByLabel("Name").fill(name);
    await this.page.getByLabel("Password").fill(password);
    await this.page.getByRole("button", { name: "Log in" }).click();
  }

  /** Adds an account and gives its password. */
  async addAccount(name: string, role: string): Promise<string> {
    const form = this.section("Accounts");
    await form.getByLabel("Name").fill(name);
    await form.locator("#account-role").selectOption(role);
    await form.getByRole("button", { name: "Add an account" }).click();
    return this.secret.innerText();
  }

  /** Adds the first account of a server that was open, logs in by it, and gives its password. */
  async enterAsFirst(url: string, name: string): Promise<string> {
    await this.open(url);
    const password = await this.addAccount(name, "admin");
    await this.page.getByRole("button", { name: "Go on to log in" }).click();
    await this.logIn(name, password);
    await this.section(name).filter({ hasText: "this one" }).waitFor();
    return password;
  }

  section(name: string): Locator {
    return this.page.getByRole("region", { name });
  }
}
