/**
 * A whole organisation on loopback: root, counsellors, portal under gunicorn, couriers and desks.
 *
 * Everything is made by the commands that people use, in the order of docs/OPERATING.md. That takes half a minute, so it
 * is done once for all tests that want the same: each then gets a copy of the folder, and processes of its own.
 */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createServer } from "node:net";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { inject } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const PYTHON = join(ROOT, ".venv", "bin", "python");
const ORGANISATION = "proef";
const KIND_HEAD = 1;
const START_MILLISECONDS = 30_000;
const PREPARE_MILLISECONDS = 240_000;
// A sixteenth of the work for a ticket: a few hundred messages are sent in these tests.
const LIGHT_WORK = { prefix: '"00"' };

/** A counsellor's pass phrase; it guards nothing but this test. */
export const PASSPHRASE = "paard nietje batterij kruk";

/** One counsellor: what stands where. */
export interface Counsellor {
  readonly person: string;
  readonly folder: string;
  readonly spool: string;
  readonly credential: string;
}

/** What a test may want otherwise. */
export interface Wishes {
  /** The command that makes the release. */
  readonly build?: readonly string[];
  /** Let a ticket cost what it costs by the shipped example: seconds, by luck. */
  readonly isWorkFull?: boolean;
}

/** The organisation; `stop` ends what it started and deletes its folder. */
export class Organisation {
  readonly folder: string;
  readonly counsellors: readonly Counsellor[];
  portal = "";
  readonly #processes: ChildProcess[] = [];
  readonly #logs: string[] = [];
  readonly #heads = new Set<string>();
  readonly #desks = new Map<string, { readonly address: string; readonly child: ChildProcess }>();

  private constructor(persons: readonly string[], folder = mkdtempSync(join(tmpdir(), "vp-organisation-"))) {
    this.folder = folder;
    this.counsellors = persons.map((person) => ({
      person,
      folder: this.path(person),
      spool: this.path(`spool-${person}`),
      credential: this.path(`credential-${person}`),
    }));
  }

  /** Start with these counsellors. */
  static async start(persons: readonly string[] = ["anna", "bram", "chris"], wishes: Wishes = {}): Promise<Organisation> {
    const { build = ["-m", "portal", "build"], isWorkFull = false } = wishes;
    const prepared = join(inject("prepared"), [...persons, ...build].join(" ").replaceAll(/[^a-z]+/g, "-"));
    await once(prepared, async (folder) => {
      const made = new Organisation(persons, folder);
      await made.#make(build);
      await made.#end();
    });
    const organisation = new Organisation(persons);
    // The socket of the portal's figures cannot be copied; the next server makes its own.
    cpSync(prepared, organisation.folder, { recursive: true, filter: (path) => !path.endsWith(".sock") });
    organisation.#configure(isWorkFull ? {} : LIGHT_WORK);
    await organisation.#serve();
    return organisation;
  }

