/** The one sheet that is shown while something takes time. */

import { choose, clone, show, slot } from "./page.ts";

/** What is going on, each with its share of the bar: from, to, in hundredths. */
const STAGES = {
  derive: [0, 50],
  check: [50, 55],
  seal: [55, 75],
  work: [75, 90],
  send: [90, 100],
  fetch: [55, 85],
  open: [85, 100],
} as const;

export type Stage = keyof typeof STAGES;
export type Report = (stage: Stage, part?: number) => void;

/** Show the sheet; return a function that is told how far things are, `part` from 0 to 1 of its stage. */
export function showProgress(): Report {
  const sheet = show(clone("sheet-progress"));
  const bar = slot(sheet, "bar") as HTMLProgressElement;
  let shown: Stage | undefined;
  return (stage, part = 0) => {
    const [from, to] = STAGES[stage];
    requestAnimationFrame(() => {
      // The bar never goes back, whatever order a page takes its stages in.
      bar.value = Math.max(bar.value, from + (to - from) * part);
      if (stage !== shown) {
        choose(sheet, "stage", stage);
        shown = stage;
      }
    });
  };
}

/** Wait until the page was drawn again, or a twentieth of a second where nothing is drawn: a hidden tab goes on too. */
export async function nextFrame(): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 50);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      setTimeout(resolve, 0);
    });
  });
}
