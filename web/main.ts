/** The entry of every page: it prepares leaving, and loads what the page needs. */

import { prepareCalling } from "./call.ts";
import { watchContacts } from "./contacts.ts";
import { prepareLeaving } from "./leave.ts";
import { goOn } from "./protocol/pause.ts";

prepareLeaving();
watchContacts();
prepareCalling();

const page = document.body.dataset["page"];
if (page === "schrijven") {
  const { write } = await import("./journey/write.ts");
  await goOn();
  await write();
} else if (page === "lezen") {
  const { read } = await import("./mailbox/read.ts");
  await goOn();
  await read();
} else if (page === "veilig") {
  const { showTeam } = await import("./safe.ts");
  await goOn();
  await showTeam();
}
