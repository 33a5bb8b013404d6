/** The step in which somebody crops a photo, or covers what nobody is to see, before it goes along. */

import { encode, getContext, makeCanvas } from "../cleaning/canvas.ts";
import { onLeave } from "../leave.ts";
import { choose, clone, fields, fill, press, slot, tick } from "../page.ts";
import { goOn } from "../protocol/pause.ts";
import { type Area, isShrunk, keptOf, lastOf, type Mark, measure, place, plan, type Point, type Size, span, type Tool } from "./area.ts";
import { wipePreview } from "./preview.ts";

export { isCanvasHonest } from "../cleaning/canvas.ts";

// The same for everything: a colour made of what lies beneath would tell of it, and be enough where there are few guesses.
const COVER = "#767b80";
// Sharp enough for any phone, and drawn at once while a finger moves.
const VIEW_SIDE = 1200;
// On the screen; less is a tap.
const LEAST_DRAG = 10;
// Over what is cut away: ink, through which one still sees.
const SHADE = "#14191cc0";
// An area from the middle, in hundredths.
const MIDDLE = [35, 40, 30, 20] as const;

/** A photo that can be edited: the file that was chosen, and what was done to it before. */
export interface Photo {
  readonly file: Blob;
  /** How it is encoded again. */
  readonly type: "image/jpeg" | "image/png";
  readonly marks: readonly Mark[];
  /** Take the new picture; false if it cannot go along, then the step stays. */
  readonly take: (picture: Blob, marks: readonly Mark[]) => Promise<boolean>;
}

/** What became of it. */
export type Edited = "changed" | "unchanged" | "undone";

/** Show the step in place of what is shown, until the photo was changed, or is not to be. What was shown is there again then. */
export async function editPhoto(photo: Photo): Promise<Edited> {
  const step = clone("sheet-edit");
  const main = document.getElementById("main");
  const hidden = Array.from(main?.children ?? []).filter((each) => !(each as HTMLElement).hidden) as HTMLElement[];
  // What was shown stays in the page, so that leaving wipes it too; the browser's Back finds this step's button first.
  hidden.forEach((each) => { each.hidden = true; });
  main?.prepend(step);
  window.scrollTo(0, 0);
  slot(step, "heading").focus();
  const editor = new Editor(step, photo);
  try {
    return await editor.run();
  } finally {
    editor.forget();
    step.remove();
    hidden.forEach((each) => { each.hidden = false; });
  }
}

class Editor {
  readonly #step: HTMLElement;
  readonly #photo: Photo;
  readonly #view: HTMLCanvasElement;
  readonly #tools: HTMLInputElement[];
  readonly #numbers: HTMLInputElement[];
  #marks: Mark[];
  /** The photo as the screen shows it, without what was done to it. */
  #base = makeCanvas(0, 0);
  #size: Size = { width: 1, height: 1 };
  /** Where a finger went down, or the first of two corners that were tapped. */
  #corner: Point | null = null;
  #other: Point | null = null;

  constructor(step: HTMLElement, photo: Photo) {
    this.#step = step;
    this.#photo = photo;
    this.#marks = [...photo.marks];
    this.#view = slot(step, "photo") as HTMLCanvasElement;
    this.#tools = fields(step, "tool") as HTMLInputElement[];
    this.#numbers = fields(step, "number") as HTMLInputElement[];
    onLeave(() => { this.forget(); });
  }

