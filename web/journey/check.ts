/** *Kijk het na*: every answer with a way to change it, what was skipped by name, and what may tell who wrote the story. */

import { choose, clone, fill, press, show, slot } from "../page.ts";
import type { Person } from "../persons.ts";
import { type Answers, isEmpty, type Question } from "./answers.ts";
import { type Finding, findIdentifying, readKnown } from "./identifying.ts";
import { isReadable } from "./exclude.ts";
import type { Step } from "./route.ts";

const STORY = "story";

/** What the step shows: the steps before it, each of which can be taken again. */
export interface Review {
  readonly answers: Answers;
  readonly questions: readonly Question[];
  readonly persons: readonly Person[];
  readonly steps: () => readonly Step[];
}

/** Show everything once more; return `next`, or `back`. Something must be there to send, and somebody to read it. */
export async function check(review: Review): Promise<string> {
  const { answers, persons, steps } = review;
  for (;;) {
    const isReady = !isEmpty(answers) && isReadable(persons, answers);
    const { action, button } = await press(show(makeStep(review)));
    if (action === "change") {
      await steps().find(({ id }) => id === button.dataset["change"])?.take();
    } else if (action === "back" || isReady) {
      return action;
    }
  }
}

function makeStep({ answers, questions, persons, steps }: Review): HTMLElement {
  const step = clone("step-check");
  const asked = steps().map(({ id }) => ({ id, ...sayAnswer(id, answers, questions, persons) }));
  const rows = asked.filter(({ heading }) => heading !== "");
  const given = rows.filter(({ answer }) => answer !== "");
  const findings = findIdentifying(answers.story.trim(), readKnown());
  slot(step, "rows").replaceChildren(...given.map((row) => makeRow(row, row.id === STORY ? findings : [])));
  slot(step, "skipped").replaceChildren(...rows.filter(({ answer }) => answer === "").map(makeSkipped));
  slot(step, "found").replaceChildren(...makeFound(answers.story.trim(), findings));
  choose(step, "content", isReadable(persons, answers) ? (isEmpty(answers) ? "none" : "some") : "nobody");
  choose(step, "identifying", findings.length > 0 ? "some" : null);
  choose(step, "skipped", given.length < rows.length ? "some" : null);
  return step;
}

interface Row {
  readonly id: string;
  readonly heading: string;
  readonly answer: string;
}

/** Return a step's heading and what was answered there; no heading where nothing is asked. */
function sayAnswer(id: string, answers: Answers, questions: readonly Question[], persons: readonly Person[]): Omit<Row, "id"> {
  const question = questions.find((each) => each.id === id);
  const headingOf = (step: string): string => slot(clone(step), "heading").textContent;
  if (question !== undefined) {
    const chosen = (answers.choices.get(id) ?? []).map((choice) => question.labels.get(choice) ?? choice);
    return { heading: question.heading, answer: chosen.join("\n") };
  }
  switch (id) {
    case STORY:
      return { heading: headingOf("step-story"), answer: answers.story.trim() };
    case "files":
      return { heading: headingOf("step-files"), answer: answers.files.map(({ name }) => name).join("\n") };
    case "exclude":
      return { heading: headingOf("step-exclude"), answer: sayExcluded(answers, persons) };
    default:
      return { heading: "", answer: "" };
  }
}

function sayExcluded({ excluded, successor }: Answers, persons: readonly Person[]): string {
  const names = persons.filter(({ id }) => excluded.has(id)).map(({ name }) => name);
  const last = persons.filter(({ id }) => excluded.has(id) && id === successor).map(({ name }) => {
    const line = clone("successor-line");
    fill(line, "name", name);
    return line.textContent;
  });
  return [...names, ...last].join("\n");
}

function makeRow({ id, heading, answer }: Row, findings: readonly Finding[]): HTMLElement {
  const row = clone("check-row");
  fill(row, "question", heading);
  slot(row, "answer").replaceChildren(...markText(answer, findings));
  row.querySelector("[data-action=change]")?.setAttribute("data-change", id);
  return row;
}

function makeSkipped({ id, heading }: Row): HTMLElement {
  const row = clone("check-skipped");
  fill(row, "question", heading);
  row.querySelector("[data-action=change]")?.setAttribute("data-change", id);
  return row;
}

/** Return a text with what was found in it inside <mark>: text nodes, whatever it holds. */
function markText(text: string, findings: readonly Finding[]): Node[] {
  const nodes: Node[] = [];
  let end = 0;
  for (const finding of findings) {
    const mark = document.createElement("mark");
    mark.textContent = text.slice(finding.start, finding.end);
    nodes.push(new Text(text.slice(end, finding.start)), mark);
    ({ end } = finding);
  }
  return [...nodes, new Text(text.slice(end))];
}

/** Return a line for each thing that was found, and why; twice the same is one line. */
function makeFound(text: string, findings: readonly Finding[]): HTMLElement[] {
  const lines = new Map(findings.map(({ start, end, kind }) => [text.slice(start, end), kind]));
  return Array.from(lines, ([words, kind]) => {
    const line = clone("found-line");
    fill(line, "text", words);
    choose(line, "kind", kind);
    return line;
  });
}
