import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type Area, isShrunk, keptOf, lastOf, type Mark, measure, place, plan, span } from "../../../web/attachments/area.ts";

const SIZE = { width: 400, height: 300 };
const size = fc.record({ width: fc.integer({ min: 1, max: 12_000 }), height: fc.integer({ min: 1, max: 9_000 }) });
const place01 = fc.double({ min: -0.5, max: 1.5, noNaN: true });
const corners = fc.tuple(place01, place01, place01, place01);

function isInside({ left, top, width, height }: Area, within: { width: number; height: number }): boolean {
  const isWhole = [left, top, width, height].every(Number.isInteger);
  return isWhole && left >= 0 && top >= 0 && width >= 1 && height >= 1 && left + width <= within.width && top + height <= within.height;
}

const cover = (left: number, top: number, width: number, height: number): Mark => ({ tool: "cover", area: { left, top, width, height } });
const keep = (left: number, top: number, width: number, height: number): Mark => ({ tool: "keep", area: { left, top, width, height } });

describe("an area", () => {
  test("is the same from whichever corner it was drawn, and takes in every pixel that it touches", () => {
    const expected = { left: 10, top: 20, width: 31, height: 11 };
    expect(span({ x: 10.2, y: 20.9 }, { x: 40.1, y: 30.5 }, SIZE)).toEqual(expected);
    expect(span({ x: 40.1, y: 20.9 }, { x: 10.2, y: 30.5 }, SIZE)).toEqual(expected);
    expect(span({ x: 40.1, y: 30.5 }, { x: 10.2, y: 20.9 }, SIZE)).toEqual(expected);
  });

  test("lies within the picture in whole pixels and is never empty, wherever the corners are", () => {
    fc.assert(
      fc.property(size, corners, (within, [ax, ay, bx, by]) => {
        const area = span({ x: ax * within.width, y: ay * within.height }, { x: bx * within.width, y: by * within.height }, within);
        expect(isInside(area, within)).toBe(true);
      }),
    );
  });

  test("can be said in hundredths, and what was said in hundredths is said back", () => {
    expect(measure(place([10, 20, 30, 40], SIZE), SIZE)).toEqual([10, 20, 30, 40]);
    expect(place([90, 0, 30, 100], SIZE)).toEqual({ left: 360, top: 0, width: 40, height: 300 });
    expect(place([0, 0, -5, 0], SIZE)).toEqual({ left: 0, top: 0, width: 1, height: 1 });
    fc.assert(
      fc.property(size, fc.array(fc.double(), { maxLength: 5 }), (within, numbers) => {
        expect(isInside(place(numbers.map((value) => (Number.isNaN(value) ? 0 : value)), within), within)).toBe(true);
      }),
    );
  });
});

describe("a plan", () => {
  test("keeps the whole picture, or what was kept last", () => {
    expect(keptOf([], SIZE)).toEqual({ left: 0, top: 0, width: 400, height: 300 });
    expect(keptOf([keep(0, 0, 9, 9), cover(1, 1, 2, 2), keep(5, 6, 7, 8)], SIZE)).toEqual({ left: 5, top: 6, width: 7, height: 8 });
    expect(lastOf([cover(0, 0, 1, 1), keep(0, 0, 9, 9)], "cover")).toEqual(cover(0, 0, 1, 1));
  });

  test("puts covers where they are once the rest is cut away, and leaves out those that lie outside", () => {
    const { width, height, covers } = plan([cover(100, 100, 50, 40), keep(120, 90, 200, 100), cover(0, 0, 30, 30)], SIZE, 0);
    expect([width, height]).toEqual([200, 100]);
    expect(covers).toEqual([{ left: 0, top: 10, width: 30, height: 40 }]);
  });

  test("lets covers reach further where pixels beside them hold a trace, and not beyond the edges", () => {
    expect(plan([cover(100, 10, 50, 40), cover(399, 299, 1, 1)], SIZE, 18).covers).toEqual([
      { left: 82, top: 0, width: 86, height: 68 },
      { left: 381, top: 281, width: 19, height: 19 },
    ]);
  });

  test("draws a small picture pixel by pixel and a large one smaller, with 16 million pixels at most", () => {
    expect(isShrunk(plan([], SIZE, 0))).toBe(false);
    fc.assert(
      fc.property(size, corners, (within, [ax, ay, bx, by]) => {
        const area = span({ x: ax * within.width, y: ay * within.height }, { x: bx * within.width, y: by * within.height }, within);
        const drawn = plan([{ tool: "cover", area }], within, 0);
        expect(drawn.width * drawn.height).toBeLessThanOrEqual(16_000_000);
        expect(isShrunk(drawn)).toBe(within.width * within.height > 16_000_000 && drawn.width < within.width);
        expect(drawn.covers).toHaveLength(1);
        const [made] = drawn.covers;
        expect(made !== undefined && isInside(made, drawn)).toBe(true);
        // Nothing of what was marked is left outside.
        const [across, down] = [drawn.width / within.width, drawn.height / within.height];
        expect(made?.left).toBeLessThanOrEqual(area.left * across);
        expect(made?.top).toBeLessThanOrEqual(area.top * down);
        expect((made?.left ?? 0) + (made?.width ?? 0)).toBeGreaterThanOrEqual((area.left + area.width) * across - 1e-6);
        expect((made?.top ?? 0) + (made?.height ?? 0)).toBeGreaterThanOrEqual((area.top + area.height) * down - 1e-6);
      }),
    );
  });
});
