import { expect } from "@playwright/test";

import type { Server } from "./server.js";

export const CANVAS = ["check_canvas() - [libcanvas.so.1]", "draw_line() - [/usr/bin/paint] - paint.c:41", "main() - [/usr/bin/paint]"];
export const FILES = ["read_file() - [libfiles.so.2]", "main() - [/usr/bin/paint]"];

/** A crash of the paint program, as the client's probe reports it. */
export async function sendCrash(server: Server, frames: string[], fields: Record<string, string> = {}): Promise<void> {
  const lines = frames.map((frame, number) => `#${number} ${frame}\n`).join("");
  const payload = `Process: /usr/bin/paint\nPID: 411\nSignal: 11\n\nBacktrace (TID 411):\n${lines}\n`;
  const { status } = await server.send({ classification: "org.clearlinux/crash/clr", severity: "3", payload, ...fields });
  expect(status).toBe(201);
}
