/** The steps that ask: a question, how to begin, the story, the files. Each returns what was pressed. */

import { offerFiles } from "../attachments/choose.ts";
import { choose, clone, countCharacters, field, fields, press, show, tick } from "../page.ts";
import type { Answers, Question } from "./answers.ts";

/** What the first question says about the page itself. */
export interface Welcome {
  /** Whether the page was loaded anew and lost what was typed. It is said once. */
  isAnew: boolean;
  /** Whether the link to the start page would lose something. */
  readonly isKept: () => boolean;
}

/** Put one question, and show at once the step that a choice leads to. */
export async function askQuestion({ id }: Question, answers: Answers, welcome: Welcome): Promise<string> {
  const step = clone(`step-question-${id}`);
  const inputs = fields(step, "choice") as HTMLInputElement[];
  tick(inputs, answers.choices.get(id) ?? []);
  choose(step, "loaded", welcome.isAnew ? "anew" : null);
  choose(step, "home", welcome.isKept() ? null : "free");
  welcome.isAnew = false;
  for (;;) {
    const { action } = await press(show(step));
    const chosen = action === "skip" ? [] : inputs.filter((input) => input.checked);
    answers.choices.set(id, chosen.map((input) => input.value));
    const then = chosen.map((input) => input.dataset["then"]).find((name) => name !== undefined);
    if (action !== "next" || then === undefined || (await showThen(then)) !== "back") {
      return action;
    }
  }
}

/** Show what follows from a choice: 112, or a safer place to write. */
async function showThen(name: string): Promise<string> {
  const { action } = await press(show(clone(`step-${name}`)));
  if (action === "leave") {
    document.getElementById("leave")?.click();
  }
  return action;
}

/** Ask how to begin. */
export async function askBegin(answers: Answers): Promise<string> {
  const { action } = await press(show(clone("step-begin")));
  if (action !== "back") {
    answers.tellsFirst = action === "tell";
  }
  return action;
}

/** Ask for the story; a text that is too long stays until it fits. */
export async function askStory(answers: Answers): Promise<string> {
  const step = clone("step-story");
  const control = field(step, "story");
  control.value = answers.story;
  show(step);
  const fits = countCharacters(step, control);
  for (;;) {
    const { action } = await press(step);
    answers.story = action === "skip" ? "" : control.value;
    if (action === "back" || action === "skip" || fits()) {
      return action;
    }
    control.focus();
  }
}

/** Ask for files; none goes on that was not looked at. */
export async function askFiles(answers: Answers): Promise<string> {
  const step = clone("step-files");
  const settle = offerFiles(step, answers.files);
  show(step);
  for (;;) {
    const { action } = await press(step);
    if (action === "skip") {
      answers.files.length = 0;
    }
    if ((await settle()) || action === "skip" || action === "back") {
      return action;
    }
  }
}
