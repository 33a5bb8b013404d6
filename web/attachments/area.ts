/** The areas that somebody marks on a picture, in its own whole pixels, and how the picture is drawn with them. */

/** A place on the picture. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How large something is. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A part of the picture, which is never empty and never beyond its edges. */
export interface Area extends Size {
  readonly left: number;
  readonly top: number;
}

/** What is done with an area: it is covered, or only it is kept. */
export type Tool = "cover" | "keep";

/** One thing that the person did; of several areas to keep the last one counts. */
export interface Mark {
  readonly tool: Tool;
  readonly area: Area;
}

/** What is drawn: a part of the picture, into a canvas of this size, and what is covered there. */
export interface Plan extends Size {
  readonly from: Area;
  readonly covers: readonly Area[];
}

// An iPhone's largest canvas is 4,096 by 4,096; a larger one stays empty without a word.
const MOST_PIXELS = 16_000_000;
// Where a picture is drawn smaller, its pixels run into their neighbours.
const BLEEDING = 2;

/** Return the area between two opposite corners; whatever pixel it touches is within. */
export function span(one: Point, other: Point, size: Size): Area {
  const [left, width] = reach(one.x, other.x, size.width);
  const [top, height] = reach(one.y, other.y, size.height);
  return { left, top, width, height };
}

/** Return an area in hundredths of the picture: from the left, from the top, its width, its height. */
export function measure({ left, top, width, height }: Area, size: Size): number[] {
  return [left / size.width, top / size.height, width / size.width, height / size.height].map((part) => Math.round(part * 100));
}

/** Return the area that has these hundredths; what would lie beyond an edge is cut off. */
export function place([left = 0, top = 0, width = 0, height = 0]: readonly number[], size: Size): Area {
  const at = (x: number, y: number): Point => ({ x: (x * size.width) / 100, y: (y * size.height) / 100 });
  return span(at(left, top), at(left + Math.max(0, width), top + Math.max(0, height)), size);
}

/** Return what was done last with a tool. */
export function lastOf(marks: readonly Mark[], tool: Tool): Mark | undefined {
  return marks.filter((mark) => mark.tool === tool).at(-1);
}

/** Return what of the picture is left. */
export function keptOf(marks: readonly Mark[], { width, height }: Size): Area {
  return lastOf(marks, "keep")?.area ?? { left: 0, top: 0, width, height };
}

/** Return an area that reaches further on each side, within the picture. */
export function grow({ left, top, width, height }: Area, by: number, size: Size): Area {
  return span({ x: left - by, y: top - by }, { x: left + width + by, y: top + height + by }, size);
}

/** Plan the drawing, with covers that reach `margin` further. What is larger than any browser bears becomes smaller. */
export function plan(marks: readonly Mark[], size: Size, margin: number): Plan {
  const from = keptOf(marks, size);
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (from.width * from.height)));
  const drawn = { width: shrink(from.width, scale), height: shrink(from.height, scale) };
  const [across, down] = [drawn.width / from.width, drawn.height / from.height];
  const more = scale < 1 ? BLEEDING : 0;
  const covers = marks.flatMap(({ tool, area: marked }) => {
    const area = grow(marked, margin, size);
    const [left, top] = [(area.left - from.left) * across - more, (area.top - from.top) * down - more];
    const [right, bottom] = [left + area.width * across + 2 * more, top + area.height * down + 2 * more];
    const isSeen = right > 0 && bottom > 0 && left < drawn.width && top < drawn.height;
    return tool === "cover" && isSeen ? [span({ x: left, y: top }, { x: right, y: bottom }, drawn)] : [];
  });
  return { ...drawn, from, covers };
}

/** Say whether a picture becomes smaller when it is drawn. */
export function isShrunk({ from, width }: Plan): boolean {
  return width < from.width;
}

function shrink(side: number, scale: number): number {
  return Math.max(1, Math.floor(side * scale));
}

// From whole pixel to whole pixel, at least one of them.
function reach(one: number, other: number, most: number): [number, number] {
  const inside = (value: number): number => Math.min(Math.max(value, 0), most);
  const from = Math.min(Math.floor(inside(Math.min(one, other))), most - 1);
  return [from, Math.max(1, Math.ceil(inside(Math.max(one, other))) - from)];
}
