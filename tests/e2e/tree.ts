/** What a screen reader is told: Chromium's accessibility tree. What it then says only a person can hear. */

import type { Page, SerializedAXNode } from "puppeteer-core";

// By ARIA 1.2 these need a name; a group without one says nothing that its parts do not say.
const NAMED = ["button", "link", "textbox", "checkbox", "radio", "combobox", "listbox", "group", "radiogroup", "progressbar", "dialog", "navigation", "image"];

/** One element as it is told, with the words inside it. */
export interface Heard {
  readonly role: string;
  readonly name: string;
  readonly description: string;
  readonly isFocused: boolean;
  readonly isModal: boolean;
  readonly level: number;
  /** All the words inside. */
  readonly text: string;
}

/** Return every element that a screen reader meets, in its order. */
export async function hear(page: Page): Promise<Heard[]> {
  const root = await page.accessibility.snapshot({ interestingOnly: false });
  return root === null ? [] : flatten(root);
}

/** What a screen reader would stumble over on any page: the heading, and what has no name. */
export function findUnheard(heard: readonly Heard[]): string[] {
  const titles = heard.filter(({ role, level }) => role === "heading" && level === 1);
  const unnamed = heard.filter(({ role, name }) => NAMED.includes(role) && name.trim() === "");
  return [
    ...(titles.length === 1 && titles[0]?.name !== "" ? [] : [`${titles.length} headings of level 1`]),
    ...unnamed.map(({ role, text }) => `${role} without a name: ${text.slice(0, 40)}`),
  ];
}

/** The words inside all elements of a role that hold any. */
export function textsOf(heard: readonly Heard[], role: string): string[] {
  return heard.filter((each) => each.role === role && each.text !== "").map(({ text }) => text);
}

function flatten(node: SerializedAXNode): Heard[] {
  const inside = (node.children ?? []).flatMap(flatten);
  const { role, name = "", description = "", level = 0, focused = false, modal = false } = node;
  const words = inside.filter((each) => each.role === "StaticText").map((each) => each.name);
  return [{ role, name, description, level, isFocused: focused, isModal: modal, text: words.join(" ").replace(/\s+/g, " ").trim() }, ...inside];
}
