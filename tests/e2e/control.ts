/**
 * A page as careless as most: it shows that the net has no hole, since what is typed in it is found.
 *
 * It lies on another port, hence is another site than the portal and the desk.
 */

import { createServer, type Server } from "node:http";
import { brotliCompressSync, gzipSync } from "node:zlib";

import type { Page } from "puppeteer-core";

import { makeCanary } from "./canaries.ts";
import type { Device } from "./device.ts";

const FORM = `<!doctype html><meta charset="utf-8"><title>Elders</title>
<form method="post" action="/gevonden"><input id="line" name="line"><textarea id="text" name="text"></textarea><button>Zoek</button></form>`;

/** What a careless page makes a browser keep, by the way in which it does. */
export interface Kept {
  readonly line: string;
  readonly text: string;
  readonly address: string;
  readonly history: string;
  readonly storage: string;
  readonly gzip: string;
  readonly brotli: string;
}

/** The server of the careless page. */
export class Control {
  readonly kept: Kept;
  readonly address: string;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    const [line, text, address, history, storage, gzip, brotli] = Array.from({ length: 7 }, (_, i) => makeCanary(`control${i}`));
    this.kept = { line, text, address, history, storage, gzip, brotli } as Kept;
    this.address = `http://127.0.0.1:${port}/`;
    this.#server = server;
    const packed = new Map([
      ["/gzip", ["gzip", gzipSync(`${"Zo vaak. ".repeat(99)}${this.kept.gzip}`)] as const],
      ["/brotli", ["br", brotliCompressSync(`${"Zo vaak. ".repeat(99)}${this.kept.brotli}`)] as const],
    ]);
    server.on("request", ({ url }, response) => {
      const [encoding, body] = packed.get(url ?? "") ?? ["identity", FORM];
      const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "max-age=3600", "content-encoding": encoding };
      response.writeHead(200, headers).end(body);
    });
  }

  static async start(): Promise<Control> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return new Control(server, typeof address === "object" && address !== null ? address.port : 0);
  }

  /** Visit the page and leave a canary in every way; what is typed stays open in a tab of its own. */
  async visit({ browser }: Device): Promise<Page> {
    const { line, text, address, history, storage } = this.kept;
    const tab = await browser.newPage();
    for (const path of ["gzip", "brotli"]) {
      await tab.goto(`${this.address}${path}`);
    }
    await tab.goto(`${this.address}?zoek=${encodeURIComponent(address)}`);
    await tab.type("#line", history);
    await Promise.all([tab.waitForNavigation(), tab.click("button")]);
    await tab.evaluate((value) => {
      localStorage.setItem("control", value);
    }, storage);
    await tab.type("#line", line);
    await tab.type("#text", text);
    return tab;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
