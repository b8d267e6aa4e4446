import tests from "./playwright.config.js";

/** The pictures of the documentation, taken anew by `make screenshots`. */
export default { ...tests, testDir: "screenshots", workers: 1, reporter: [["list"]] as [["list"]] };
