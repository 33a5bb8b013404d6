/** The way through the steps. */

import { expect, test } from "vitest";

import { walk } from "../../../web/journey/route.ts";

/** Walk with these actions; return the steps that were taken. */
async function walked(actions: readonly string[], orders: readonly (readonly string[])[] = [["a", "b", "c", "d"]]): Promise<string[]> {
  const taken: string[] = [];
  const left = [...actions];
  let order = 0;
  await walk(
    () =>
      (orders[order] ?? []).map((id) => ({
        id,
        take: async () => {
          taken.push(id);
          const action = left.shift() ?? "next";
          order += action === "turn" ? 1 : 0;
          return Promise.resolve(action);
        },
      })),
    (action) => (action === "end" ? "d" : null),
  );
  return taken;
}

test("back leads to where one came from, also after a leap, and at the first step it stays", async () => {
  await expect(walked(["next", "back", "back", "end", "back", "next", "next", "next"])).resolves.toEqual(["a", "b", "a", "a", "d", "a", "b", "c", "d"]);
});

test("an order that changes on the way holds for what is to come, and back still finds what was", async () => {
  const orders = [["a", "b", "c", "d"], ["a", "c", "b", "d"]];
  await expect(walked(["turn", "next", "back", "next"], orders)).resolves.toEqual(["a", "c", "b", "c", "b", "d"]);
});
