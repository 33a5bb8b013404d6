/**
 * Every page of a release and every step of its templates, one after the other, and what can be measured of each.
 *
 * A step is looked at as its template has it, put where the script puts it: so none is left out that a walk does not
 * reach. What a step looks like when it is filled in is the other tests' matter.
 */

import { readdirSync } from "node:fs";

import type { Page } from "puppeteer-core";

import type { Organisation } from "./organisation.ts";

/** What is looked at, and what may hold for all of it. */
export interface Tour {
  readonly language: string;
  /** Where to begin on each page, before anything is looked at. */
  readonly prepare?: () => Promise<void>;
  /** What is wrong with what is shown now. */
  readonly look: () => Promise<readonly string[]>;
}

/** Put every page and every step before the eyes; return how many there were, and what is wrong with them. */
export async function tour(page: Page, organisation: Organisation, { language, prepare, look }: Tour): Promise<{ seen: number; wrong: string[] }> {
  const wrong: string[] = [];
  let seen = 0;
  for (const name of ["", ...pagesOf(organisation)]) {
    await page.goto(`${organisation.portal}/${language}/${name}`);
    await page.waitForFunction(() => document.getElementById("without-script") === null);
    await prepare?.();
    const steps = await page.$$eval("template", (templates) =>
      templates.filter(({ content }) => content.firstElementChild?.matches("[data-step]")).map(({ id }) => id),
    );
    for (const step of ["", ...steps]) {
      await page.evaluate(putUp, step);
      wrong.push(...(await look()).map((what) => `${language}/${name}${step}: ${what}`));
      seen += 1;
    }
  }
  return { seen, wrong };
}

