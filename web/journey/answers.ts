/** What a person answered so far; it lives in this page's memory and nowhere else. */

import type { Upload } from "../attachments/upload.ts";
import { slot } from "../page.ts";

export interface Answers {
  /** Whether the story comes before the questions. */
  tellsFirst: boolean;
  readonly choices: Map<string, readonly string[]>;
  story: string;
  readonly files: Upload[];
  /** Persons of the team who may not read it. */
  readonly excluded: Set<string>;
  /** The one of them who may once nobody else is left. */
  successor: string | null;
}

/** One question as the page asks it: its id and the words for its choices. */
export interface Question {
  readonly id: string;
  readonly heading: string;
  readonly labels: ReadonlyMap<string, string>;
  /** Whether it is put before people choose how to begin. */
  readonly comesFirst: boolean;
}

/** Return the questions that this page has templates for, in their order. */
export function readQuestions(): Question[] {
  const templates = document.querySelectorAll<HTMLTemplateElement>("template[data-question]");
  return Array.from(templates, ({ content, dataset }) => ({
    id: dataset["question"] ?? "",
    heading: slot(content, "heading").textContent,
    labels: new Map(
      // Inside a template a control does not know its labels; its choice is the label around it.
      Array.from(content.querySelectorAll("input"), (input) => [input.value, input.closest("label")?.textContent.trim() ?? ""]),
    ),
    comesFirst: "first" in dataset,
  }));
}

/** Return whether there is anything to send: one sentence, one choice or one file is enough. */
export function isEmpty(answers: Answers): boolean {
  return answers.story.trim() === "" && answers.files.length === 0 && [...answers.choices.values()].every((chosen) => chosen.length === 0);
}

/** Let go of everything that was answered. The engine keeps a text for as long as anything refers to it. */
export function forget(answers: Answers): void {
  answers.choices.clear();
  answers.story = "";
  answers.files.length = 0;
  answers.excluded.clear();
  answers.successor = null;
}
