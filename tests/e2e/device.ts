/**
 * A person's device: a browser that keeps what browsers keep, in folders that the test can look into.
 *
 * Profile, home, caches and temporary files lie in one folder. Everything that helps a browser to remember is on.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Browser } from "puppeteer-core";

import { type Kind, launch } from "./browsers.ts";
import { unpackMozilla } from "./unpacked.ts";
import { Wire } from "./wire.ts";

// puppeteer's own profile is a forgetful one; these make Firefox as talkative as it is for people, and quicker.
const REMEMBERING = {
  "remote.prefs.recommended": false,
  "browser.cache.disk.enable": true,
  "browser.contentblocking.features.standard": "",
  "browser.formfill.enable": true,
  "browser.pagethumbnails.capturing_disabled": false,
  "browser.sessionstore.interval": 500,
  "browser.sessionstore.interval.idle": 500,
  "browser.sessionstore.max_resumed_crashes": 10,
  "browser.sessionstore.privacy_level": 0,
  "browser.sessionstore.restore_on_demand": false,
  "browser.sessionstore.resume_from_crash": true,
  "layout.spellcheckDefault": 2,
  "places.history.enabled": true,
  "signon.rememberSignons": true,
};

// What puppeteer asks of Chromium and no person does: shared memory in files, no crash reports, no offer to keep passwords.
const FORGETFUL = ["--disable-dev-shm-usage", "--disable-breakpad", "--disable-crash-reporter", "--enable-automation"];

/** A device; `stop` ends its browser and deletes all of it. */
export class Device {
  readonly folder = mkdtempSync(join(tmpdir(), "vp-device-"));
  readonly kind: Kind;
  readonly wire: Wire;
  browser!: Browser;

  private constructor(kind: Kind, wire: Wire) {
    this.kind = kind;
    this.wire = wire;
    for (const name of ["home", "tmp", "profile/Default"]) {
      mkdirSync(join(this.folder, name), { recursive: true });
    }
  }

  static async start(kind: Kind): Promise<Device> {
    const device = new Device(kind, await Wire.start());
    await device.#launch({});
    return device;
  }

  get isFirefox(): boolean {
    return this.kind.startsWith("Firefox");
  }

  /** Everything that lies on this device, by path. */
  get files(): Map<string, Buffer> {
    return readFiles(this.folder);
  }

  /** Firefox's session store, as it was last written; null if there is none yet. */
  get sessionStore(): string | null {
    for (const name of ["sessionstore-backups/recovery.jsonlz4", "sessionstore.jsonlz4"]) {
      try {
        return unpackMozilla(readFileSync(join(this.folder, "profile", name))).toString();
      } catch {
        // Not there, or being replaced at this moment.
      }
    }
    return null;
  }

  /** End the browser as a power cut would: nothing in it gets a chance to do anything. */
  async kill(): Promise<void> {
    const browser = this.browser.process();
    const gone = new Promise((resolve) => browser?.once("exit", resolve));
    // Its own process group, which puppeteer made for it: content processes go with it.
    process.kill(-(browser?.pid ?? Number.NaN), "SIGKILL");
    await gone;
  }

  /** Start the browser again on what it has kept, and have it bring back what was open; Firefox with other preferences. */
  async restart(prefs: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.#launch(prefs);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.wire.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #launch(prefs: Readonly<Record<string, unknown>>): Promise<void> {
    // After a crash Chromium asks before it brings back what was open; so the last end is made a good one.
    const preferences = { session: { restore_on_startup: 1 }, profile: { exit_type: "Normal" } };
    writeFileSync(join(this.folder, "profile/Default/Preferences"), JSON.stringify(preferences));
    const port = this.wire.port;
    const proxy = { "network.proxy.type": 1, "network.proxy.allow_hijacking_localhost": true, "network.proxy.no_proxies_on": "" };
    const host = { "network.proxy.http": "127.0.0.1", "network.proxy.ssl": "127.0.0.1" };
    const ports = { "network.proxy.http_port": port, "network.proxy.ssl_port": port };
    const home = join(this.folder, "home");
    this.browser = await launch(this.kind, {
      profile: join(this.folder, "profile"),
      environment: { HOME: home, TMPDIR: join(this.folder, "tmp"), XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home },
      prefs: { ...REMEMBERING, ...proxy, ...host, ...ports, ...prefs },
      args: this.isFirefox ? [] : [`--proxy-server=http://127.0.0.1:${port}`, "--proxy-bypass-list=<-loopback>"],
      without: FORGETFUL,
    });
  }
}

/** Read every file below a folder; what vanishes meanwhile was never there. */
export function readFiles(folder: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) {
      try {
        files.set(path.slice(folder.length + 1), readFileSync(path));
      } catch {
        continue;
      }
    }
  }
  return files;
}
