/** The way through the steps: onward, back to where one came from, and past what one wants to leave out. */

/** A step; `take` shows it and says what was pressed. */
export interface Step {
  readonly id: string;
  readonly take: () => Promise<string>;
}

/** Where an action leads, if it is neither to the next step nor back: the id of a later step, or null for the next one. */
export type Leap = (action: string, from: string) => string | null;

/**
 * Take steps until the last one is done.
 *
 * The route is asked for after every step, since what was chosen may change the order of those to come. *Terug* leads to
 * the step before, as it was walked; at the first step it stays there.
 */
export async function walk(route: () => readonly Step[], leap: Leap): Promise<void> {
  const walked: string[] = [];
  for (let step = route()[0]; step !== undefined;) {
    const action = await step.take();
    const { id } = step;
    const steps = route();
    const find = (wanted: string): Step | undefined => steps.find((each) => each.id === wanted);
    if (action === "back") {
      step = find(walked.pop() ?? id);
    } else {
      walked.push(id);
      const target = leap(action, id);
      step = target === null ? steps[steps.findIndex((each) => each.id === id) + 1] : find(target);
    }
  }
}
