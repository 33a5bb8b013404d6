/** A hostile web site in the counsellor's own browser, and everything that a page of it can try against the desk. */

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import type { Browser, Page } from "puppeteer-core";

/** A name that the attacker points at this computer. */
export const FOREIGN = "evil.example";

/** One of the desk's routes, and how it is asked for. */
export interface Route {
  readonly pattern: string;
  readonly path: string;
  readonly method: "GET" | "POST";
}

/** What a page is given: more than any stranger has, a leaked token and the addresses of pages among it. */
export interface Loot {
  readonly desk: string;
  readonly routes: readonly Route[];
  readonly fields: Readonly<Record<string, string>>;
}

/** What a page could read, and what it could see happen, by what it tried. */
export interface Haul {
  readonly read: string[];
  readonly seen: Record<string, string>;
}

/** A site that serves an empty page under any name, and remembers what reached it. */
export class HostileSite {
  readonly requests: string[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request: IncomingMessage, response) => {
      const line = `${request.method ?? ""} ${request.url ?? ""} ${JSON.stringify(request.headers)}`;
      request.on("data", (part: Buffer) => this.requests.push(part.toString()));
      this.requests.push(line);
      response.setHeader("Content-Type", "text/html").end("<!doctype html><title>Gratis</title><p>Kom verder");
    });
  }

  static async start(): Promise<HostileSite> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new HostileSite(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Open a page of this site and let it try everything. */
  async attack(browser: Browser, host: string, loot: Loot): Promise<Haul> {
    const page = await browser.newPage();
    await page.goto(`http://${host}:${this.port}/`);
    const haul = await page.evaluate(tryEverything, loot);
    await this.#leadAstray(page, host, loot, haul);
    await page.close();
    return haul;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  // A link: the desk in the page's own window, with what the page wrote into the window's name.
  async #leadAstray(page: Page, host: string, { desk, routes }: Loot, haul: Haul): Promise<void> {
    for (const { path, method, pattern } of routes.filter((route) => route.method === "GET")) {
      const to = `${desk}${path}?q=%3Cscript%3Ewindow.ran=1%3C/script%3E&passphrase=x`;
      // From the desk's own refusal the next step would be the desk's own.
      await page.goto(`http://${host}:${this.port}/`);
      await page.evaluate((url) => {
        window.name = "<script>window.ran = 1</script>";
        setTimeout(() => { location.href = url; });
      }, to);
      // An answer that is no page, or a file, would leave this one where it is; what is seen then differs.
      const isThere = (origin: string): boolean => location.origin === origin && document.readyState === "complete";
      await page.waitForFunction(isThere, { polling: 100, timeout: 10_000 }, new URL(desk).origin).catch(() => null);
      haul.read.push(await page.evaluate(() => document.documentElement.innerHTML));
      haul.seen[`${method} ${pattern} by a link`] = await page.evaluate(() => `${document.title} ${document.body.innerText} ${String("ran" in window)}`);
    }
  }
}

