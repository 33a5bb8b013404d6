/** A server before the portal, whose pages leave to a neutral page of the test's own. */

import { createServer, request, type RequestListener, type Server } from "node:http";

import { ALONE, PATIENT } from "./hop.ts";
import { freePort } from "./organisation.ts";

const LEAVE_TO = "https://www.buienradar.nl/";
const NEUTRAL_PAGE = "<!DOCTYPE html><title>Het weer</title><p>Morgen zonnig.";

/** The gate; `stop` ends both of its servers. */
export class Gate {
  readonly address: string;
  readonly neutral: string;
  /** Paths of the portal that get no answer. */
  readonly held = new Set<string>();
  /**
   * Whether the neutral page answers that it has nothing, so that the document which was left stays where it is.
   *
   * For that document it is as if the answer never came, but Chromium's debugger speaks to no page that waits.
   */
  isNeutralAway = false;
  /** What was asked for so far, as method and path; the neutral page is asked for as `neutral`. */
  readonly asked: string[] = [];
  /** Held requests that the browser gave up. */
  readonly cutOff: string[] = [];
  readonly #servers: readonly Server[];

  private constructor(portal: string, ports: readonly [number, number]) {
    this.address = `http://127.0.0.1:${ports[0]}`;
    // Another site, so that the browser has reason to load it into another process.
    this.neutral = `http://localhost:${ports[1]}/`;
    this.#servers = [createServer(PATIENT, this.#forward(portal)), createServer(PATIENT, this.#answerNeutral())];
  }

  static async start(portal: string): Promise<Gate> {
    const ports = [await freePort(), await freePort()] as const;
    const gate = new Gate(portal, ports);
    await Promise.all(
      gate.#servers.map(async (server, i) => new Promise<void>((resolve) => server.listen(ports[i], "127.0.0.1", resolve))),
    );
    return gate;
  }

  /** Be an honest way through again, and forget what was asked. */
  reset(): void {
    this.held.clear();
    this.isNeutralAway = false;
    this.asked.length = 0;
    this.cutOff.length = 0;
  }

  /** Wait until something was asked for, `times` in all. */
  async waitFor(asked: string, times = 1, milliseconds = 10_000): Promise<void> {
    const until = Date.now() + milliseconds;
    while (this.asked.filter((each) => each === asked).length < times) {
      if (Date.now() > until) {
        throw new Error(`nobody asked for ${asked}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  #forward(portal: string): RequestListener {
    return (incoming, outgoing) => {
      const { method = "", url: path = "", headers } = incoming;
      const name = `${method} ${path}`;
      this.asked.push(name);
      if (this.held.has(path)) {
        incoming.resume();
        outgoing.on("close", () => this.cutOff.push(name));
        return;
      }
      // What is changed is text, so it must come uncompressed.
      const asked = { ...ALONE, method, headers: { ...headers, "accept-encoding": "identity" } };
      const onward = request(`${portal}${path}`, asked, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () => {
          const body = Buffer.concat(parts);
          const isPage = answer.headers["content-type"]?.startsWith("text/html") === true;
          const sent = isPage ? Buffer.from(body.toString().replaceAll(LEAVE_TO, this.neutral)) : body;
          outgoing.writeHead(answer.statusCode ?? 500, { ...answer.headers, "content-length": sent.length });
          outgoing.end(sent);
        });
      });
      onward.on("error", () => outgoing.destroy());
      incoming.pipe(onward);
    };
  }

  #answerNeutral(): RequestListener {
    return ({ url }, outgoing) => {
      if (url !== "/") {
        outgoing.writeHead(404).end();
        return;
      }
      this.asked.push("neutral");
      if (this.isNeutralAway) {
        outgoing.writeHead(204).end();
      } else {
        outgoing.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(NEUTRAL_PAGE);
      }
    };
  }
}
