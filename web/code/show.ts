/** Three codes to choose from, shown before anything is sent, and two words of the chosen one typed back. */

import { choose, clone, field, fields, fill, press, show, slot, slots } from "../page.ts";
import { split } from "../protocol/code.ts";
import type { Code, Codes } from "./codes.ts";

/** Show the codes, one at a time, until one was written down; false to go back. */
export async function showCode(codes: Codes): Promise<boolean> {
  const step = clone("step-code");
  choose(step, "code", "shown");
  fillCard(step, codes);
  slot(step, "others").hidden = codes.isSettled;
  show(step);
  for (;;) {
    const { action } = await press(step);
    if (action === "other") {
      codes.turn();
      fillCard(step, codes);
    } else if (action === "conceal") {
      const concealed = slot(step, "words").toggleAttribute("data-concealed");
      choose(step, "code", concealed ? "concealed" : "shown");
    } else if (action === "print") {
      window.print();
    } else {
      return action === "next";
    }
  }
}

function fillCard(step: HTMLElement, codes: Codes): void {
  fill(step, "number", String(codes.number));
  slots(step, "word").forEach((element, i) => {
    element.textContent = codes.chosen.words[i] ?? "";
  });
}

/** Have two words of a code typed back; false to go back and see it again. */
export async function repeatWords({ words, places }: Code): Promise<boolean> {
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
