/**
 * The grammar of the templates: what a page may do with the elements that `templates/site` gave it.
 *
 * | attribute   | means                                                                              |
 * |-------------|------------------------------------------------------------------------------------|
 * | data-slot   | text or children are filled in                                                     |
 * | data-field  | a control that is read                                                             |
 * | data-action | what a press on this button asks for                                               |
 * | data-choose | a group of alternatives with data-when, of which one or none is shown              |
 *
 * Text only ever becomes a text node.
 */

import { assert } from "./protocol/errors.ts";
import { leaving } from "./protocol/pause.ts";

/** A press on a button: what it asks for, and the button. */
export interface Press {
  readonly action: string;
  readonly button: HTMLElement;
}

type Control = HTMLInputElement | HTMLTextAreaElement;

/** Return a fresh copy of a template's one element. */
export function clone(id: string): HTMLElement {
  const template = document.getElementById(id);
  assert(template instanceof HTMLTemplateElement, `a template is missing: ${id}`);
  const element = template.content.firstElementChild?.cloneNode(true);
  assert(element instanceof HTMLElement, `a template is empty: ${id}`);
  return element;
}

/** Show one step in place of what was shown, and let its heading take the focus, so that it is read aloud. */
export function show(step: HTMLElement): HTMLElement {
  const main = document.getElementById("main");
  assert(main !== null, "every page has a main part");
  main.replaceChildren(step);
  window.scrollTo(0, 0);
  all(step, "[data-slot=heading]")[0]?.focus();
  return step;
}

/** Return the elements of a slot. */
export function slots(root: ParentNode, name: string): HTMLElement[] {
  return all(root, `[data-slot=${name}]`);
}

/** Return the first element of a slot. */
export function slot(root: ParentNode, name: string): HTMLElement {
  const [first] = slots(root, name);
  assert(first !== undefined, `a slot is missing: ${name}`);
  return first;
}

/** Write a text into every element of a slot. */
export function fill(root: ParentNode, name: string, text: string): void {
  for (const element of slots(root, name)) {
    element.textContent = text;
  }
}

/** Return the controls of a name, in order. */
export function fields(root: ParentNode, name: string): Control[] {
  return all(root, `[data-field=${name}]`) as Control[];
}

/** Return the one control of a name. */
export function field(root: ParentNode, name: string): Control {
  const [first] = fields(root, name);
  assert(first !== undefined, `a field is missing: ${name}`);
  return first;
}

/** Tick these boxes, and keep each box as the page's own: whatever autocomplete says, Firefox's session store keeps others. */
export function tick(inputs: readonly HTMLInputElement[], chosen: readonly string[]): void {
  for (const input of inputs) {
    input.defaultChecked = chosen.includes(input.value);
    // The other radios of a group change without an event of their own.
    input.addEventListener("input", () => {
      for (const each of inputs) {
        each.defaultChecked = each.checked;
      }
    });
  }
}

/** Show one alternative of a group, or none of them. */
export function choose(root: ParentNode, group: string, when: string | null): void {
  for (const element of all(root, `[data-choose=${group}] > [data-when]`)) {
    element.hidden = element.dataset["when"] !== when;
  }
}

/** Wait for a press on one of the buttons inside; Enter in a line of text presses the primary one. */
export async function press(root: HTMLElement): Promise<Press> {
  const ended = new AbortController();
  return new Promise((resolve) => {
    const end = (button: HTMLElement): void => {
      ended.abort();
      resolve({ action: button.dataset["action"] ?? "", button });
    };
    const onClick = (event: Event): void => {
      const button = (event.target as Element).closest<HTMLElement>("[data-action]");
      if (button !== null) {
        end(button);
      }
    };
    const onKey = (event: KeyboardEvent): void => {
      const primary = root.querySelector<HTMLElement>("button.primary");
      if (event.key === "Enter" && event.target instanceof HTMLInputElement && primary !== null) {
        event.preventDefault();
        end(primary);
      }
    };
    root.addEventListener("click", onClick, { signal: ended.signal });
    root.addEventListener("keydown", onKey, { signal: ended.signal });
    // The engine may hold on to what is no longer shown; then nothing may lead from there to what was said.
    leaving.addEventListener("abort", () => { ended.abort(); }, { signal: ended.signal });
  });
}

// Whoever still has room for a page need not think of an end.
const NEAR_THE_END = 2_000;

/** Say how many characters are left when it becomes tight; return whether the text is within its limit. */
export function countCharacters(root: HTMLElement, control: Control): () => boolean {
  const most = Number(control.dataset["max"]);
  const count = (): boolean => {
    const left = most - control.value.length;
    fill(root, "count", new Intl.NumberFormat(document.documentElement.lang).format(Math.abs(left)));
    choose(root, "counter", left < 0 ? "over" : left < NEAR_THE_END ? "within" : null);
    return left >= 0;
  };
  control.addEventListener("input", count);
  count();
  return count;
}

/** Return a day of the protocol in words, as people say it. */
export function sayDay(day: string): string {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    weekday: "long",
    day: "numeric",
    month: "long",
    timeZone: "UTC",
  });
  return format.format(new Date(`${day}T12:00:00Z`));
}

/** Return a day of the protocol in words, with its year: a day until which something may be done can be far away. */
export function sayDate(day: string): string {
  return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" }).format(new Date(`${day}T12:00:00Z`));
}

/** Return a number of bytes in words, as people say it. */
export function sayBytes(size: number): string {
  const [unit, amount] = size < 1_000_000 ? ["kilobyte", size / 1_000] : ["megabyte", size / 1_000_000];
  const maximumFractionDigits = unit === "megabyte" && amount < 10 ? 1 : 0;
  const format = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits });
  return format.format(Math.max(1, amount));
}

/** Return today's day by this device's own calendar. */
export function today(): string {
  const now = new Date();
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

function all(root: ParentNode, selector: string): HTMLElement[] {
  const own = root instanceof HTMLElement && root.matches(selector) ? [root] : [];
  return [...own, ...root.querySelectorAll<HTMLElement>(selector)];
}
