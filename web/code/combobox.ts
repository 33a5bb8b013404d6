/**
 * Words of the list proposed under the field that is typed in. ARIA 1.2: a combobox with a listbox.
 *
 * All fields share one list, which stands under the field that has the focus. Nothing is taken but by a press on it, or
 * by Enter after the arrow keys have chosen it.
 */

import { choose, clone, fill, slot } from "../page.ts";

const MOST_PROPOSALS = 4;

/** The list of proposals of some fields. */
export class Combobox {
  readonly #step: HTMLElement;
  readonly #list: HTMLElement;
  readonly #take: (control: HTMLInputElement, word: string) => void;
  #control: HTMLInputElement | null = null;

  /** `take` is told which word was taken for which field; it fills the field in. */
  constructor(step: HTMLElement, controls: readonly HTMLInputElement[], take: (control: HTMLInputElement, word: string) => void) {
    this.#step = step;
    this.#list = slot(step, "options");
    this.#take = take;
    // The focus stays in the field while a proposal is pressed; otherwise the list would be gone before the click.
    this.#list.addEventListener("pointerdown", keepFocus);
    this.#list.addEventListener("mousedown", keepFocus);
    this.#list.addEventListener("click", (event) => {
      this.#takeOption((event.target as Element).closest<HTMLElement>("[role=option]"));
    });
    for (const control of controls) {
      control.addEventListener("blur", () => {
        this.close();
      });
      control.addEventListener("keydown", (event) => {
        this.#onKey(event);
      });
    }
  }

  /** Propose the first few of these words under a field. */
  open(control: HTMLInputElement, words: readonly string[]): void {
    this.close();
    const options = words.slice(0, MOST_PROPOSALS).map((word, i) => {
      const option = clone("option");
      option.id = `option-${i}`;
      option.textContent = word;
      return option;
    });
    choose(this.#step, "options", options.length === 0 ? null : options.length === 1 ? "one" : "many");
    if (options.length > 0) {
      fill(this.#step, "options-count", String(options.length));
      this.#list.replaceChildren(...options);
      this.#list.hidden = false;
      control.after(this.#list);
      control.setAttribute("aria-expanded", "true");
      this.#control = control;
    }
  }

  /** Propose nothing, and keep nothing of what was proposed. */
  close(): void {
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#control?.setAttribute("aria-expanded", "false");
    this.#control?.removeAttribute("aria-activedescendant");
    this.#control = null;
    choose(this.#step, "options", null);
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = this.#list.querySelector<HTMLElement>("[aria-selected=true]");
    if (this.#control === null || event.isComposing) {
      return;
    }
    if (step !== undefined) {
      this.#move(step);
    } else if (event.key === "Escape") {
      this.close();
    } else if (event.key === "Enter" && chosen !== null) {
      this.#takeOption(chosen);
      // Enter means this proposal, and neither the next field nor the button.
      event.stopImmediatePropagation();
    } else {
      return;
    }
    event.preventDefault();
  }

  #move(step: number): void {
    const options = Array.from(this.#list.children);
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const next = at < 0 ? (step > 0 ? 0 : options.length - 1) : (at + step + options.length) % options.length;
    for (const [i, option] of options.entries()) {
      option.setAttribute("aria-selected", String(i === next));
    }
    this.#control?.setAttribute("aria-activedescendant", options[next]?.id ?? "");
    options[next]?.scrollIntoView({ block: "nearest" });
  }

  #takeOption(option: HTMLElement | null): void {
    const control = this.#control;
    if (option !== null && control !== null) {
      const word = option.textContent;
      this.close();
      this.#take(control, word);
    }
  }
}

function keepFocus(event: Event): void {
  event.preventDefault();
}
