/** The only way out of a test's browser: a proxy for all hosts that writes down everything and lets loopback through. */

import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import { ALONE, PATIENT } from "./hop.ts";

/** One request as it came over the wire; of one that is encrypted nothing but the host. */
export interface Passed {
  readonly method: string;
  readonly url: URL;
  readonly headers: string;
  readonly body: Buffer;
}

/** What becomes of a request: it goes through, is cut off, fails, is answered with nonsense, or never answered. */
export type Fate = "pass" | "cut" | "500" | "garbage" | "hold";

/** The wire; honest until `decide` says otherwise. */
export class Wire {
  readonly passed: Passed[] = [];
  /** Hosts that were asked for and are not on this machine. None of them is ever reached. */
  readonly elsewhere = new Set<string>();
  readonly port: number;
  decide: (passed: Passed) => Fate = () => "pass";
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(): Promise<Wire> {
    const server = createServer(PATIENT);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const wire = new Wire(server, typeof address === "object" && address !== null ? address.port : 0);
    server.on("request", (incoming: IncomingMessage, outgoing: ServerResponse) => void wire.#carry(incoming, outgoing));
    server.on("connect", (incoming: IncomingMessage, socket: Duplex) => {
      wire.#note(incoming, `https://${incoming.url ?? ""}`, Buffer.alloc(0));
      socket.on("error", () => undefined).end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    return wire;
  }

  /** Everything that was said, as bytes to search; of what was said to `trusted` only addresses and headers. */
  listen(trusted?: string): Buffer {
    const parts = this.passed.flatMap(({ url, headers, body }) => [
      Buffer.from(`${url.href}\n${headers}\n`),
      ...(url.origin === trusted ? [] : [body]),
    ]);
    return Buffer.concat(parts);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #carry(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readAll(incoming).catch(() => null);
    if (body === null) {
      return;
    }
    const passed = this.#note(incoming, incoming.url ?? "", body);
    const fate = isLoopback(passed.url) ? this.decide(passed) : "500";
    if (fate === "pass") {
      forward(passed, incoming, outgoing);
    } else if (fate === "cut") {
      incoming.socket.destroy();
    } else if (fate !== "hold") {
      outgoing.writeHead(fate === "500" ? 500 : 200).end("{ ] this is nonsense");
    }
  }

  #note({ method = "", rawHeaders }: IncomingMessage, address: string, body: Buffer): Passed {
    const passed = { method, url: new URL(address), headers: JSON.stringify(rawHeaders), body };
    this.passed.push(passed);
    if (!isLoopback(passed.url)) {
      this.elsewhere.add(passed.url.hostname);
    }
    return passed;
  }
}

function isLoopback({ hostname, protocol }: URL): boolean {
  return hostname === "127.0.0.1" && protocol === "http:";
}

function forward({ url, method, body }: Passed, { headers }: IncomingMessage, outgoing: ServerResponse): void {
  const onward = request(url, { ...ALONE, method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  onward.end(body);
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) {
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}
