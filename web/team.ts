/** Who would read: the verified keyset, or a closed page. spec: Keyset. */

import { getKeyset } from "./api.ts";
import { readPins } from "./pins.ts";
import { type Keyset, verify } from "./protocol/keyset.ts";

/** Fetch and verify the keyset by this device's clock. Throws KeysetError, MalformedError, UnreachableError. */
export async function loadKeyset(): Promise<Keyset> {
  return verify(await getKeyset(), readPins(), Math.floor(Date.now() / 1000));
}
