/** The eight fields of a code: proposals while one types, the way from field to field, and what is pasted. */

import { choose, fields, fill } from "../page.ts";
import { complete, WORD_COUNT } from "../protocol/code.ts";
import { Combobox } from "./combobox.ts";
import { find } from "./repair.ts";
import { isSpelled, readWord, readWords } from "./spelling.ts";
import { chooseList, type Lists } from "./words.ts";

// Fewer letters begin so many words that a proposal would be a guess.
const LEAST_LETTERS = 2;
const SEPARATOR = /[\s,;.]$/;

/** The fields of a step that asks for a code. */
export class CodeFields {
  /** The lists that words are proposed from; more may come while somebody types. */
  lists: Lists;
  readonly #step: HTMLElement;
  readonly #controls: HTMLInputElement[];
  readonly #combobox: Combobox;

  constructor(step: HTMLElement, lists: Lists) {
    this.lists = lists;
    this.#step = step;
    this.#controls = fields(step, "word") as HTMLInputElement[];
    this.#combobox = new Combobox(step, this.#controls, (control, word) => {
      control.value = word;
      this.#goOn(control);
    });
    for (const control of this.#controls) {
      control.addEventListener("input", (event) => {
        this.#onInput(event, control);
      });
      control.addEventListener("keydown", (event) => {
        this.#onKey(event, control);
      });
      control.addEventListener("paste", (event) => {
        const words = readWords(event.clipboardData?.getData("text") ?? "");
        if (words.length > 1) {
          event.preventDefault();
          this.#tellCount(words.length, this.#spread(words, control));
        }
      });
    }
  }

  /** Return what stands in the fields, a word each; "" where there is none. */
  read(): string[] {
    for (const control of this.#controls) {
      const words = readWords(control.value);
      if (words.length > 1) {
        this.#spread(words, control);
      }
    }
    return this.#controls.map(({ value }) => readWord(value));
  }

  /** Write a word into each field. */
  write(words: readonly string[]): void {
    for (const [i, control] of this.#controls.entries()) {
      control.value = words[i] ?? "";
    }
  }

  /** Say which fields are doubtful, by their places. */
  mark(places: readonly number[]): void {
    for (const [i, control] of this.#controls.entries()) {
      control.setAttribute("aria-invalid", String(places.includes(i)));
    }
  }

  /** Let a field take the focus, by its place. */
  focus(place: number): void {
    this.#controls[place]?.focus();
  }

  /** Keep nothing of what was typed. */
  wipe(): void {
    this.#combobox.close();
    this.write([]);
  }

  #onInput(event: InputEvent, control: HTMLInputElement): void {
    const { value } = control;
    const words = readWords(value);
    const hasEnded = SEPARATOR.test(value) && !this.#mayGoOn(value);
    // A whole text came at once, from dictation or a keyboard that pastes in its own way.
    const isWhole = !event.isComposing && (event.data ?? "").length > 1;
    if (words.length > 1 && (hasEnded || isWhole) && this.#spread(words, control)) {
      return;
    }
    if (words.length === 1 && hasEnded) {
      control.value = value.trim().replace(SEPARATOR, "");
      this.#goOn(control);
      return;
    }
    this.#propose(control);
  }

  #onKey(event: KeyboardEvent, control: HTMLInputElement): void {
    // Enter in the last field opens, as the page does for every line of text.
    if (event.key === "Enter" && !event.isComposing && control !== this.#controls.at(-1)) {
      event.preventDefault();
      event.stopPropagation();
      this.#goOn(control);
    }
  }

  // "b " and "bernhard " may be the first letter of a word that is spelled out; "hotel " is a word of the list. Of the
  // list that the other words are in: "b a c k " is an English word, and the way to the Dutch "backpacker".
  #mayGoOn(value: string): boolean {
    return isSpelled(value) && (readWords(value).length > 1 || !this.#chooseList().includes(readWord(value)));
  }

  #propose(control: HTMLInputElement): void {
    const word = readWord(control.value);
    const best = this.#chooseList();
    const list = complete(word, best).length > 0 ? best : (this.lists.find((words) => complete(word, words).length > 0) ?? best);
    const found = word.length < LEAST_LETTERS || control.value === word && list.includes(word) ? [] : complete(word, list);
    this.#combobox.open(control, found);
  }

  #chooseList(): readonly string[] {
    return chooseList(this.#controls.map(({ value }) => readWord(value)), this.lists);
  }

  #goOn(control: HTMLInputElement): void {
    const next = this.#controls[this.#controls.indexOf(control) + 1];
    (next ?? this.#step.querySelector<HTMLElement>("button.primary"))?.focus();
  }

  /** Write several words into the fields, from this one on or, if they are eight, from the first; false if they do not fit. */
  #spread(words: readonly string[], control: HTMLInputElement): boolean {
    const from = words.length === WORD_COUNT ? 0 : this.#controls.indexOf(control);
    const places = this.#controls.slice(from, from + words.length);
    const isFree = words.length === WORD_COUNT || places.every((each) => each === control || each.value === "");
    if (places.length < words.length || !isFree) {
      return false;
    }
    for (const [i, each] of places.entries()) {
      each.value = words[i] ?? "";
    }
    this.#combobox.close();
    places.at(-1)?.focus();
    return true;
  }

  #tellCount(count: number, isFilledIn: boolean): void {
    fill(this.#step, "count", String(count));
    choose(this.#step, "problem", count === WORD_COUNT ? null : isFilledIn ? "pasted" : "refused");
    choose(this.#step, "repair", null);
    this.mark([]);
  }
}

/** Return the places of words that are in no list, nor the beginning of one. */
export function findUnknown(typed: readonly string[], words: readonly string[]): number[] {
  return typed.flatMap((word, place) => (word !== "" && find(word, words) < 0 ? [place] : []));
}
