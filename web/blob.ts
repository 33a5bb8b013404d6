/** Handing something out of the page's memory to the person's own device. */

import { onLeave } from "./leave.ts";

const BLOB_SECONDS = 60;

/** Let a link hand out what `make` returns, each time it is pressed. */
export function offer(link: HTMLAnchorElement, make: () => Blob): void {
  // Until the person wants it, it is nowhere but in memory: a browser may put what has an address on its disk.
  link.addEventListener("click", () => {
    const address = URL.createObjectURL(make());
    link.href = address;
    const revoke = (): void => {
      URL.revokeObjectURL(address);
    };
    setTimeout(revoke, BLOB_SECONDS * 1000);
    onLeave(revoke);
  });
}
