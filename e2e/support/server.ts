import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const binary = resolve(process.env.TELEMETRICS_BINARY ?? "../target/release/telemetrics");
const telemetryId = "6907c830-eed9-4ce9-81ae-76daf8d88f0f";

/** A record in the client's JSON form; all values are texts. */
export type Fields = Record<string, string>;

/** A server of its own for a test, on a database that is thrown away. */
export class Server {
  private constructor(
    readonly url: string,
    private readonly folder: string,
    private process: ChildProcess,
    private sent = 0,
  ) {}

  /** What the server has logged, where that is looked at. */
  private log = "";

  /** A server that listens for others too, so that it asks everyone who they are. */
  static async guarded(): Promise<Server> {
    return Server.start(undefined, true);
  }

  /** A server that gives each search of payloads the time for a few hundred records only. */
  static async hurried(): Promise<Server> {
    return Server.start(undefined, false, ["--search-budget-ms", "0"]);
  }

  static async start(
    demo?: { records: number; days: number },
    guarded = false,
    options: string[] = [],
  ): Promise<Server> {
    const folder = mkdtempSync(join(tmpdir(), "telemetrics-e2e-"));
    const database = `sqlite://${join(folder, "telemetrics.db")}`;
    if (demo) {
      const size = ["--records", `${demo.records}`, "--days", `${demo.days}`];
      await run(["demo", ...size, "--seed", "1", "--database", database]);
    }
    const port = await freePort();
    const listen = ["--listen", `${guarded ? "0.0.0.0" : "127.0.0.1"}:${port}`];
    const log = ["--log", guarded ? "info" : "warn"];
    const process = spawn(binary, ["serve", ...listen, "--database", database, ...log, ...options], {
      stdio: ["ignore", "inherit", guarded ? "pipe" : "inherit"],
    });
    const server = new Server(`http://127.0.0.1:${port}`, folder, process);
    process.stderr?.on("data", (chunk) => (server.log += chunk));
    await server.ready();
    return server;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    await ended;
    rmSync(this.folder, { recursive: true });
  }

  /** The address of the link that the server has printed for the first account. */
  firstAccount(): string {
    const link = /http:\/\/\S+(\/first-account#\S+)/.exec(this.log)?.[1];
    if (!link) throw new Error(`there is no link in: ${this.log}`);
    return this.url + link;
  }

  /** Sends a record as a machine does; gives its answer. */
  async send(
    fields: Fields = {},
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const number = ++this.sent;
    const record = {
      record_format_version: "4",
      classification: "org.example/test/one",
      severity: "2",
      machine_id: "0123456789abcdef0123456789abcdef",
      creation_timestamp: `${Math.floor(Date.now() / 1000)}`,
      arch: "x86_64",
      host_type: "Example|Laptop|1",
      build: "41150",
      kernel_version: "6.12.8-1500.native",
      payload_format_version: "1",
      system_name: "clear-linux-os",
      board_name: "Board|1",
      cpu_model: "CPU",
      bios_version: "1.2",
      event_id: number.toString(16).padStart(32, "0"),
      payload: `record ${number}\n`,
      ...fields,
    };
    const response = await fetch(`${this.url}/v3/collector`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-telemetry-tid": telemetryId, ...headers },
      body: JSON.stringify(record),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  private async ready(): Promise<void> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      if (Date.now() > deadline) throw new Error("the server does not get ready");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function run(args: string[]): Promise<void> {
  const process = spawn(binary, [...args, "--log", "warn"], { stdio: "inherit" });
  const code = await new Promise((resolve) => process.once("exit", resolve));
  if (code !== 0) throw new Error(`telemetrics ${args.join(" ")} ended with ${code}`);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
