/** Entering a code: eight words, typed or pasted, from a paper. A correction is proposed, never applied. */

import { choose, clone, fields, press, show, slots } from "../page.ts";
import { complete, decode, PREFIX_LETTERS, recover, split, WORD_COUNT } from "../protocol/code.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { fillPlace } from "./show.ts";
import { chooseList } from "./words.ts";

/** Ask for a code of one of these lists until it is one; return its secret of 11 bytes. */
export async function enterCode(lists: readonly (readonly string[])[]): Promise<Uint8Array> {
  const step = clone("step-enter");
  const controls = fields(step, "word");
  for (const control of controls) {
    control.addEventListener("paste", (event) => {
      spread(event as ClipboardEvent, controls);
    });
  }
  show(step);
  controls[0]?.focus();
  let proposal: { place: number; word: string } | null = null;
  for (;;) {
    const { action } = await press(step);
    if (action === "accept" && proposal !== null) {
      const control = controls[proposal.place];
      if (control !== undefined) {
        control.value = proposal.word;
      }
    }
    const typed = controls.map((control) => split(control.value).join(""));
    const list = chooseList(typed, lists);
    try {
      const secret = decode(typed, list);
      wipe(controls);
      return secret;
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      proposal = explain(step, typed, list);
    }
  }
}

function explain(
  step: HTMLElement,
  typed: readonly string[],
  list: readonly string[],
): { place: number; word: string } | null {
  const unknown = typed.flatMap((word, place) => (isKnown(word, list) ? [] : [place]));
  const [place] = unknown;
  if (place === undefined) {
    choose(step, "problem", "wrong");
    return null;
  }
  if (unknown.length > 1) {
    choose(step, "problem", unknown.every((each) => typed[each] === "") ? "missing" : "unknown");
    markPlace(step, typed.findIndex((word, i) => word !== "" && unknown.includes(i)) || place);
    return null;
  }
  // One unreadable word at a known place follows from the seven others.
  const word = recover(
    typed.map((each, i) => (i === place ? null : each)),
    list,
  );
  choose(step, "problem", "proposal");
  markPlace(step, place, word);
  return { place, word };
}

function markPlace(step: HTMLElement, place: number, word = ""): void {
  for (const slot of slots(step, "index")) {
    fillPlace(slot.parentElement ?? step, Math.max(place, 0), word);
  }
  fields(step, "word")[Math.max(place, 0)]?.focus();
}

function isKnown(word: string, list: readonly string[]): boolean {
  return list.includes(word) || (word.length >= PREFIX_LETTERS && complete(word, list).length === 1);
}

// All eight words may be pasted into any field, with or without numbers and commas.
function spread(event: ClipboardEvent, controls: readonly (HTMLInputElement | HTMLTextAreaElement)[]): void {
  const words = split(event.clipboardData?.getData("text") ?? "");
  if (words.length === WORD_COUNT) {
    event.preventDefault();
    controls.forEach((control, i) => {
      control.value = words[i] ?? "";
    });
  }
}

function wipe(controls: readonly (HTMLInputElement | HTMLTextAreaElement)[]): void {
  for (const control of controls) {
    control.value = "";
  }
}
