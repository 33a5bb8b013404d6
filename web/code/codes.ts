/** Three codes to choose from. spec: Code, 4. */

import { onLeave, wipeOnLeave } from "../leave.ts";
import { encode, makeSecret, SECRET_SIZE, WORD_COUNT } from "../protocol/code.ts";
import type { Random } from "../protocol/envelope.ts";
import { DUTCH } from "./words.ts";

const CODE_COUNT = 3;
const PAIRS = Array.from({ length: WORD_COUNT }, (_, one) => one).flatMap((one) =>
  Array.from({ length: WORD_COUNT - 1 - one }, (_, i): readonly [number, number] => [one, one + 1 + i]),
);

/** A code, and the two places (0–7, the lower first) of the words that are typed back. */
export interface Code {
  readonly secret: Uint8Array;
  readonly words: readonly string[];
  readonly places: readonly [number, number];
}

/** The codes of one report, of which one is chosen. */
export class Codes {
  readonly all: readonly Code[];
  #number = 0;
  #isSettled = false;

  /** Make codes from a source of random bytes; all of them are wiped on leaving, the chosen one and the others. */
  constructor(random: Random) {
    const [start = 0] = random(1);
    this.all = Array.from({ length: CODE_COUNT }, (_, i) => {
      const secret = wipeOnLeave(makeSecret(wipeOnLeave(random(SECRET_SIZE))));
      const words = encode(secret, DUTCH);
      onLeave(() => words.fill(""));
      // Every code asks for other places, and always for the same: who looks again is not asked anew.
      return { secret, words, places: PAIRS[(start + 9 * i) % PAIRS.length] ?? [0, 1] };
    });
  }

  /** The number of the chosen code, from one. */
  get number(): number {
    return this.#number + 1;
  }

  get chosen(): Code {
    const code = this.all[this.#number];
    if (code === undefined) {
      throw new RangeError("there are three codes");
    }
    return code;
  }

  /** Choose the next code; after the last comes the first. */
  turn(): void {
    this.#number = (this.#number + 1) % this.all.length;
  }

  /** Stay with the chosen code: something may have arrived under it. */
  settle(): void {
    this.#isSettled = true;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }
}
