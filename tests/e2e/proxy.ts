/** A server between browser and portal that writes down every request and can answer some of them itself. */

import { createServer, type IncomingMessage, request, type Server } from "node:http";

import { ALONE, PATIENT } from "./hop.ts";
import { freePort } from "./organisation.ts";

/** One request as it came over the wire. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: string;
  readonly body: Buffer;
  /** What came back: status and size of the body. */
  answer: string;
}

/** What a hostile server does with the body of an answer that the honest one gave. */
export type Twist = (body: Buffer) => Buffer;

/** The proxy; honest until `twists` names a path. */
export class Proxy {
  readonly requests: Recorded[] = [];
  readonly twists = new Map<string, Twist>();
  /** Which requests are cut off before they reach the portal. */
  drops: (request: Recorded) => boolean = () => false;
  /** Which requests are cut off, after the portal has answered: nobody knows then whether they arrived. */
  cuts: (request: Recorded) => boolean = () => false;
  /** Paths that are answered with a status and nothing else, as a portal in trouble does. */
  readonly refusals = new Map<string, number>();
  /** How often each path is answered that the portal is busy, and wants to be asked again in a second. */
  readonly busy = new Map<string, number>();
  /** Milliseconds that every answer of the API waits. */
  delay = 0;
  readonly address: string;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.address = `http://127.0.0.1:${port}`;
  }

  static async start(portal: string): Promise<Proxy> {
    const port = await freePort();
    const server = createServer(PATIENT);
    const proxy = new Proxy(server, port);
    server.on("request", (incoming: IncomingMessage, outgoing) => {
      void readAll(incoming).then((body) => {
        const { method = "", url: path = "", headers } = incoming;
        // What is twisted is text, so it must come uncompressed.
        headers["accept-encoding"] = "identity";
        const recorded = { method, path, headers: JSON.stringify(incoming.rawHeaders), body, answer: "" };
        proxy.requests.push(recorded);
        if (proxy.drops(recorded)) {
          outgoing.destroy();
          return;
        }
        const refusal = proxy.refusals.get(path);
        if (refusal !== undefined) {
          outgoing.writeHead(refusal, { "content-length": 0 }).end();
          return;
        }
        const busy = proxy.busy.get(path) ?? 0;
        if (busy > 0) {
          proxy.busy.set(path, busy - 1);
          outgoing.writeHead(503, { "content-length": 0, "retry-after": "1" }).end();
          return;
        }
        const onward = request(`${portal}${path}`, { ...ALONE, method, headers }, (answer) => {
          void readAll(answer).then((content) => {
            recorded.answer = `${answer.statusCode ?? 0} ${content.length}`;
            if (proxy.cuts(recorded)) {
              outgoing.destroy();
              return;
            }
            const twist = answer.statusCode === 200 ? proxy.twists.get(path) : undefined;
            const sent = twist === undefined ? content : twist(content);
            setTimeout(() => {
              outgoing.writeHead(answer.statusCode ?? 500, { ...answer.headers, "content-length": sent.length });
              outgoing.end(sent);
            }, path.startsWith("/api/") ? proxy.delay : 0);
          });
        });
        onward.on("error", () => outgoing.destroy());
        onward.end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return proxy;
  }

  /** The calls of the API so far, without pages and files. */
  get calls(): string[] {
    return this.requests.filter(({ path }) => path.startsWith("/api/")).map(({ method, path }) => `${method} ${path}`);
  }

  /** Be honest again, and forget what was asked. */
  reset(): void {
    this.requests.length = 0;
    this.twists.clear();
    this.refusals.clear();
    this.busy.clear();
    this.drops = () => false;
    this.cuts = () => false;
    this.delay = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) {
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}
