import { test as base } from "@playwright/test";

import { Server } from "./server.js";

/** Each test has a server of its own, empty at first; those that only read share one with a fleet's records. */
export const test = base.extend<{ server: Server; guarded: Server; hurried: Server; aged: Server }, { fleet: Server }>({
  server: async ({}, use) => {
    const server = await Server.start();
    await use(server);
    await server.stop();
  },
  guarded: async ({}, use) => {
    const server = await Server.guarded();
    await use(server);
    await server.stop();
  },
  hurried: async ({}, use) => {
    const server = await Server.hurried();
    await use(server);
    await server.stop();
  },
  // Some of its records are older than records are kept.
  aged: async ({}, use) => {
    const server = await Server.start({ records: 300, days: 60 });
    await use(server);
    await server.stop();
  },
  fleet: [
    async ({}, use) => {
      const server = await Server.start({ records: 5000, days: 14 });
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
});

export { expect } from "@playwright/test";