  /** Let every courier fetch and bring, or those of some. */
  async sync(...persons: readonly string[]): Promise<void> {
    const couriers = this.counsellors
      .filter(({ person }) => persons.length === 0 || persons.includes(person))
      .map(({ person, spool, credential }) => ({ spool: existsSync(spool) ? spool : this.#elsewhere(person), credential }));
    await inOne(
      "workstation",
      couriers.map(({ spool, credential }) => ["sync", "--spool", spool, "--portal", this.portal, "--credential-file", credential, "--pause", "0"]),
    );
    for (const { spool } of couriers) {
      this.#noteHeads(join(spool, "sent", "blocks"));
    }
  }

  /** Carry a counsellor's spool to the courier's computer, where the desk does not see it; or back. */
  carry(person: string): void {
    const [here, there] = [this.path(`spool-${person}`), this.#elsewhere(person)];
    renameSync(...(existsSync(here) ? ([here, there] as const) : ([there, here] as const)));
  }

  /** Publish what waits for the index: as many ticks as are needed for a few replies. */
  async tick(times = 3): Promise<void> {
    await inOne("portal", Array.from({ length: times }, () => ["tick", "--config", this.path("config.toml")]));
  }

  /** How many heads the couriers have posted: case events, and cover. Nobody deletes them before their term. */
  get headCount(): number {
    return this.#heads.size;
  }

  /** Run a command of the operator. */
  async operate(command: string): Promise<void> {
    await python("-m", "portal", command, "--config", this.path("config.toml"));
  }

  /** Run a command of root holder, counsellor or courier, with the pass phrase; return what it says. */
  async command(...args: readonly string[]): Promise<string> {
    return workstation(...args, "--passphrase-file", this.path("pass"));
  }

  /** Let these workstations take what the root holder hands out, and their couriers the key that comes with it. */
  async takeHandout(handout: string, persons: readonly string[]): Promise<void> {
    for (const { folder, spool, credential } of this.counsellors.filter((each) => persons.includes(each.person))) {
      await this.command("card", "--folder", folder, "--spool", spool, "--handout", handout, "--credential-file", credential);
    }
  }

  /** Open a counsellor's desk, unless it is open, perhaps with further options; return its address. */
  async openDesk(person: string, options: readonly string[] = []): Promise<string> {
    const open = this.#desks.get(person);
    if (open !== undefined) {
      return open.address;
    }
    const counsellor = this.counsellors.find((each) => each.person === person);
    if (counsellor === undefined) {
      throw new Error("no such counsellor");
    }
    const port = await freePort();
    const places = ["--folder", counsellor.folder, "--spool", counsellor.spool, "--port", `${port}`];
    const child = this.#spawn("desk", ["-m", "workstation", "desk", ...places, ...options]);
    const address = `http://127.0.0.1:${port}`;
    await answers(address);
    this.#desks.set(person, { address, child });
    return address;
  }

  /** End a counsellor's desk as a power cut would: nothing in it gets a chance to do anything. */
  async killDesk(person: string): Promise<void> {
    const { child } = this.#desks.get(person) ?? {};
    const pid = child?.pid;
    if (child === undefined || pid === undefined) {
      throw new Error("no such desk is open");
    }
    const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
    const gone = new Promise((resolve) => child.once("exit", resolve));
    // The one that starts new workers first.
    for (const each of [pid, ...workers]) {
      process.kill(each, "SIGKILL");
    }
    await gone;
    this.#desks.delete(person);
  }

  /** Lock a counsellor's desk from outside, as the key of a screen lock does. */
  async lockDesk(person: string): Promise<void> {
    await workstation("lock", "--folder", this.path(person));
  }

  /** Everything that the processes have written so far. */
  get log(): string {
    return this.#logs.join("");
  }

  /** The folder of a part, for looking at what lies on the disk. */
  path(name: string): string {
    return join(this.folder, name);
  }

  async stop(): Promise<void> {
    await this.#end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #elsewhere(person: string): string {
    return this.path(`carried-${person}`);
  }

  // A desk removes what belongs to a conversation that was withdrawn, so this is noted while it is there.
  #noteHeads(sent: string): void {
    for (const name of readdirSync(sent)) {
      // spec: address 32 ‖ delete hash 32 ‖ kind 1 ‖ body 65,536
      if (readFileSync(join(sent, name))[64] === KIND_HEAD) {
        this.#heads.add(name);
      }
    }
  }

  async #end(): Promise<void> {
    await Promise.all(this.#processes.map(end));
  }

  async #make(build: readonly string[]): Promise<void> {
    const pass = ["--passphrase-file", this.path("pass")];
    writeFileSync(this.path("pass"), `${PASSPHRASE}\n`);
    const rootKey = await this.#enrol(pass);
    await this.#handOut(pass);
    this.#configure({ id: `"${ORGANISATION}"`, root_key: `"${rootKey}"`, release: `"release"`, url: `"sqlite:///portal.sqlite"` });
    await python(...build, "--config", this.path("config.toml"));
    await this.operate("migrate");
    await this.#serve();
    await this.sync();
  }

  async #enrol(pass: readonly string[]): Promise<string> {
    const out = await workstation("init", "root", "--folder", this.path("root"), "--organisation", ORGANISATION, ...pass);
    const [rootKey = ""] = /^\s+([\w-]{43})$/m.exec(out)?.slice(1) ?? [];
    for (const { person, folder } of this.counsellors) {
      const name = ["--person", person, "--name", person.charAt(0).toUpperCase() + person.slice(1)];
      // With "=", since one key in 64 begins with a dash.
      const place = ["--folder", folder, "--organisation", ORGANISATION, `--root-key=${rootKey}`];
      await workstation("init", "enrol", ...place, ...name, "--affiliation", "Stichting Steun", ...pass);
    }
    return rootKey;
  }

  async #handOut(pass: readonly string[]): Promise<void> {
    const requests = this.counsellors.flatMap(({ folder }) => ["--request", join(folder, "aanmelding.json")]);
    const handout = this.path("uitdeelbestand.json");
    await workstation("roster", "--root", this.path("root"), ...requests, "--compared", "--out", handout, ...pass);
    await this.takeHandout(handout, this.counsellors.map(({ person }) => person));
  }

