/** The write page: from the first question to *Verstuurd*, in one document, with no request before *Versturen*. */

import { random } from "../api.ts";
import { offerFiles } from "../attachments/choose.ts";
import { choosePlaces, repeatWords, showCode } from "../code/show.ts";
import { DUTCH } from "../code/words.ts";
import { Delivery } from "../delivery.ts";
import { makeMailbox } from "../keys.ts";
import { onLeave, wipe, wipeOnLeave } from "../leave.ts";
import { choose, clone, countCharacters, field, fields, press, show, slot, today } from "../page.ts";
import { showProgress } from "../progress.ts";
import { encode, makeSecret, SECRET_SIZE } from "../protocol/code.ts";
import { type Draft, firstAllow } from "../protocol/conversation.ts";
import type { Keyset } from "../protocol/keyset.ts";
import type { AllowList } from "../protocol/payload.ts";
import { active } from "../protocol/roster.ts";
import { loadKeyset } from "../team.ts";
import { endure, insist } from "../trouble.ts";
import { type Answers, forget, isEmpty, makeRow, type Question, readQuestions } from "./answers.ts";

const STORY = "story";
const FILES = "files";
// The version of content/questions/ stands in the page.
const questionsVersion = (): number => Number(document.body.dataset["questions"]);

/** Run the page. A keyset that does not hold closes it before a word is typed. */
export async function write(): Promise<void> {
  await endure(run);
}

async function run(): Promise<void> {
  document.getElementById("without-script")?.remove();
  if ((await insist(loadKeyset)) === null) {
    history.back();
    return;
  }
  const questions = readQuestions();
  const answers: Answers = { choices: new Map(), story: "", files: [] };
  const secret = wipeOnLeave(makeSecret(wipeOnLeave(random(SECRET_SIZE))));
  const words = encode(secret, DUTCH);
  onLeave(() => {
    forget(answers);
    words.fill("");
  });
  await walk([
    ...questions.map((question) => async () => askQuestion(question, answers)),
    async () => askStory(answers),
    async () => askFiles(answers),
    async () => check(questions, answers),
    async () => showCode(words),
    async () => repeatWords(words, choosePlaces(random(2))),
    async () => send(secret, answers),
  ]);
  wipe();
  show(clone("step-sent"));
}

/** Take steps in order; each says whether it goes forward or back. */
async function walk(steps: readonly (() => Promise<boolean>)[]): Promise<void> {
  let place = 0;
  for (let step = steps[place]; step !== undefined; step = steps[place]) {
    place = Math.max(0, place + ((await step()) ? 1 : -1));
  }
}

async function askQuestion(question: Question, answers: Answers): Promise<boolean> {
  const step = clone(`step-question-${question.id}`);
  const inputs = fields(step, "choice") as HTMLInputElement[];
  const chosen = answers.choices.get(question.id) ?? [];
  for (const input of inputs) {
    input.defaultChecked = chosen.includes(input.value);
  }
  // Firefox's session store keeps each box that stands otherwise than the page has it, whatever autocomplete says; so none does.
  step.addEventListener("input", () => {
    for (const input of inputs) {
      input.defaultChecked = input.checked;
    }
  });
  const { action } = await press(show(step));
  const kept = action === "skip" ? [] : inputs.filter((input) => input.checked).map((input) => input.value);
  answers.choices.set(question.id, kept);
  return action !== "back";
}

async function askStory(answers: Answers): Promise<boolean> {
  const step = clone("step-story");
  const control = field(step, STORY);
  control.value = answers.story;
  show(step);
  const fits = countCharacters(step, control);
  for (;;) {
    const { action } = await press(step);
    answers.story = action === "skip" ? "" : control.value;
    if (action !== "next" || fits()) {
      return action !== "back";
    }
    control.focus();
  }
}

async function askFiles(answers: Answers): Promise<boolean> {
  const step = clone("step-files");
  offerFiles(step, answers.files);
  const { action } = await press(show(step));
  if (action === "skip") {
    answers.files.length = 0;
  }
  return action !== "back";
}

/** Show everything once more; true to go on, false to go back. Something must be there to send. */
async function check(questions: readonly Question[], answers: Answers): Promise<boolean> {
  for (;;) {
    const step = clone("step-check");
    slot(step, "rows").replaceChildren(...makeRows(questions, answers));
    choose(step, "content", isEmpty(answers) ? "none" : "some");
    const { action, button } = await press(show(step));
    if (action === "change") {
      await change(button.dataset["change"] ?? "", questions, answers);
    } else if (action === "back") {
      return false;
    } else if (!isEmpty(answers)) {
      return true;
    }
  }
}

async function change(what: string, questions: readonly Question[], answers: Answers): Promise<void> {
  const question = questions.find(({ id }) => id === what);
  if (question !== undefined) {
    await askQuestion(question, answers);
  } else {
    await (what === FILES ? askFiles(answers) : askStory(answers));
  }
}

function makeRows(questions: readonly Question[], answers: Answers): HTMLElement[] {
  const rows = questions.map(({ id, heading, labels }) => {
    const chosen = (answers.choices.get(id) ?? []).map((choice) => labels.get(choice) ?? choice);
    return makeRow(heading, chosen.join("\n"), id);
  });
  const headingOf = (step: string): string => slot(clone(step), "heading").textContent;
  return [
    ...rows,
    makeRow(headingOf("step-story"), answers.story.trim(), STORY),
    makeRow(headingOf("step-files"), answers.files.map(({ name }) => name).join("\n"), FILES),
  ];
}

async function send(secret: Uint8Array, answers: Answers): Promise<boolean> {
  const everybody = ({ roster }: Keyset): AllowList => firstAllow(Array.from(active(roster).values(), ({ person }) => person));
  let delivery: Delivery | null = null;
  while ((await press(show(clone("step-send")))).action === "send") {
    const sent = await insist(async () => {
      const progress = showProgress(answers.files.length > 0);
      const draft = draftOf(answers);
      if (delivery?.carries(draft, answers.files) !== true) {
        delivery = new Delivery(await makeMailbox(secret, progress.report), draft, answers.files, everybody);
      }
      await delivery.send(progress);
      return true;
    });
    if (sent === true) {
      return true;
    }
  }
  return false;
}

function draftOf(answers: Answers): Draft {
  const given = [...answers.choices].filter(([, chosen]) => chosen.length > 0);
  return {
    kind: "message",
    body: { text: answers.story.trim(), answers: new Map(given), questions: questionsVersion(), attachments: [] },
    day: today(),
    number: 0,
    previous: null,
    seen: new Map(),
  };
}
