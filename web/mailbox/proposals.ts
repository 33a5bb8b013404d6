/** A counsellor asks whether a text may be handed over: what the person sees, and their signed answer. */

import { Delivery } from "../delivery.ts";
import { choose, clone, countCharacters, field, fill, press, sayDate, show, slot, today } from "../page.ts";
import { showProgress } from "../progress.ts";
import { type Body, makeBody, PROPOSED_SIZE } from "../protocol/body.ts";
import { type Consent, type Proposal, serializeStatement, state } from "../protocol/consent.ts";
import { type Message, newestAllow } from "../protocol/conversation.ts";
import { encodeB64u, equal } from "../protocol/encoding.ts";
import { SIGN_CONSENT } from "../protocol/labels.ts";
import { sign } from "../protocol/signing.ts";
import { insist } from "../trouble.ts";
import type { Visit } from "./visit.ts";

/** Return the newest answer to a proposal, if it was answered. */
export function findConsent(own: readonly Message[], proposal: Message): Consent | null {
  const answers = own.map(({ payload }) => payload.body.consent).filter((consent) => consent !== null);
  return answers.filter((consent) => equal(consent.proposal, proposal.id)).at(-1) ?? null;
}

/** Fill in a letter that asks: the text as it stands, for whom and until when, and how it was answered. */
export function fillProposal(letter: HTMLElement, message: Message, proposal: Proposal, visit: Visit): void {
  const consent = findConsent(visit.own, message);
  const isOver = today() > proposal.until;
  fill(letter, "recipient", proposal.recipient);
  fill(letter, "until", sayDate(proposal.until));
  fill(letter, "text", consent?.text ?? proposal.text);
  const answered = consent === null ? "open" : consent.statement === null ? "declined" : consent.text === null ? "agreed" : "changed";
  choose(letter, "answered", isOver && answered !== "declined" ? "over" : answered);
  slot(letter, "agree").hidden = isOver || answered !== "open";
  slot(letter, "otherwise").hidden = isOver;
  for (const name of ["agree", "otherwise"]) {
    slot(letter, name).dataset["proposal"] = encodeB64u(message.id);
  }
}

/**
 * Answer a proposal: yes at once, or after a step in which the text is changed or refused.
 *
 * Return whether an answer was sent.
 */
export async function answerProposal(visited: Visit, button: HTMLElement): Promise<boolean> {
  const message = visited.replies.find(({ id }) => encodeB64u(id) === button.dataset["proposal"]);
  const proposal = message?.payload.body.proposal ?? null;
  if (message === undefined || proposal === null) {
    return false;
  }
  const body = button.dataset["action"] === "agree" ? agree(visited, message, proposal, null) : await askOtherwise(visited, message, proposal);
  return body !== null && (await send(visited, body));
}

// Null for whoever goes back.
async function askOtherwise(visited: Visit, message: Message, proposal: Proposal): Promise<Body | null> {
  const step = clone("step-consent");
  const control = field(step, "text") as HTMLTextAreaElement;
  control.value = findConsent(visited.own, message)?.text ?? proposal.text;
  fill(step, "recipient", proposal.recipient);
  fill(step, "until", sayDate(proposal.until));
  show(step);
  const fits = countCharacters(step, control);
  for (;;) {
    const { action } = await press(step);
    const text = control.value.trim();
    if (action === "back") {
      return null;
    }
    if (action === "decline") {
      return makeBody({ consent: { proposal: message.id, text: null, statement: null, signature: null } });
    }
    if (fits() && text !== "" && new TextEncoder().encode(text).length <= PROPOSED_SIZE) {
      return agree(visited, message, proposal, text === proposal.text ? null : text);
    }
    control.focus();
  }
}

function agree(visited: Visit, message: Message, proposal: Proposal, text: string | null): Body {
  const { mailbox, keyset } = visited;
  const statement = state(proposal, text, keyset.roster.organisation, mailbox.verifying);
  const signature = sign(SIGN_CONSENT, serializeStatement(statement), mailbox.signing);
  return makeBody({ consent: { proposal: message.id, text, statement, signature } });
}

async function send(visited: Visit, body: Body): Promise<boolean> {
  let delivery: Delivery | null = null;
  return (await insist(async () => {
    const progress = showProgress();
    if (delivery === null) {
      progress.report("check");
      await visited.fetchOwn();
      delivery = new Delivery(visited.mailbox, visited.makeDraft("consent", body), [], () => newestAllow(visited.own));
    }
    // Somebody else with this code may have taken the conversation back.
    if (visited.withdrawal !== undefined) {
      return false;
    }
    await delivery.send(progress);
    return true;
  })) === true;
}