  async run(): Promise<Edited> {
    tick(this.#tools, ["cover"]);
    const isThere = await this.#load().catch(() => false);
    await goOn();
    choose(this.#step, "result", isThere ? null : "unreadable");
    if (isThere) {
      this.#listen();
    }
    this.#show();
    for (;;) {
      const { action } = await press(this.#step);
      if (action === "back") {
        return this.#isNew ? "undone" : "unchanged";
      } else if (action === "next" && isThere) {
        if (!this.#isNew) {
          return "unchanged";
        } else if (await this.#finish()) {
          return "changed";
        }
      } else if (action === "undo") {
        this.#marks.pop();
      } else if (action === "anew") {
        this.#marks = [];
      } else if (action === "middle" && isThere) {
        this.#add(place(MIDDLE, this.#size));
        this.#numbers[0]?.focus();
      }
      this.#corner = null;
      this.#show();
    }
  }

  /** Let go of what is drawn. */
  forget(): void {
    wipePreview(this.#base);
    wipePreview(this.#view);
    this.#marks = [];
  }

  get #isNew(): boolean {
    const before = this.#photo.marks;
    return this.#marks.length !== before.length || this.#marks.some((mark, i) => mark !== before[i]);
  }

  get #tool(): Tool {
    return this.#tools.find(({ checked }) => checked)?.value === "keep" ? "keep" : "cover";
  }

  // Upright, whatever its EXIF says: browsers turn it here as they turn it on a page.
  async #load(): Promise<boolean> {
    const bitmap = await createImageBitmap(this.#photo.file);
    this.#size = { width: bitmap.width, height: bitmap.height };
    const scale = VIEW_SIDE / Math.max(bitmap.width, bitmap.height);
    const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
    this.#base = makeCanvas(width, height);
    const context = getContext(this.#base);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    [this.#view.width, this.#view.height] = [width, height];
    return true;
  }

  #listen(): void {
    const view = this.#view;
    let began: { readonly point: Point; readonly x: number; readonly y: number } | null = null;
    view.addEventListener("pointerdown", (event) => {
      if (event.isPrimary && event.button === 0) {
        view.setPointerCapture(event.pointerId);
        began = { point: this.#find(event), x: event.clientX, y: event.clientY };
      }
    });
    const isTap = (event: PointerEvent): boolean =>
      began !== null && Math.max(Math.abs(event.clientX - began.x), Math.abs(event.clientY - began.y)) < LEAST_DRAG;
    view.addEventListener("pointermove", (event) => {
      if (began !== null && event.isPrimary && !isTap(event)) {
        this.#corner = began.point;
        this.#other = this.#find(event);
        this.#draw();
      }
    });
    view.addEventListener("pointerup", (event) => {
      if (began !== null && event.isPrimary) {
        const point = this.#find(event);
        if (!isTap(event)) {
          this.#add(span(began.point, point, this.#size));
        } else if (this.#corner === null) {
          this.#corner = point;
        } else {
          // Nobody need drag: two taps, on opposite corners, do the same.
          this.#add(span(this.#corner, point, this.#size));
        }
        [began, this.#other] = [null, null];
        this.#show();
      }
    });
    view.addEventListener("pointercancel", () => {
      [began, this.#corner, this.#other] = [null, null, null];
      this.#draw();
    });
    for (const tool of this.#tools) {
      tool.addEventListener("input", () => { this.#corner = null; this.#show(); });
    }
    for (const number of this.#numbers) {
      number.addEventListener("input", () => { this.#change(); });
      // It ends a number here, and not the step.
      number.addEventListener("keydown", (event) => {
        if (event.key === "Enter") {
          event.preventDefault();
          event.stopPropagation();
        }
      });
    }
  }

  #find(event: PointerEvent): Point {
    const { left, top, width, height } = this.#view.getBoundingClientRect();
    return { x: ((event.clientX - left) / width) * this.#size.width, y: ((event.clientY - top) / height) * this.#size.height };
  }

  #add(area: Area): void {
    this.#marks.push({ tool: this.#tool, area });
    this.#corner = null;
  }

  // The numbers are those of the last area that was made with the tool that is chosen; without one they make one.
  #change(): void {
    const area = place(this.#numbers.map(({ valueAsNumber }) => (Number.isNaN(valueAsNumber) ? 0 : valueAsNumber)), this.#size);
    const tool = this.#tool;
    const last = lastOf(this.#marks, tool);
    this.#marks.splice(last === undefined ? this.#marks.length : this.#marks.lastIndexOf(last), 1, { tool, area });
    this.#say();
    this.#draw();
  }

  #show(): void {
    const last = lastOf(this.#marks, this.#tool);
    const values = last === undefined ? [] : measure(last.area, this.#size);
    this.#numbers.forEach((number, i) => { number.value = values[i] === undefined ? "" : `${values[i]}`; });
    this.#say();
    this.#draw();
  }

  #say(): void {
    const covers = this.#marks.filter(({ tool }) => tool === "cover").length;
    fill(this.#step, "count", `${covers}`);
    choose(this.#step, "tool", this.#tool);
    choose(this.#step, "covers", covers > 0 ? "some" : null);
    choose(this.#step, "kept", this.#marks.length > covers ? "part" : null);
    choose(this.#step, "shrunk", isShrunk(plan(this.#marks, this.#size)) ? "shrunk" : null);
    const isBare = this.#marks.length === 0;
    this.#step.querySelectorAll<HTMLButtonElement>("[data-action=undo], [data-action=anew]").forEach((button) => {
      // One that has the focus would lose it.
      button.setAttribute("aria-disabled", `${isBare}`);
    });
  }

  #draw(): void {
    const [view, { width, height }] = [getContext(this.#view), this.#view];
    const scale = width / this.#size.width;
    const put = ({ left, top, width: w, height: h }: Area): [number, number, number, number] => [left * scale, top * scale, w * scale, h * scale];
    view.drawImage(this.#base, 0, 0);
    const draft = this.#corner !== null && this.#other !== null ? span(this.#corner, this.#other, this.#size) : null;
    const marks = draft === null ? this.#marks : [...this.#marks, { tool: this.#tool, area: draft }];
    view.fillStyle = COVER;
    marks.filter(({ tool }) => tool === "cover").forEach(({ area }) => { view.fillRect(...put(area)); });
    if (marks.some(({ tool }) => tool === "keep")) {
      const [left, top, w, h] = put(keptOf(marks, this.#size));
      view.fillStyle = SHADE;
      view.fillRect(0, 0, width, top);
      view.fillRect(0, top + h, width, height);
      view.fillRect(0, top, left, h);
      view.fillRect(left + w, top, width, h);
      this.#outline(view, [left, top, w, h]);
    }
    const last = marks.at(-1);
    if (last !== undefined) {
      this.#outline(view, put(last.area));
    }
    if (this.#corner !== null && draft === null) {
      this.#outline(view, [this.#corner.x * scale - 6, this.#corner.y * scale - 6, 12, 12]);
    }
  }

  // Dark and light, so that one of them is seen on any photo.
  #outline(view: CanvasRenderingContext2D, [left, top, width, height]: readonly [number, number, number, number]): void {
    for (const [colour, line] of [["#14191c", 9], ["#fbf8f3", 4]] as const) {
      view.strokeStyle = colour;
      view.lineWidth = line;
      view.strokeRect(left, top, width, height);
    }
  }

  /** Draw the photo anew with what was done to it, and hand it over; false if it did not work. */
  async #finish(): Promise<boolean> {
    const buttons = Array.from(this.#step.querySelectorAll("button"));
    choose(this.#step, "result", "busy");
    buttons.forEach((button) => { button.disabled = true; });
    const isTaken = await this.#make().catch(() => false);
    await goOn();
    buttons.forEach((button) => { button.disabled = false; });
    choose(this.#step, "result", isTaken ? null : "failed");
    this.#step.querySelector<HTMLElement>("button.primary")?.focus();
    return isTaken;
  }

  async #make(): Promise<boolean> {
    const { file, type, take } = this.#photo;
    const marks = [...this.#marks];
    const bitmap = await createImageBitmap(file);
    await goOn();
    const { from, width, height, covers } = plan(marks, bitmap);
    const canvas = makeCanvas(width, height);
    try {
      const context = getContext(canvas);
      if (type === "image/jpeg") {
        // It knows nothing transparent, and would show black.
        context.fillStyle = "#ffffff";
        context.fillRect(0, 0, width, height);
      }
      context.imageSmoothingQuality = "high";
      context.drawImage(bitmap, from.left, from.top, from.width, from.height, 0, 0, width, height);
      bitmap.close();
      context.fillStyle = COVER;
      for (const area of covers) {
        context.fillRect(area.left, area.top, area.width, area.height);
      }
      return covers.every((area) => isCovered(context, area)) && (await take(await encode(canvas, type), marks));
    } finally {
      wipePreview(canvas);
    }
  }
}

// Looked at, not believed: a canvas without room takes everything and draws nothing.
function isCovered(context: CanvasRenderingContext2D, { left, top, width, height }: Area): boolean {
  const corners = [[left, top], [left + width - 1, top + height - 1]] as const;
  return corners.every(([x, y]) => {
    const [red = 0, green = 0, blue = 0, opacity = 0] = context.getImageData(x, y, 1, 1).data;
    return opacity === 255 && ((red << 16) | (green << 8) | blue) === parseInt(COVER.slice(1), 16);
  });
}
