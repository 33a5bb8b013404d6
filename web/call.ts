/** "Het gaat nu niet": whom to call, over the page that somebody is writing on, so that nothing typed is lost. */

import { clone, slot } from "./page.ts";
import { assert } from "./protocol/errors.ts";

const TEMPLATE = "sheet-now";

/** Let the link in the header open the sheet on pages that have one; on others, and without the script, it leads to a page. */
export function prepareCalling(): void {
  const link = document.getElementById("now");
  if (link !== null && document.getElementById(TEMPLATE) !== null) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      open(link);
    });
  }
}

function open(link: HTMLElement): void {
  const sheet = clone(TEMPLATE);
  const header = document.querySelector("header");
  assert(sheet instanceof HTMLDialogElement && header !== null, "every page has a header");
  document.body.append(sheet);
  // Whatever lies under a modal dialog is dead. So the header comes along: *Weg van deze pagina*, 112, and what is said
  // while Shift is counted.
  sheet.prepend(header);
  // Escape closes it too, and Back in Chrome on a telephone; elsewhere Back leaves the page, as it always does.
  sheet.addEventListener("close", () => {
    document.body.prepend(header);
    sheet.remove();
    link.focus({ preventScroll: true });
  });
  slot(sheet, "close").addEventListener("click", () => {
    sheet.close();
  });
  sheet.showModal();
  slot(sheet, "heading").focus();
}