  async #serve(): Promise<void> {
    const port = await freePort();
    this.#configure({ port: `${port}` });
    this.portal = `http://127.0.0.1:${port}`;
    this.#spawn("portal", ["-m", "portal", "serve", "--config", this.path("config.toml")]);
    await answers(`${this.portal}/nl/`);
  }

  // Sets keys in a copy of the shipped example.
  #configure(values: Readonly<Record<string, string>>): void {
    const path = this.path("config.toml");
    let config = readFileSync(existsSync(path) ? path : join(ROOT, "config.example.toml"), "utf8");
    for (const [key, value] of Object.entries(values)) {
      config = config.replace(new RegExp(`^${key} = .*`, "m"), `${key} = ${value}`);
    }
    writeFileSync(path, config);
  }

  #spawn(name: string, args: readonly string[]): ChildProcess {
    const child = spawn(PYTHON, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data: Buffer) => this.#logs.push(`${name}: ${data.toString()}`));
    }
    this.#processes.push(child);
    return child;
  }
}

// Several tests may want the same folder at the same time: the first one makes it, the others wait.
async function once(folder: string, make: (folder: string) => Promise<void>): Promise<void> {
  const work = `${folder}.work`;
  // Only one of those who try makes this folder; it stays, so that nobody begins again.
  if (mkdirSync(`${folder}.begun/`, { recursive: true }) !== undefined) {
    mkdirSync(work);
    await make(work);
    renameSync(work, folder);
  }
  const until = Date.now() + PREPARE_MILLISECONDS;
  while (!existsSync(folder)) {
    if (Date.now() > until) {
      throw new Error("the organisation was not made; see the first test file that failed");
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Return a port of this machine that nothing listens on. */
export async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  });
}

async function workstation(...args: readonly string[]): Promise<string> {
  return python("-m", "workstation", ...args);
}

// Several commands of a program, one after the other, in one process: starting Python takes longer than most of them.
async function inOne(program: "portal" | "workstation", commands: readonly (readonly string[])[]): Promise<void> {
  const script = `import json, sys; from ${program}.cli import main; sys.exit(max(map(main, json.loads(sys.argv[1]))))`;
  await python("-c", script, JSON.stringify(commands));
}

async function python(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(PYTHON, args, { cwd: ROOT });
  return stdout;
}

async function answers(url: string): Promise<void> {
  const until = Date.now() + START_MILLISECONDS;
  while (Date.now() < until) {
    const status = await fetch(url).then(
      (response) => response.status,
      () => 0,
    );
    if (status > 0) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing answers at ${url}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null && child.kill("SIGTERM")) {
    await new Promise((resolve) => child.once("exit", resolve));
  }
}
