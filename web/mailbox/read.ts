/** The read page: enter the code; what follows from it is loaded meanwhile. */

import { getIndex, UnreachableError } from "../api.ts";
import { enterCode } from "../code/enter.ts";
import { loadLists } from "../code/words.ts";
import { holdBack } from "../history.ts";
import { onLeave, wipe, wipeOnLeave } from "../leave.ts";
import { goOn } from "../protocol/pause.ts";
import { loadKeyset } from "../team.ts";
import { endure, insist } from "../trouble.ts";
import type { open as Open } from "./open.ts";
import { Writing } from "./writing.ts";

/** Run the page. Keyset and index load with it, before a code is known, for every visitor alike. */
export async function read(): Promise<void> {
  await endure(run);
}

async function run(): Promise<void> {
  const writing = new Writing();
  for (let isHeld = false; ; isHeld = true) {
    onLeave(() => {
      writing.discard();
    });
    const loaded = await insist(async () => ({ keyset: await loadKeyset(), index: await getIndex() }));
    if (loaded === null) {
      history.back();
      return;
    }
    const entering = enterCode(loadLists);
    // While the words are typed, for everybody alike. Should it not come now, it is asked for again with the code.
    loadMailbox().catch(() => undefined);
    const secret = wipeOnLeave(await entering);
    if (!isHeld) {
      holdBack(() => !writing.isBegun, goBack);
    }
    const open = await insist(loadMailbox);
    await open?.(secret, loaded.keyset, loaded.index, writing);
    wipe();
  }
}

async function loadMailbox(): Promise<typeof Open> {
  const { open } = await import("./open.ts").catch(() => {
    throw new UnreachableError("a module of the page");
  });
  await goOn();
  return open;
}

// The browser's Back: from a sheet to the conversation, and from there as *Sluit mijn berichten*.
function goBack(): void {
  const main = document.getElementById("main");
  const button = main?.querySelector<HTMLElement>("[data-action=back]") ?? main?.querySelector<HTMLElement>("[data-action=close]");
  button?.click();
}