function pagesOf(organisation: Organisation): string[] {
  const entries = readdirSync(organisation.path("release/nl"), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${name}/`);
}

function putUp(step: string): void {
  if (step !== "") {
    const template = document.getElementById(step) as HTMLTemplateElement;
    document.getElementById("main")?.replaceChildren(document.importNode(template.content, true));
  }
}

/* What follows runs in the page. Each returns what is wrong with it. */

/** What needs scrolling sideways, or does not fit into its own box. */
export function findTooWide(): string[] {
  const { scrollWidth, clientWidth } = document.documentElement;
  const cut = [...document.querySelectorAll<HTMLElement>("body *")].filter(
    (element) => element.closest(".unseen, .name, svg") === null && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1,
  );
  return [
    ...(scrollWidth > clientWidth ? [`the page is ${scrollWidth} px wide`] : []),
    ...cut.map((element) => `cut off: ${element.tagName} ${element.innerText.slice(0, 40)}`),
  ];
}

/** What is too small for a finger: buttons have a size of their own, and a link in a line of text is as high as the line. */
export function findTooSmall(least: number, leastOfButtons: number): string[] {
  return [...document.querySelectorAll<HTMLElement>("a, button, input:not(.unseen), textarea, select, summary, label.button")].flatMap((element) => {
    const around = element.closest("label") ?? element;
    const { width, height } = around.getBoundingClientRect();
    const isInText = element.matches("p a, li a") && getComputedStyle(element).display === "inline";
    const wanted = around.matches("button, .button, .leave, .choice") ? leastOfButtons : least;
    const isSmall = element.checkVisibility() && !isInText && (width < least || height < wanted);
    return isSmall ? [`${element.textContent.trim().slice(0, 40)} is ${Math.round(width)} × ${Math.round(height)} px`] : [];
  });
}

/** Whether leaving is in reach however far one scrolled, and what lies under the sticky bar when it has the focus. */
export function findCovered(): string[] {
  const wrong: string[] = [];
  const leave = document.getElementById("leave");
  const bar = document.querySelector(".bar")?.getBoundingClientRect().height ?? 0;
  const canLeave = (): boolean => {
    const { left, top, width, height } = leave?.getBoundingClientRect() ?? new DOMRect();
    const isInside = left >= 0 && top >= 0 && left + width <= window.innerWidth && top + height <= window.innerHeight;
    return isInside && leave?.contains(document.elementFromPoint(left + width / 2, top + height / 2)) === true;
  };
  const line = 16;
  const stops = [...document.querySelectorAll<HTMLElement>(":is(a[href], button, input, textarea, select, summary, [tabindex]):not(.bar *)")];
  for (const [way, order, from] of [["down", stops, 0], ["up", [...stops].reverse(), document.documentElement.scrollHeight]] as const) {
    window.scrollTo(0, from);
    if (!canLeave()) {
      wrong.push(`leaving is out of reach at ${from}`);
    }
    for (const stop of order.filter((element) => element.checkVisibility())) {
      stop.focus();
      const { top, bottom, height } = (stop.matches(".unseen") ? (stop.closest("label") ?? stop) : stop).getBoundingClientRect();
      const seen = Math.min(bottom, window.innerHeight) - Math.max(top, bar);
      // Firefox lets stand whatever can be seen of it, so not all of it need be: a line.
      if (document.activeElement === stop && seen < Math.min(height, line)) {
        wrong.push(`${way}: ${stop.tagName} ${stop.textContent.trim().slice(0, 40)} has the focus and is covered`);
      }
    }
  }
  return wrong;
}

/** Controls that stand in another order than they are reached in. */
export function findDisorder(): string[] {
  const stops = [...document.querySelectorAll<HTMLElement>(":is(main, footer) :is(a[href], button, input, textarea, select, summary)")].filter((element) => element.checkVisibility());
  const places = stops.map((element) => ({ element, place: (element.closest("label") ?? element).getBoundingClientRect() }));
  return places.flatMap(({ element, place }, i) => {
    const before = places[i - 1]?.place ?? new DOMRect();
    const isOnOneLine = place.top < before.bottom && place.bottom > before.top;
    // A column to the right begins at the top again.
    const isBefore = isOnOneLine ? place.left < before.left && place.top <= before.top : place.bottom <= before.top && place.left < before.right;
    return isBefore || element.tabIndex > 0 ? [`out of order: ${element.textContent.trim().slice(0, 40)}`] : [];
  });
}

/** Buttons without a border, and controls whose focus is not outlined, in colours that are not ours. */
export function findUnmarked(): string[] {
  const isSeen = (style: string, width: string, colour: string): boolean =>
    style !== "none" && Number.parseFloat(width) >= 1 && !/^rgba\(.*, 0\)$/.test(colour) && colour !== getComputedStyle(document.body).backgroundColor;
  const all = (selector: string): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(selector)].filter((element) => element.checkVisibility());
  const borderless = all("button, .button, .leave, input:not(.unseen), textarea").filter((element) => {
    const { borderTopStyle, borderTopWidth, borderTopColor } = getComputedStyle(element);
    return !element.matches("[type=radio], [type=checkbox]") && !isSeen(borderTopStyle, borderTopWidth, borderTopColor);
  });
  const unfocused = all("a[href], button, input, textarea, select, summary").filter((element) => {
    element.focus();
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element.matches(".unseen") ? (element.closest("label") ?? element) : element);
    return !isSeen(outlineStyle, outlineWidth, outlineColor) || Number.parseFloat(outlineWidth) < 2;
  });
  const say = (what: string) => (element: HTMLElement) => `${what}: ${element.tagName} ${element.textContent.trim().slice(0, 40)}`;
  return [...borderless.map(say("no border")), ...unfocused.map(say("no outline"))];
}

/** What moves: an animation that changes more than whether a touch is taken, or a page that scrolls slowly. */
export function findMotion(): string[] {
  const moved = document.getAnimations().flatMap(({ effect }) =>
    (effect as KeyframeEffect).getKeyframes().flatMap((frame) => Object.keys(frame).filter((name) => !["offset", "computedOffset", "easing", "composite", "pointerEvents"].includes(name))),
  );
  const isSlow = getComputedStyle(document.documentElement).scrollBehavior !== "auto";
  return [...new Set(moved), ...(isSlow ? ["scrolling"] : [])].map((name) => `${name} moves`);
}

/** WCAG 2.2, 1.4.12: what a reader's own style may set. */
export function spaceOut(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }");
  document.adoptedStyleSheets.push(sheet);
}

/** Half-seen colours are no finding, and nothing is waited for. */
export function stopMotion(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { animation: none !important }");
  document.adoptedStyleSheets.push(sheet);
}
