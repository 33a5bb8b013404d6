/** What the release knows beforehand; it stands in the page, and the page in the manifest. spec: Keyset. */

import { decodeB64u } from "./protocol/encoding.ts";
import { assert } from "./protocol/errors.ts";
import type { Pins } from "./protocol/roster.ts";

/** Return the pins of this page. */
export function readPins(): Pins {
  return {
    organisation: read("organisation"),
    rootKey: decodeB64u(read("root-key")),
    minimumRosterVersion: Number(read("minimum-roster-version")),
  };
}

function read(name: string): string {
  const content = document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;
  assert(content !== undefined, `the page lacks ${name}`);
  return content;
}
