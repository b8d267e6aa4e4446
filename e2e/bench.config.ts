import tests from "./playwright.config.js";

/** What is measured in the browser: one thing at a time, by `make bench`. */
export default { ...tests, testDir: "bench", workers: 1, timeout: 300_000, reporter: [["dot"]] as [["dot"]] };
