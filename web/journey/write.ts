/** The write page: from the first question to *Verstuurd*, in one document, with no request before *Versturen*. */

import { random } from "../api.ts";
import { Codes } from "../code/codes.ts";
import { repeatWords, showCode } from "../code/show.ts";
import { holdBack, wasLoadedAnew } from "../history.ts";
import { onLeave, wipe } from "../leave.ts";
import { choose, clone, show } from "../page.ts";
import { listPersons, type Person } from "../persons.ts";
import { leaving } from "../protocol/pause.ts";
import { loadKeyset } from "../team.ts";
import { endure, insist } from "../trouble.ts";
import { type Answers, forget, isEmpty, type Question, readQuestions } from "./answers.ts";
import { askBegin, askFiles, askQuestion, askStory, type Welcome } from "./ask.ts";
import { check } from "./check.ts";
import { askExclude } from "./exclude.ts";
import { type Step, walk } from "./route.ts";
import { Sending } from "./send.ts";

const CHECK = "check";
const NO_REPLY = "no-reply";

/** Run the page. A keyset that does not hold closes it before a word is typed. */
export async function write(): Promise<void> {
  await endure(run);
}

async function run(): Promise<void> {
  const keyset = await insist(loadKeyset);
  if (keyset === null) {
    history.back();
    return;
  }
  const questions = readQuestions();
  const persons = listPersons(keyset.roster);
  const answers: Answers = { tellsFirst: true, choices: new Map(), story: "", files: [], excluded: new Set(), successor: null };
  const codes = new Codes(random);
  const sending = new Sending(codes, answers, persons);
  onLeave(() => {
    forget(answers);
  });
  const sent = keepWhatIsTyped(answers, questions);
  const asking = planSteps(questions, persons, answers);
  const rest: readonly Step[] = [
    { id: CHECK, take: async () => check({ questions, persons, answers, steps: asking }) },
    { id: "code", take: async () => actionOf(await showCode(codes)) },
    { id: "repeat", take: async () => actionOf(await repeatWords(codes.chosen)) },
    { id: "send", take: async () => actionOf(await sending.ask()) },
  ];
  await walk(
    () => [...asking(), ...rest],
    (action, from) => leap(action, from, asking(), questions),
  );
  const wantsReply = answers.choices.get("wish")?.includes(NO_REPLY) !== true;
  wipe();
  sent.abort();
  const step = clone("step-sent");
  choose(step, "reply", wantsReply ? "wanted" : "unwanted");
  show(step);
}

/** Keep one press from losing what is typed, from the first press on until it was sent: the browser's Back, and links. */
function keepWhatIsTyped(answers: Answers, questions: readonly Question[]): AbortController {
  const main = document.getElementById("main");
  const sent = new AbortController();
  const isAtStart = (): boolean => main?.querySelector(`[data-step="step-question-${questions[0]?.id ?? ""}"]`) !== null;
  const keep = (): void => {
    document.body.dataset["answering"] = "";
    holdBack(
      () => sent.signal.aborted || (isEmpty(answers) && isAtStart()),
      () => main?.querySelector<HTMLElement>("[data-action=back]")?.click(),
    );
  };
  main?.addEventListener("click", keep, { once: true, signal: leaving });
  sent.signal.addEventListener("abort", () => delete document.body.dataset["answering"]);
  return sent;
}

/** Return the steps that ask for something, in the order that was chosen. */
function planSteps(questions: readonly Question[], persons: readonly Person[], answers: Answers): () => Step[] {
  const welcome: Welcome = { isAnew: wasLoadedAnew(), isKept: () => !isEmpty(answers) };
  const put = (isFirst: boolean): Step[] =>
    questions
      .filter(({ comesFirst }) => comesFirst === isFirst)
      .map((question) => ({ id: question.id, take: async () => askQuestion(question, answers, welcome) }));
  const telling: readonly Step[] = [
    { id: "story", take: async () => askStory(answers) },
    { id: "files", take: async () => askFiles(answers) },
  ];
  const begin: Step = { id: "begin", take: async () => askBegin(answers) };
  const exclude: Step = { id: "exclude", take: async () => askExclude(persons, answers) };
  const [first, later] = [put(true), put(false)];
  return () => [...first, begin, ...(answers.tellsFirst ? [...telling, ...later] : [...later, ...telling]), exclude];
}

/** Return where *Naar het einde* and *Sla de vragen over* lead: to the check, and to the next step that is no question. */
function leap(action: string, from: string, asking: readonly Step[], questions: readonly Question[]): string | null {
  if (action === "past") {
    const after = asking.slice(asking.findIndex(({ id }) => id === from) + 1);
    return after.find(({ id }) => !questions.some((question) => question.id === id))?.id ?? CHECK;
  }
  return action === "end" ? CHECK : null;
}

const actionOf = (goesOn: boolean): string => (goesOn ? "next" : "back");
