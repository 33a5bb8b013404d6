/** The intake as people go through it: in their own order, with every way out of it, and with nothing lost on the way. */

import type { Browser, Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Desk } from "./desk.ts";
import { Organisation } from "./organisation.ts";
import { Proxy } from "./proxy.ts";
import { Reporter } from "./reporter.ts";
import { Turns } from "./turns.ts";

const STORY = "Na de vergadering stond er iemand bij mijn fiets.";
const QUESTIONS = ["for-whom", "wellbeing", "wish", "what-happened", "how", "by-whom", "how-often", "effect", "who-knows"];
const KINDS = ["Chromium", "Firefox"] as const;

let organisation: Organisation;
let proxy: Proxy;

beforeAll(async () => {
  organisation = await Organisation.start(["anna", "bram", "chris"]);
  proxy = await Proxy.start(organisation.portal);
}, 180_000);

afterAll(async () => {
  await proxy.stop();
  await organisation.stop();
}, 120_000);

describe.each(KINDS)("in %s", (kind) => {
  const turns = new Turns(kind, KINDS);
  let browser: Browser;
  let reporter: Reporter;
  let page: Page;

  beforeAll(async () => {
    browser = await launch(kind);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    reporter = await Reporter.open(browser, proxy.address);
    ({ page } = reporter);
    // From the start page, so that there is something to go back to.
    await page.goto(`${proxy.address}/nl/`);
    proxy.requests.length = 0;
  });

  afterEach(async () => {
    await page.close();
  });

  test.each(turns.among(["tell", "ask"] as const))("to %s first: everything is put in that order, nothing is asked for, and it arrives", async (how) => {
    const questions = QUESTIONS.map((id) => `question-${id}`);
    const telling = ["story", "files"];
    const order = [...(how === "tell" ? [...telling, ...questions] : [...questions, ...telling]), "exclude", "check"];
    await reporter.begin(how);
    for (const name of order) {
      await reporter.step(`step-${name}`);
      if (name === "story") {
        await reporter.tell(STORY);
      }
      await (await page.$("#main input[data-field=choice]"))?.click();
      await (name === "check" ? undefined : reporter.press("next"));
    }
    // Danger and device were passed over, no file was chosen and nobody left out.
    await expect(reporter.texts("[data-slot=skipped] button")).resolves.toHaveLength(4);
    expect(await reporter.shown()).toHaveLength(10);
    await reporter.press("next");
    await reporter.takeCode();
    await reporter.step("step-send");
    expect(proxy.calls).toEqual(["GET /api/v1/keyset"]);
    await reporter.press("send");
    expect(await reporter.stepAfterProgress()).toBe("step-sent");
  }, 120_000);

  test.runIf(turns.next())("in danger: 112 is the biggest thing on the page, at once, and there is a way on and back", async () => {
    await open("danger");
    await page.click("#main input[value=yes]");
    await reporter.press("next");
    await reporter.step("step-danger");
    const sizes = await page.$$eval("#main a, #main button, header a", (all) =>
      all.map((one) => [one.getAttribute("href"), one.getBoundingClientRect().width * one.getBoundingClientRect().height] as const),
    );
    expect(sizes.sort(([, one], [, other]) => other - one)[0]?.[0]).toBe("tel:112");
    await reporter.press("back");
    await reporter.step("step-question-danger");
    expect(await ticked()).toEqual(["yes"]);
    await reporter.press("next");
    await reporter.step("step-danger");
    await reporter.press("next");
    await reporter.step("step-question-device");
  }, 120_000);

  test.runIf(turns.next())("on a device of the municipality: where to go on, dark on light by night too, and two ways", async () => {
    await open("device");
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]).catch(() => undefined);
    await page.click("#main input[value=yes]");
    await reporter.press("next");
    await reporter.step("step-device");
    expect(await reporter.texts(".address p")).toEqual(["vertrouwenspost.example"]);
    const colours = await page.$$eval("#main .qr path", ([ground, code]) => [ground?.getAttribute("fill"), code?.getAttribute("stroke")]);
    expect(colours).toEqual(["#fff", "#000"]);
    expect(await page.$eval("#main .qr", (drawing) => drawing.getBoundingClientRect().width)).toBeGreaterThanOrEqual(180);
    await reporter.press("next");
    await reporter.step("step-begin");
    await reporter.press("back");
    await reporter.step("step-question-device");
    await reporter.press("next");
    await reporter.step("step-device");
    await reporter.press("leave");
    await expect.poll(() => page.url(), { timeout: 10_000 }).not.toContain(proxy.address);
  }, 120_000);

  test.runIf(turns.next())("whoever is left out cannot open it, and the others can; with nobody left one does not get on", async () => {
    await reporter.begin("tell");
    const story = `Niet voor Anna, in ${kind}.`;
    await reporter.tell(story);
    await reporter.press("next");
    await reporter.step("step-files");
    await reporter.press("next");
    await reporter.step("step-question-for-whom");
    await reporter.press("past");
    await reporter.step("step-exclude");
    expect(await reporter.texts("[data-slot=name]")).toEqual(["Anna", "Bram", "Chris"]);
    for (const box of await page.$$("#main [data-field=person]")) {
      await box.click();
    }
    await expect(reporter.texts("[data-choose=left] > :not([hidden])")).resolves.toHaveLength(1);
    await reporter.press("next");
    await reporter.step("step-exclude");
    // Nor by a way around it.
    await reporter.press("back");
    await reporter.press("end");
    await reporter.step("step-check");
    await reporter.press("next");
    await expect(reporter.texts("[data-when=nobody]:not([hidden])")).resolves.toHaveLength(1);
    await (await page.$("#main [data-change=exclude]"))?.click();
    await reporter.step("step-exclude");
    for (const box of (await page.$$("#main [data-field=person]")).slice(1)) {
      await box.click();
    }
    await expect(reporter.texts("[data-choose=left] > :not([hidden])")).resolves.toEqual([]);
    await reporter.press("next");
    await reporter.step("step-check");
    expect(await reporter.shown()).toEqual([story, "Anna"]);
    await reporter.press("next");
    await reporter.takeCode();
    await reporter.press("send");
    expect(await reporter.stepAfterProgress()).toBe("step-sent");
    // A record of one size, as for everybody.
    expect(proxy.requests.at(-1)?.body.length).toBe(65_601);

    await organisation.sync();
    for (const [person, reads] of [["anna", false], ["bram", true]] as const) {
      const at = await launch("Chromium");
      const desk = await Desk.unlock(at, await organisation.openDesk(person));
      expect((await desk.inbox()).some((entry) => entry.includes(story)), person).toBe(reads);
      await at.close();
    }
  }, 240_000);

  test.runIf(turns.next())("one sentence takes few touches, and nothing about it is refused", async () => {
    let touches = 0;
    const touch = async (selector: string): Promise<void> => {
      await page.waitForSelector(selector);
      await page.click(selector);
      touches += 1;
    };
    await page.click('a.primary[href$="/schrijven/"]');
    touches += 1;
    for (const [step, action] of [["question-danger", "skip"], ["question-device", "skip"], ["begin", "tell"]] as const) {
      await touch(`#main [data-step=step-${step}] [data-action=${action}]`);
    }
    await touch("#main textarea");
    await page.keyboard.type("Hij weet waar wij wonen.");
    await touch("#main [data-step=step-story] [data-action=end]");
    await touch("#main [data-step=step-check] [data-action=next]");
    // The code is another page's matter; all that comes before it and after it counts here.
    await reporter.takeCode();
    await touch("#main [data-step=step-send] [data-action=send]");
    expect(await reporter.stepAfterProgress()).toBe("step-sent");
    expect(touches).toBe(8);
  }, 120_000);

  test.runIf(turns.next())("whoever wants no answer says so, sees it again, and is told what that means", async () => {
    await reporter.begin("ask");
    for (const question of ["for-whom", "wellbeing"]) {
      await reporter.step(`step-question-${question}`);
      await reporter.press("skip");
    }
    await reporter.step("step-question-wish");
    await page.click("#main input[value=no-reply]");
    await reporter.press("end");
    await reporter.step("step-check");
    expect(await reporter.shown()).toEqual(["Ik wil geen antwoord"]);
    await reporter.press("next");
    await reporter.takeCode();
    await reporter.press("send");
    expect(await reporter.stepAfterProgress()).toBe("step-sent");
    await expect(reporter.texts("[data-choose=reply] > :not([hidden])")).resolves.toEqual([expect.stringContaining("geen antwoord")]);
  }, 120_000);

  test.runIf(turns.next())("everything can be passed over; then there is nothing to send, and each can be filled in and changed there", async () => {
    await open("danger");
    await reporter.press("end");
    await reporter.step("step-check");
    await reporter.press("next");
    await expect(reporter.texts("[data-when=none]:not([hidden])")).resolves.toHaveLength(1);
    const steps = await page.$$eval("#main [data-change]", (all) => all.map((one) => (one as HTMLElement).dataset["change"] ?? ""));
    expect(steps).toEqual(["danger", "device", "story", "files", ...QUESTIONS, "exclude"]);
    for (const [i, id] of steps.entries()) {
      await (await page.$(`#main [data-change=${id}]`))?.click();
      await page.waitForSelector("#main [data-step]:not([data-step=step-check])");
      if (id === "story") {
        await reporter.tell("Eerst dit.");
      } else if (id !== "files") {
        await (await page.$$("#main input:not([data-field=successor])")).at(-1)?.click();
      }
      await reporter.press("next");
      await reporter.step("step-check");
      // No file is chosen, here as elsewhere.
      expect(await reporter.shown()).toHaveLength(id === "files" || i > steps.indexOf("files") ? i : i + 1);
    }
    await (await page.$("#main [data-change=story]"))?.click();
    await reporter.step("step-story");
    await reporter.tell("Toch dit.");
    await reporter.press("next");
    await reporter.step("step-check");
    expect(await reporter.shown()).toContain("Toch dit.");
    await reporter.press("next");
    await reporter.step("step-code");
  }, 120_000);

  test.runIf(turns.next())("what may tell who wrote it is marked and listed with the reason, and goes through all the same", async () => {
    await reporter.begin("tell");
    await reporter.tell("Op 12 mei stond de burgemeester van zaanstad <b>bij</b> mijn huis. Ik bel 06-12345678 het best.");
    await reporter.press("end");
    await reporter.step("step-check");
    const marks = ["12 mei", "burgemeester", "zaanstad", "06-12345678"];
    expect(await reporter.texts("mark")).toEqual(marks);
    expect(await reporter.texts("[data-slot=found] [data-slot=text]")).toEqual(marks);
    await expect(reporter.texts("[data-slot=found] [data-when]:not([hidden])")).resolves.toEqual([
      "dag of tijd",
      "functie die maar weinig mensen hebben",
      "naam van een gemeente",
      "telefoonnummer",
    ]);
    expect((await reporter.shown())[0]).toContain("<b>bij</b>");
    await reporter.press("next");
    await reporter.step("step-code");
    expect(proxy.calls).toEqual(["GET /api/v1/keyset"]);
  }, 120_000);

  describe("nothing is lost", () => {
    test.each(turns.among(["tell", "ask"] as const))("by the browser's own Back, at any step, telling or asking first (%s)", async (how) => {
      await reporter.begin(how);
      const seen: string[] = [];
      while (seen.at(-1) !== "step-check") {
        const step = await nextStep(seen.at(-1) ?? "step-begin");
        seen.push(step);
        if (step === "step-story") {
          await reporter.tell(STORY);
        }
        await (await page.$("#main input[data-field=choice]"))?.click();
        await (step === "step-check" ? undefined : reporter.press("next"));
      }
      const before = await reporter.shown();
      await reporter.press("next");
      await reporter.takeCode();
      await reporter.step("step-send");
      for (const step of ["step-repeat", "step-code", ...[...seen].reverse(), "step-begin", "step-question-device", "step-question-danger"]) {
        await goBack();
        await reporter.step(step);
        expect(new URL(page.url()).pathname).toBe("/nl/schrijven/");
      }
      // There it stays, and the link to the start page is gone.
      await goBack();
      await reporter.step("step-question-danger");
      await expect(page.$$eval("#main a.back, footer nav a, footer .languages a", (links) => links.filter((link) => link.checkVisibility() && !link.matches("[href^='tel:']")).length)).resolves.toBe(0);
      await expect(page.evaluate(() => history.state as unknown)).resolves.toBeNull();
      await reporter.press("end");
      await reporter.step("step-check");
      expect(await reporter.shown()).toEqual(before);
    }, 240_000);

    test("and while nothing was answered, and after it was sent, Back really leaves", async () => {
      await open("danger");
      await goBack();
      await expect.poll(() => page.$("body[data-page=start]")).not.toBeNull();
      await open("device");
      await goBack();
      await reporter.step("step-question-danger");
      await goBack();
      await expect.poll(() => page.$("body[data-page=start]").catch(() => null), { timeout: 10_000 }).not.toBeNull();
      await reporter.prepare();
      await reporter.press("send");
      await reporter.step("step-sent");
      await goBack();
      await expect.poll(() => page.$("body[data-page=start]").catch(() => null), { timeout: 10_000 }).not.toBeNull();
      expect(new URL(page.url()).pathname).toBe("/nl/");
    }, 120_000);

    test.runIf(turns.next())("without being told: a page that was loaded anew says so once, and a new one does not", async () => {
      await open("danger");
      await expect(reporter.texts("[data-when=anew]:not([hidden])")).resolves.toEqual([]);
      await reporter.begin("tell");
      await reporter.tell(STORY);
      await page.reload();
      await reporter.step("step-question-danger");
      await expect(reporter.texts("[data-when=anew]:not([hidden])")).resolves.toEqual([expect.stringContaining("is weg")]);
      await reporter.press("skip");
      await reporter.step("step-question-device");
      await reporter.press("back");
      await reporter.step("step-question-danger");
      await expect(reporter.texts("[data-when=anew]:not([hidden])")).resolves.toEqual([]);
    }, 120_000);

    test.runIf(turns.next())("by two quick presses: a step is not passed over, and a message is sent once", async () => {
      // A page as people have it: for a moment a new step lets a pointer through, and then its buttons can be pressed.
      const own = await browser.newPage();
      await own.setViewport({ width: 360, height: 1000 });
      await own.goto(`${proxy.address}/nl/schrijven/`);
      await own.waitForSelector("#main [data-action=skip]");
      const reach = await own.evaluate(async () => {
        const main = document.getElementById("main");
        const isInReach = (): boolean => {
          const button = main?.querySelector("[data-action=skip]") ?? document.body;
          const { left, top, width, height } = button.getBoundingClientRect();
          return document.elementFromPoint(left + width / 2, top + height / 2) === button;
        };
        const atOnce = new Promise<boolean>((resolve) => {
          new MutationObserver(() => {
            resolve(isInReach());
          }).observe(main ?? document, { childList: true });
        });
        main?.querySelector<HTMLElement>("[data-action=skip]")?.click();
        const first = await atOnce;
        await new Promise((resolve) => setTimeout(resolve, 600));
        return [first, isInReach()];
      });
      expect(reach).toEqual([false, true]);
      await own.close();
      await reporter.prepare();
      proxy.requests.length = 0;
      const send = await page.$("#main [data-action=send]");
      await send?.click({ count: 2 });
      expect(await reporter.stepAfterProgress()).toBe("step-sent");
      expect(proxy.calls.filter((call) => call === "POST /api/v1/blocks")).toHaveLength(1);
    }, 120_000);
  });

  async function open(question: "danger" | "device"): Promise<void> {
    await page.goto(`${proxy.address}/nl/`);
    await page.goto(`${proxy.address}/nl/schrijven/`);
    await reporter.step("step-question-danger");
    if (question === "device") {
      await reporter.press("skip");
      await reporter.step("step-question-device");
    }
  }

  async function ticked(): Promise<string[]> {
    return page.$$eval("#main input:checked", (boxes) => boxes.map((box) => (box).value));
  }

  async function nextStep(last: string): Promise<string> {
    const step = await page.waitForSelector(`#main [data-step]:not([data-step="${last}"])`);
    return (await step?.evaluate((element) => element.getAttribute("data-step"))) ?? "";
  }

  // As the browser's button does: to the entry before, and no further.
  async function goBack(): Promise<void> {
    await page.evaluate(() => {
      history.back();
    });
  }
});
