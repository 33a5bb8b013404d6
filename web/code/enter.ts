/** Entering a code: eight words, typed, pasted or spelled out, from a paper. A repair is proposed, never applied. */

import { onLeave } from "../leave.ts";
import { choose, clone, fill, press, show, slot } from "../page.ts";
import { decode, WORD_COUNT } from "../protocol/code.ts";
import { MalformedError } from "../protocol/errors.ts";
import { CodeFields, findUnknown } from "./fields.ts";
import { type Proposal, repair } from "./repair.ts";
import { chooseList, DUTCH, type Lists } from "./words.ts";

/**
 * Ask for a code of one of these lists until it is one; return its secret of 11 bytes.
 *
 * The Dutch list is there from the start. The others are loaded once the page stands there, for everybody alike, and
 * only a word that is not Dutch waits for them. Throws whatever loading them has thrown, once they are needed.
 */
export async function enterCode(load: () => Promise<Lists>): Promise<Uint8Array> {
  const step = clone("step-enter");
  const entry = new CodeFields(step, [DUTCH]);
  let proposals: readonly Proposal[] = [];
  const forget = (): void => {
    entry.wipe();
    proposals = [];
    slot(step, "proposals").replaceChildren();
  };
  onLeave(forget);
  show(step);
  entry.focus(0);
  const loading = load();
  loading.then(
    (lists) => {
      entry.lists = lists;
    },
    () => undefined,
  );
  for (;;) {
    const { action, button } = await press(step);
    if (action === "accept") {
      entry.write(proposals[Number(button.dataset["number"])]?.words ?? []);
    }
    const typed = entry.read();
    const isComplete = entry.lists.length > 1;
    const secret = open(typed, entry.lists) ?? (isComplete ? null : open(typed, await wait(step, loading)));
    if (secret !== null) {
      forget();
      return secret;
    }
    const list = chooseList(typed, entry.lists);
    proposals = repair(typed, list);
    explain(step, entry, typed, list);
    propose(step, entry, proposals);
  }
}

async function wait(step: HTMLElement, loading: Promise<Lists>): Promise<Lists> {
  choose(step, "repair", null);
  choose(step, "problem", "waiting");
  return loading;
}

function open(typed: readonly string[], lists: Lists): Uint8Array | null {
  for (const words of lists) {
    try {
      return decode(typed, words);
    } catch (error) {
      if (!(error instanceof MalformedError)) {
        throw error;
      }
    }
  }
  return null;
}

/** Say in which way the words fail, and lead to the first one to look at. */
function explain(step: HTMLElement, entry: CodeFields, typed: readonly string[], words: readonly string[]): void {
  const unknown = findUnknown(typed, words);
  const [first] = unknown;
  const count = typed.filter((word) => word !== "").length;
  fill(step, "index", String((first ?? 0) + 1));
  fill(step, "count", String(count));
  choose(step, "problem", first !== undefined ? "unknown" : count < WORD_COUNT ? "missing" : "wrong");
  entry.mark(unknown);
  entry.focus(first ?? Math.max(0, typed.indexOf("")));
}

/** Ask for whole codes whether they were meant; the words that are other than typed are marked. */
function propose(step: HTMLElement, entry: CodeFields, proposals: readonly Proposal[]): void {
  const [first, ...others] = proposals;
  const isGap = others.length > 0 && proposals.length === WORD_COUNT;
  choose(step, "repair", first === undefined ? null : "proposal");
  choose(step, "question", isGap ? "gap" : others.length > 0 ? "several" : "one");
  slot(step, "proposals").replaceChildren(...proposals.map((proposal, i) => makeProposal(proposal, i, isGap)));
  if (first !== undefined) {
    entry.mark(isGap ? [] : proposals.flatMap(({ changes }) => changes.map(({ place }) => place)));
    // Whoever reads the question needs neither the keyboard of a phone nor a field.
    const question = slot(step, "question");
    question.focus({ preventScroll: true });
    question.scrollIntoView({ block: "nearest" });
  }
}

function makeProposal({ words, changes }: Proposal, number: number, isShort: boolean): HTMLElement {
  const item = clone("proposal");
  const button = slot(item, "code");
  button.dataset["number"] = String(number);
  const isChanged = (place: number): boolean => changes.some((change) => change.place === place);
  for (const [place, word] of words.entries()) {
    if (isChanged(place) || !isShort) {
      const part = clone(isChanged(place) ? "word-proposed" : "word-kept");
      fill(part, "index", String(place + 1));
      fill(part, isChanged(place) ? "word" : "same", word);
      button.append(part);
    }
  }
  return item;
}
