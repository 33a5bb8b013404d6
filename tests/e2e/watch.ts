/** Watching one device: the canaries of whoever sits at it, and all the places where none of them may be. */

import type { Page } from "puppeteer-core";
import { expect } from "vitest";

import { makeCanary, Net } from "./canaries.ts";
import { Control } from "./control.ts";
import { Device } from "./device.ts";
import type { Kind } from "./browsers.ts";

const SETTLE_MILLISECONDS = 20_000;
// What a browser says to its maker; it never gets there, and what it would say is encrypted.
const MAKERS = /(^|\.)(mozilla\.(org|com|net)|mozilla-backup\.org|firefox\.com|google\.com|googleapis\.com|gstatic\.com|gvt1\.com|dummy\.test)$/;
// What Chromium keeps of a page's controls begins with this, and goes on with the address of their form.
const CONTROLS = Buffer.from("serialized form state version", "utf16le");
const ADDRESS_SIZE = 200;

/** A device with everything on it that must not be found there. */
export class Watch {
  readonly device: Device;
  readonly net = new Net();
  /** A counsellor's own desk, on the same machine, is told what is typed; a reporter trusts nobody so. */
  trusted?: string;
  readonly control: Control;
  #tab!: Page;
  #beats = 0;

  private constructor(device: Device, control: Control) {
    this.device = device;
    this.control = control;
  }

  /** Start a device, and show at once that what is typed elsewhere is found on it. */
  static async start(kind: Kind): Promise<Watch> {
    const watch = new Watch(await Device.start(kind), await Control.start());
    watch.#tab = await watch.control.visit(watch.device);
    return watch;
  }

  /** Return a text to type that must never be found. */
  canary(name: string): string {
    const text = makeCanary(name);
    this.net.addCanary(name, text);
    return text;
  }

  /**
   * Wait until the browser has written down what was typed a moment ago.
   *
   * Something is typed in another tab after it. Once that lies on the disk, so would what came before it.
   */
  async settle(): Promise<void> {
    this.#beats += 1;
    const beat = makeCanary(`beat${this.#beats}`);
    const net = new Net();
    net.addCanary("beat", beat);
    const [front] = await this.#visible();
    await this.#tab.bringToFront();
    await this.#tab.type("#line", beat);
    await until(() => this.#isKept(net), `the browser writes down what is typed (${beat})`);
    await front?.bringToFront();
  }

  /** Look everywhere on the device and in what it sent; return where a canary was found. */
  get found(): string[] {
    const { files, wire } = this.device;
    const traces = [...files, ["(wire)", wire.listen(this.trusted)] as const].flatMap(([path, data]) => find(this.net, path, data));
    return [...traces, ...this.#remembered()];
  }

  /** Show that the net has no hole: every canary of the careless page is found on this device. */
  expectControlFound(): void {
    const net = new Net();
    for (const [name, text] of Object.entries(this.control.kept) as [string, string][]) {
      net.addCanary(name, text);
    }
    const names = [...this.device.files.values()].flatMap((data) => net.search(data));
    expect([...new Set(names)].sort()).toEqual(Object.keys(this.control.kept).sort());
  }

  /** What went over the wire was said to this machine only, in the portal's own calls, without a cookie. */
  expectQuietWire(): void {
    const { elsewhere, passed } = this.device.wire;
    expect([...elsewhere].filter((host) => !MAKERS.test(host))).toEqual([]);
    const ours = passed.filter(({ url }) => url.hostname === "127.0.0.1" && !url.href.startsWith(this.control.address));
    expect(ours.filter(({ url }) => url.search !== "").map(({ url }) => url.href)).toEqual([]);
    expect(ours.filter(({ headers }) => /"cookie"/i.test(headers) && this.trusted === undefined)).toEqual([]);
    expect(ours.filter(({ method, url }) => method !== "GET" && !url.pathname.startsWith("/api/v1/") && url.origin !== this.trusted)).toEqual([]);
  }

  async stop(): Promise<void> {
    await this.device.stop();
    await this.control.stop();
  }

  async #visible(): Promise<Page[]> {
    const pages = await this.device.browser.pages();
    return pages.filter((page) => page !== this.#tab).slice(-1);
  }

  #isKept(net: Net): boolean {
    const { isFirefox, sessionStore, files } = this.device;
    const sessions = isFirefox ? [Buffer.from(sessionStore ?? "")] : [...files].filter(([path]) => path.includes("/Sessions/")).map(([, data]) => data);
    return sessions.some((data) => net.find(data).size > 0);
  }

  // Which boxes are ticked is no text, but a browser that keeps it keeps answers.
  #remembered(): string[] {
    const forms = formData(JSON.parse(this.device.sessionStore ?? "null")).filter((data) => !data.includes(this.control.address));
    const own = Buffer.from(this.control.address, "utf16le");
    const chromium = [...this.device.files].filter(([path]) => path.includes("/Sessions/"));
    const states = chromium.flatMap(([path, data]) => after(data, CONTROLS).map((state) => [path, state] as const));
    return [...forms, ...states.filter(([, state]) => !state.includes(own)).map(([path]) => `${path}: controls`)];
  }
}

function after(data: Buffer, mark: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = data.indexOf(mark); at >= 0; at = data.indexOf(mark, at + 1)) {
    found.push(data.subarray(at, at + ADDRESS_SIZE));
  }
  return found;
}

/** Return where canaries lie in some bytes: in which layer is for whoever looks into it. */
export function find(net: Net, path: string, data: Buffer): string[] {
  return net.search(data).map((name) => `${path}: ${name}`);
}

/** Wait until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + SETTLE_MILLISECONDS;
  while (!(await isSo())) {
    if (Date.now() > end) {
      throw new Error(`this never happened: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

function formData(value: unknown): string[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  const own = "formdata" in value ? [JSON.stringify(value.formdata)] : [];
  return [...own, ...Object.values(value).flatMap(formData)];
}
