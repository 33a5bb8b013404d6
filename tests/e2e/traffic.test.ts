/** Whoever watches the network learns that somebody read or sent something, and nothing about what. */

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Desk } from "./desk.ts";
import { Organisation } from "./organisation.ts";
import { Proxy, type Recorded } from "./proxy.ts";
import { Reporter } from "./reporter.ts";

const REPLIES = { none: [0, 0], one: [1, 0], twenty: [13, 7] } as const;
const MARKS = Object.keys(REPLIES) as (keyof typeof REPLIES)[];

let organisation: Organisation;
let proxy: Proxy;
const codes = new Map<string, string[]>();

// All mailboxes stand in the same index: it grows with time alone.
beforeAll(async () => {
  organisation = await Organisation.start(["anna", "bram"]);
  proxy = await Proxy.start(organisation.portal);
  const browser = await launch("Chromium");
  for (const mark of MARKS) {
    codes.set(mark, await (await Reporter.open(browser, organisation.portal)).write(`Dit is ${mark}.`));
  }
  // What is under a family code looks like any other mailbox.
  const reporter = await Reporter.open(browser, organisation.portal);
  await reporter.enter(codes.get("one") ?? []);
  codes.set("family", await reporter.giveFamilyCode("replies"));
  await organisation.sync();
  for (const [place, person] of ["anna", "bram"].entries()) {
    await answer(person, place);
  }
  await organisation.sync();
  await organisation.tick(12);
  await browser.close();
}, 300_000);

afterAll(async () => {
  await proxy.stop();
  await organisation.stop();
}, 120_000);

beforeEach(() => {
  proxy.requests.length = 0;
});

async function answer(person: string, place: number): Promise<void> {
  // Two desks are two machines, so each has a browser of its own.
  const browser = await launch("Chromium");
  const desk = await Desk.unlock(browser, await organisation.openDesk(person));
  for (const mark of MARKS) {
    await desk.read(`Dit is ${mark}.`);
    for (let i = 0; i < (REPLIES[mark][place] ?? 0); i += 1) {
      await desk.answer(`Antwoord ${i}.`);
    }
  }
  await browser.close();
}

/** What the network sees of each request; a ticket's digits are luck, and as many as they are. */
function seen({ method, path, headers, body, answer: answered }: Recorded): string {
  const names = headers.replace(/Ticket [\w-]+/, "Ticket");
  const size = path.endsWith("/ticket") ? "" : answered;
  return `${method} ${path}, headers of ${names.length}, body of ${body.length}, answer ${size}`;
}

describe.each(["Chromium", "Firefox", "Firefox, Safer"] as const)("in %s", (kind) => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch(kind);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
  });

  test("opening a mailbox with none, one and twenty replies, or with a family code, looks the same", async () => {
    const visits: string[][] = [];
    for (const mark of [...MARKS, "family"]) {
      proxy.requests.length = 0;
      const reporter = await Reporter.open(browser, proxy.address);
      expect(await reporter.enter(codes.get(mark) ?? [])).toBe("conversation");
      visits.push(proxy.requests.filter(({ path }) => path.startsWith("/api/")).map(seen));
      expect((await reporter.letters()).join().includes("Antwoord "), mark).toBe(mark !== "none");
      await reporter.page.close();
    }
    expect(visits[0]).toHaveLength(4);
    expect(visits[1]).toEqual(visits[0]);
    expect(visits[2]).toEqual(visits[0]);
    expect(visits[3]).toEqual(visits[0]);
  }, 240_000);

  test("sending one word and sending everything there is room for looks the same", async () => {
    const stories = ["Ja.", "Het begon in de raad. ".repeat(500), "🚲".repeat(6_000)];
    const choices = [[], ["badly", "threat", "stalking", "talk", "report", "charges"], ["well"]];
    const sendings: string[][] = [];
    for (const [i, story] of stories.entries()) {
      const reporter = await Reporter.open(browser, proxy.address);
      await reporter.writeUntilSend(story, [], choices[i]);
      proxy.requests.length = 0;
      await reporter.press("send");
      expect(await reporter.stepAfterProgress()).toBe("step-sent");
      sendings.push(proxy.requests.map(seen));
      await reporter.page.close();
    }
    expect(sendings[0]).toHaveLength(3);
    expect(sendings[1]).toEqual(sendings[0]);
    expect(sendings[2]).toEqual(sendings[0]);
  }, 180_000);
});
