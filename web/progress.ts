/** The one sheet that is shown while something takes time. */

import { choose, clone, show, slot } from "./page.ts";
import { goOn } from "./protocol/pause.ts";

/** What is going on, each with its share of the bar: from, to, in hundredths. */
const STAGES = {
  derive: [0, 50],
  check: [50, 55],
  upload: [55, 55],
  seal: [55, 75],
  work: [75, 90],
  send: [90, 100],
  fetch: [55, 85],
  open: [85, 100],
  download: [0, 100],
  withdraw: [0, 100],
  delete: [0, 100],
} as const;
// With files nearly all of the time is theirs.
const STAGES_WITH_FILES = {
  ...STAGES,
  derive: [0, 10],
  check: [10, 12],
  upload: [12, 90],
  seal: [90, 94],
  work: [94, 97],
  send: [97, 100],
} as const;

/** The shares of taking a conversation back. */
export const DELETION_STAGES = { ...STAGES, fetch: [0, 30], withdraw: [30, 60], delete: [60, 100] } as const;

export type Stage = keyof typeof STAGES;
export type Report = (stage: Stage, part?: number) => void;

/** The person pressed *Stop*. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
}

/** The sheet's two ends: it is told how far things are, `part` from 0 to 1 of its stage, and says when to stop. */
export interface Progress {
  readonly report: Report;
  readonly stopped: AbortSignal;
}

/** Show the sheet. */
export function showProgress(
  withFiles = false,
  stages: Readonly<Record<Stage, readonly [number, number]>> = withFiles ? STAGES_WITH_FILES : STAGES,
): Progress {
  const sheet = show(clone("sheet-progress"));
  const bar = slot(sheet, "bar") as HTMLProgressElement;
  const stop = slot(sheet, "stop") as HTMLButtonElement;
  const stopping = new AbortController();
  stop.addEventListener("click", () => {
    stop.disabled = true;
    stopping.abort();
  });
  let shown: Stage | undefined;
  const report: Report = (stage, part = 0) => {
    const [from, to] = stages[stage];
    requestAnimationFrame(() => {
      // The bar never goes back, whatever order a page takes its stages in.
      bar.value = Math.max(bar.value, from + (to - from) * part);
      if (stage !== shown) {
        choose(sheet, "stage", stage);
        stop.hidden = stage !== "upload" && stage !== "download";
        shown = stage;
      }
    });
  };
  return { report, stopped: stopping.signal };
}

/**
 * Wait until the page was drawn again, or a twentieth of a second where nothing is drawn: a hidden tab goes on too.
 *
 * On a page that was left this never answers.
 */
export async function nextFrame(): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 50);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      setTimeout(resolve, 0);
    });
  });
  await goOn();
}
