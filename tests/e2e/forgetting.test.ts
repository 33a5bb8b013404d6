/** What the engine still holds of a page that was left: in its heap, and in the memory of its processes. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { decode } from "../../web/protocol/code.ts";
import { derive } from "../../web/protocol/mailbox.ts";
import { encodeIdentity } from "../../web/protocol/recipient.ts";
import { launch } from "./browsers.ts";
import { Gate } from "./gate.ts";
import { Heap } from "./heap.ts";
import { searchMemory } from "./memory.ts";
import { Organisation } from "./organisation.ts";
import { Reporter } from "./reporter.ts";
import { Walk } from "./walk.ts";

const LETTER = "zqx7316letter";
const TYPED = "zqx2954typed";
const LIST = readFileSync(join(import.meta.dirname, "..", "..", "content", "words", "nl.txt"), "utf8").trim().split("\n");

let organisation: Organisation;
let gate: Gate;
let browser: Browser;
let code: string[];
let walk: Walk;

beforeAll(async () => {
  organisation = await Organisation.start(["anna"]);
  gate = await Gate.start(organisation.portal);
  browser = await launch("Chromium");
  const reporter = await Reporter.open(browser, gate.address);
  code = await reporter.write(LETTER);
  await reporter.page.close();
}, 180_000);

afterAll(async () => {
  await browser.close();
  await gate.stop();
  await organisation.stop();
}, 120_000);

beforeEach(async () => {
  gate.reset();
  walk = new Walk(await Reporter.open(browser, gate.address), gate, code, TYPED);
  return async () => walk.reporter.page.close();
});

/** Each way ends where as much as possible is alive, and says what is found there. */
const WAYS: readonly (readonly [string, () => Promise<string[]>])[] = [
  ["a story that is being sent", async () => {
    await walk.start("schrijven");
    await walk.writeTo("step-send");
    await walk.sendInto("/api/v1/blocks");
    return [TYPED, "code"];
  }],
  ["words that are typed back", async () => {
    await walk.start("schrijven");
    await walk.writeTo("step-repeat");
    return [TYPED, "code"];
  }],
  ["a conversation with half a reply", async () => {
    await walk.start("lezen");
    await walk.readAndReply();
    // What is being typed is in no string of the heap yet.
    return [LETTER];
  }],
  ["a reply that is being sent", async () => {
    await walk.start("lezen");
    await walk.readAndReply();
    await walk.sendInto("/api/v1/blocks");
    return [LETTER, TYPED];
  }],
];

describe.each(WAYS)("after leaving from %s", (_, go) => {
  test("the heap of the page that was left holds nothing of it, nor that of the page that follows", async () => {
    const alive = await go();
    await expect(heldIn()).resolves.toEqual(expect.arrayContaining(alive));
    gate.isNeutralAway = true;
    await leave();
    // Not a new document: the one that was left, before anything has taken its place.
    expect(new URL(walk.reporter.page.url()).origin).toBe(gate.address);
    await expect(heldIn()).resolves.toEqual([]);

    gate.isNeutralAway = false;
    await walk.reporter.page.goto(gate.neutral);
    await expect(heldIn()).resolves.toEqual([]);
  }, 240_000);
});

test.runIf(process.platform === "linux")("no key is in any process of the browser once the neutral page is there", async () => {
  await walk.start("schrijven");
  await walk.writeTo("step-send");
  await walk.sendInto("/api/v1/blocks");
  const secret = decode(walk.words, LIST);
  const { identity, signing, addressKey, deleteKey, replyAddressKey, replyDeleteKey } = await derive(secret, "proef");
  const keys = { secret, identity, signing, addressKey, deleteKey, replyAddressKey, replyDeleteKey };
  const needles = new Map(Object.entries(keys).map(([name, key]) => [name, [Buffer.from(key)]]));
  const pid = browser.process()?.pid ?? 0;
  expect(searchMemory(pid, needles)).toEqual(Object.keys(keys).sort());
  await leave();
  // A process ends in its own time.
  await expect.poll(() => searchMemory(pid, needles), { timeout: 60_000, interval: 1_000 }).toEqual([]);
}, 180_000);

async function leave(): Promise<void> {
  for (let i = 0; i < 3; i += 1) {
    await walk.reporter.page.keyboard.press("Shift");
  }
  await gate.waitFor("neutral");
}

/** Which of the texts and keys stand in the heap as text: what was typed, a code in its order, an identity. */
async function heldIn(): Promise<string[]> {
  const heap = await Heap.take(walk.reporter.page);
  const words = walk.words.length === 0 ? code : walk.words;
  const secret = decode(words, LIST);
  const { identity } = await derive(secret, "proef");
  const texts = [TYPED, LETTER, encodeIdentity(identity), Buffer.from(secret).toString("hex"), words.join(" ")];
  return [...texts.filter((text) => heap.holds(text)), ...(heap.holdsRow(words) ? ["code"] : [])];
}
