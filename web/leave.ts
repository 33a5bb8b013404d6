/** Leaving the page in one touch: what was typed and derived is wiped before anything else loads. */

const wipers: (() => void)[] = [];

/** Wipe these bytes on leaving. JavaScript gives no promise about copies that the engine made. */
export function wipeOnLeave(bytes: Uint8Array): Uint8Array {
  wipers.push(() => bytes.fill(0));
  return bytes;
}

/** Let the button *Weg van deze pagina* wipe and go. Without the script it is an ordinary link. */
export function prepareLeaving(): void {
  const link = document.querySelector<HTMLAnchorElement>("a#leave");
  link?.addEventListener("click", (event) => {
    event.preventDefault();
    leave(link.href);
  });
}

/** Wipe everything known to be secret, empty the document, and replace this page in the history. */
export function leave(to: string): void {
  wipe();
  document.body.replaceChildren();
  location.replace(to);
}

/** Wipe what was registered, and forget it. */
export function wipe(): void {
  for (const control of document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")) {
    control.value = "";
  }
  for (const wiper of wipers.splice(0)) {
    wiper();
  }
}
