/** The page on trust: who would read, and the eight words by which the list of them is compared. spec: Fingerprint. */

import { DUTCH } from "./code/words.ts";
import { choose, clone, fill, press, sayDay, slot, slots } from "./page.ts";
import { readPins } from "./pins.ts";
import { KeysetError, ProtocolError } from "./protocol/errors.ts";
import { fingerprint } from "./protocol/keyset.ts";
import { goOn } from "./protocol/pause.ts";
import { active, type Roster, serializeRoster, type Workstation } from "./protocol/roster.ts";
import { loadKeyset } from "./team.ts";

/** Show the team of a keyset that holds; of any other not one word, only why and the telephone. */
export async function showTeam(): Promise<void> {
  for (;;) {
    try {
      const { roster } = await loadKeyset();
      await goOn();
      place(makeTeam(roster));
      return;
    } catch (error) {
      await goOn();
      await press(place(makeMissing(error)));
    }
  }
}

function place(part: HTMLElement): HTMLElement {
  slot(document, "place").replaceChildren(part);
  return part;
}

function makeTeam(roster: Roster): HTMLElement {
  const team = clone("team");
  const words = fingerprint(readPins().rootKey, serializeRoster(roster), DUTCH);
  slots(team, "word").forEach((element, i) => {
    element.textContent = words[i] ?? "";
  });
  fill(team, "version", String(roster.version));
  fill(team, "day", sayDay(roster.expiresOn));
  // A person may have several workstations.
  const persons = new Map(Array.from(active(roster).values(), (workstation) => [workstation.person, workstation]));
  const sorted = Array.from(persons.values()).sort((a, b) => a.name.localeCompare(b.name));
  slot(team, "people").replaceChildren(...sorted.map(makePerson));
  return team;
}

function makePerson({ name, affiliations }: Workstation): HTMLElement {
  const person = clone("team-person");
  fill(person, "name", name);
  fill(person, "affiliations", affiliations.join(", "));
  choose(person, "affiliations", affiliations.length > 0 ? "some" : "none");
  return person;
}

function makeMissing(error: unknown): HTMLElement {
  const missing = clone("team-missing");
  const byClock = error instanceof KeysetError && (error.reason === "expired" || error.reason === "frozen");
  choose(missing, "reason", byClock ? "clock" : error instanceof ProtocolError ? "other" : "offline");
  return missing;
}