/** In the hostile page: try every way in there is to every route, and tell what came of it. */
async function tryEverything({ desk, routes, fields }: Loot): Promise<Haul> {
  const read: string[] = [];
  const seen: Record<string, string> = {};
  const patience = 8_000;
  const note = async (name: string, what: Promise<string> | (() => Promise<string>)): Promise<void> => {
    // Where nothing ever happens at an embedded page, it is there all the same while the others are waited for.
    const wait = name.endsWith("embed") && seen["embed"] === "nothing" ? 100 : patience;
    const late = new Promise<string>((resolve) => setTimeout(() => { resolve("nothing"); }, wait));
    const doing = typeof what === "function" ? Promise.resolve().then(what) : what;
    seen[name] = await Promise.race([doing.catch((error: unknown) => (error instanceof Error ? error.name : "no")), late]);
  };
  const event = async (target: EventTarget): Promise<string> =>
    new Promise((resolve) => {
      for (const name of ["load", "error", "open", "message", "loadedmetadata", "close"]) {
        target.addEventListener(name, () => { resolve(name); });
      }
    });
  const include = async (tag: string, attributes: Readonly<Record<string, string>>): Promise<string> => {
    const element = document.createElement(tag);
    const happens = event(element);
    for (const [name, value] of Object.entries(attributes)) {
      element.setAttribute(name, value);
    }
    document.body.append(element);
    const happened = await happens;
    const frame = element as HTMLIFrameElement;
    try {
      // Before a frame has gone anywhere it is a blank page of our own.
      read.push(...[frame.contentDocument?.body.innerText ?? ""].filter((text) => text !== ""));
    } catch {
      // It is not ours.
    }
    try {
      read.push(...Array.from((element as HTMLLinkElement).sheet?.cssRules ?? [], (rule) => rule.cssText));
    } catch {
      // The same.
    }
    return element instanceof HTMLImageElement ? `${happened} ${element.naturalWidth}×${element.width}` : happened;
  };
  const ask = async (url: string, init: RequestInit): Promise<string> => {
    const response = await fetch(url, init);
    const text = await response.text();
    read.push(...[text, ...Array.from(response.headers, ([name, value]) => `${name}: ${value}`)].filter((each) => each !== ""));
    return `${response.type} ${response.status} ${text.length}`;
  };
  const send = (action: string, enctype: string, target: string): void => {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action, enctype, target });
    for (const [name, value] of Object.entries(fields)) {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      form.append(input);
    }
    document.body.append(form);
    form.submit();
  };

  // Whether this browser tells anything of an embedded page that will not be shown.
  await note("embed", async () => include("embed", { src: `${desk}/` }));
  for (const { pattern, path, method } of routes) {
    const url = `${desk}${path}`;
    const name = `${method} ${pattern}`;
    const tries: Promise<void>[] = [];
    for (const [mode, credentials] of [["cors", "include"], ["no-cors", "include"], ["no-cors", "omit"]] as const) {
      const body = method === "POST" ? { body: new URLSearchParams(fields) } : {};
      tries.push(note(`${name} fetch ${mode} ${credentials}`, async () => ask(url, { method, mode, credentials, ...body })));
    }
    if (method === "POST") {
      tries.push(note(`${name} form`, async () => {
        const frame = document.createElement("iframe");
        frame.name = name;
        document.body.append(frame);
        const happens = event(frame);
        send(url, pattern.endsWith("antwoord") ? "multipart/form-data" : "", name);
        return happens;
      }));
      tries.push(note(`${name} form without a referrer`, async () => {
        // A frame of no origin of its own: its forms say "Origin: null", as the desk's own pages do.
        const source = `<form id=f method=post action="${url}">${Object.entries(fields).map(([key, value]) => `<input name="${key}" value="${value}">`).join("")}</form><script>f.submit()</script>`;
        return include("iframe", { sandbox: "allow-forms allow-scripts", srcdoc: source });
      }));
      tries.push(note(`${name} beacon`, async () => Promise.resolve(String(navigator.sendBeacon(url, new URLSearchParams(fields))))));
    }
    tries.push(...(method === "POST" ? [] : [
      note(`${name} img`, async () => include("img", { src: url })),
      note(`${name} img with cors`, async () => include("img", { src: url, crossorigin: "use-credentials" })),
      note(`${name} script`, async () => include("script", { src: url })),
      note(`${name} module`, async () => include("script", { src: url, type: "module" })),
      note(`${name} style`, async () => include("link", { rel: "stylesheet", href: url })),
      note(`${name} iframe`, async () => include("iframe", { src: url })),
      note(`${name} object`, async () => include("object", { data: url })),
      note(`${name} embed`, async () => include("embed", { src: url })),
      note(`${name} video`, async () => include("video", { src: url, preload: "auto" })),
      note(`${name} events`, async () => event(new EventSource(url, { withCredentials: true }))),
      note(`${name} socket`, async () => event(new WebSocket(url.replace("http", "ws")))),
      note(`${name} worker`, async () => event(new Worker(url))),
      note(`${name} service worker`, async () => (await navigator.serviceWorker.register(url)).scope),
    ]));
    // One route after the other: a browser has few connections to one host, and what waits for one shows nothing.
    await Promise.all(tries);
    document.body.replaceChildren();
  }

  // A window that this page has opened itself: what it may still see of it, and where it may send it.
  const popup = window.open(`${desk}${routes.find((route) => route.pattern.includes("<name>"))?.path ?? "/"}`, "desk");
  for (let i = 0; i < 20 && popup?.closed === false; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const look = (what: () => unknown): string => {
    try {
      return String(what());
    } catch (error) {
      return error instanceof Error ? error.name : "no";
    }
  };
  seen["window"] = [() => popup?.closed, () => popup?.length, () => popup?.location.href, () => popup?.document.body.innerText, () => popup?.name]
    .map(look)
    .join(" ");
  popup?.close();
  seen["frames"] = `${window.length} ${history.length}`;
  seen["what was measured"] = [...new Set(performance.getEntriesByType("resource").filter((entry) => entry.name.startsWith(desk)).map((entry) => {
    const { transferSize, decodedBodySize, responseStart, responseStatus } = entry as PerformanceResourceTiming & { responseStatus: number };
    return `${transferSize} ${decodedBodySize} ${responseStart > 0} ${responseStatus}`;
  }))].sort().join(", ");
  return { read, seen };
}
