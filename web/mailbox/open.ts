/** A mailbox that was opened: read the conversation, write again, and change what holds for it. */

import { offerFiles } from "../attachments/choose.ts";
import { fetchFile } from "../attachments/keep.ts";
import type { Upload } from "../attachments/upload.ts";
import { Delivery } from "../delivery.ts";
import { makeMailbox } from "../keys.ts";
import { choose, clone, countCharacters, press, show, slot, today } from "../page.ts";
import { type Report, showProgress } from "../progress.ts";
import { makeBody } from "../protocol/body.ts";
import { type Draft, newestAllow } from "../protocol/conversation.ts";
import type { Keyset } from "../protocol/keyset.ts";
import { insist } from "../trouble.ts";
import { changeReaders } from "./allowing.ts";
import { mayWrite } from "./along.ts";
import { keepMoment } from "./calendar.ts";
import { deleteConversation, Deletion } from "./deletion.ts";
import { shareWithFamily } from "./family.ts";
import { isUnfinished, showLetters } from "./letters.ts";
import { answerProposal } from "./proposals.ts";
import { type Visit, visit } from "./visit.ts";
import type { Writing } from "./writing.ts";

// What changes what holds; each says whether anything was sent.
const CHANGES: Readonly<Record<string, (visited: Visit, button: HTMLElement) => Promise<boolean>>> = {
  readers: changeReaders,
  family: shareWithFamily,
  agree: answerProposal,
  otherwise: answerProposal,
};

/** Open the mailbox of a secret, and stay until it is closed. */
export async function open(secret: Uint8Array, keyset: Keyset, index: Uint8Array, writing: Writing): Promise<void> {
  const visited = await insist(async () => {
    const { report } = showProgress();
    return visit(await makeMailbox(secret, report), keyset, index, report);
  });
  if (visited !== null) {
    await (visited.own.length === 0 && !visited.isListed ? showNothing() : converse(visited, writing));
  }
}

async function showNothing(): Promise<void> {
  await press(show(clone("sheet-nothing")));
}

/** Show the conversation until it is closed, or deleted. */
async function converse(visited: Visit, writing: Writing): Promise<void> {
  const { files } = writing;
  let sent = false;
  let delivery: Delivery | null = null;
  let deletion: Deletion | null = null;
  for (;;) {
    const page = clone("conversation");
    showLetters(page, visited);
    slot(page, "reply").replaceChildren(...(sent ? [clone("notice-sent")] : makeReply(visited)));
    show(page);
    const { action, button } = await act(page, writing);
    if (action === "close" || action === "discard") {
      writing.discard();
      return;
    } else if (action === "delete") {
      deletion ??= new Deletion(visited);
      if (await deleteConversation(deletion)) {
        return;
      }
    } else if (action === "send") {
      const written = writing.text.trim();
      sent = (await insist(async () => {
        const progress = showProgress(files.length > 0);
        if (delivery?.carries(draftOf(visited, written), files) !== true) {
          delivery = await prepare(visited, written, files, progress.report);
        }
        // Somebody else with this code may have taken the conversation back.
        if (visited.withdrawal !== undefined) {
          return false;
        }
        await delivery.send(progress);
        return true;
      })) === true;
      if (sent) {
        writing.discard();
        deletion = null;
        await insist(async () => visited.fetchOwn());
      }
    } else if (action in CHANGES) {
      if (await CHANGES[action]?.(visited, button)) {
        deletion = null;
        await insist(async () => visited.fetchOwn());
      }
    } else if (action === "fetch") {
      await fetchFile(button, [...visited.own, ...visited.replies].flatMap(({ payload }) => payload.body.attachments));
    } else if (action === "moment") {
      await keepMoment(button.dataset["day"] ?? today());
    } else if (action === "more" || action === "retry") {
      await insist(async () => (action === "more" ? visited.fetchMore() : search(visited)));
    }
  }
}

async function search(visited: Visit): Promise<void> {
  const { report } = showProgress();
  await visited.fetchFirst();
  await visited.search((part) => { report("fetch", part); });
}

// Without an authentic message of one's own nobody knows who may read: ask again, never default to everybody.
function makeReply(visited: Visit): HTMLElement[] {
  if (visited.withdrawal !== undefined) {
    return [clone(isUnfinished(visited) ? "notice-undeleted" : "after-deletion")];
  }
  if (visited.own.length === 0) {
    return [clone("notice-own-missing")];
  }
  return mayWrite(visited) ? [clone("reply")] : [];
}

// A reply without a word and without a file is not sent, and one that was begun is not closed in passing.
async function act(page: HTMLElement, writing: Writing): ReturnType<typeof press> {
  const control = page.querySelector("[data-field=reply]");
  if (!(control instanceof HTMLTextAreaElement)) {
    return press(page);
  }
  control.value = writing.text;
  control.addEventListener("input", () => {
    writing.text = control.value;
    choose(page, "unsent", null);
  });
  const settle = offerFiles(slot(page, "reply"), writing.files);
  const fits = countCharacters(page, control);
  for (;;) {
    const pressed = await press(page);
    const { action } = pressed;
    // Dictation and helpers may fill a field in without a word to the page.
    writing.text = control.value;
    if (action === "close" && writing.isBegun) {
      choose(page, "unsent", "unsent");
      page.querySelector<HTMLElement>("[data-action=discard]")?.focus();
    } else if (action !== "send") {
      return pressed;
    } else if (!(await settle())) {
      // A file was still being looked at when this was pressed; what became of it is there to be seen first.
    } else if (fits() && writing.isBegun) {
      return pressed;
    } else {
      control.focus();
    }
  }
}

// The next free number is looked for only now, so that reading alone looks the same for everybody.
async function prepare(visited: Visit, text: string, files: readonly Upload[], report: Report): Promise<Delivery> {
  report("check");
  await visited.fetchOwn();
  return new Delivery(visited.mailbox, draftOf(visited, text), files, () => newestAllow(visited.own));
}

function draftOf(visited: Visit, text: string): Draft {
  return visited.makeDraft("message", makeBody({ text }));
}
