/** The code, shown once before anything is sent, and two of its words typed back. */

import { choose, clone, field, fields, fill, press, show, slot, slots } from "../page.ts";
import { split } from "../protocol/code.ts";

/** Show the eight words until they were written down; false to go back. */
export async function showCode(words: readonly string[]): Promise<boolean> {
  const step = clone("step-code");
  slots(step, "word").forEach((element, i) => {
    element.textContent = words[i] ?? "";
  });
  choose(step, "code", "shown");
  show(step);
  for (;;) {
    const { action } = await press(step);
    if (action !== "conceal") {
      return action === "next";
    }
    const concealed = slot(step, "words").toggleAttribute("data-concealed");
    choose(step, "code", concealed ? "concealed" : "shown");
  }
}

/** Have two words typed back, chosen by `places` (0–7); false to go back. */
export async function repeatWords(words: readonly string[], places: readonly [number, number]): Promise<boolean> {
  const step = clone("step-repeat");
  slots(step, "index").forEach((element, i) => {
    element.textContent = String((places[i] ?? 0) + 1);
  });
  show(step);
  for (;;) {
    const { action } = await press(step);
    if (action !== "next") {
      return false;
    }
    const typed = fields(step, "repeat").map((control) => split(control.value).join(""));
    if (typed.every((word, i) => word === words[places[i] ?? 0])) {
      return true;
    }
    choose(step, "result", "wrong");
    field(step, "repeat").focus();
  }
}

/** Return two different places of a code, the lower first, from two random bytes. */
export function choosePlaces(random: Uint8Array): [number, number] {
  const first = (random[0] ?? 0) % 8;
  const second = (first + 1 + ((random[1] ?? 0) % 7)) % 8;
  return first < second ? [first, second] : [second, first];
}

/** Fill a place of a proposal or problem in, counted from one. */
export function fillPlace(root: ParentNode, place: number, word = ""): void {
  fill(root, "index", String(place + 1));
  fill(root, "word", word);
}
