/** The step in which somebody crops a photo, or covers what nobody is to see, before it goes along. */

import { encode, getContext, isCanvasHonest, makeCanvas } from "../cleaning/canvas.ts";
import { onLeave } from "../leave.ts";
import { choose, clone, fields, fill, press, slot, tick } from "../page.ts";
import { goOn } from "../protocol/pause.ts";
import { type Area, grow, isShrunk, keptOf, lastOf, type Mark, measure, place, plan, type Point, type Size, span, type Tool } from "./area.ts";
import type { Item } from "./item.ts";

// The same for everything: a colour made of what lies beneath would tell of it, and be enough where there are few guesses.
const COVER = "#767b80";
// Sharp enough for any phone, and drawn at once while a finger moves.
const VIEW_SIDE = 1200;
// JPEG and WebP encode up to 16 pixels together and smooth two more, so that those beside an area hold a trace of it.
const TRACE = 18;
// On the screen; less is a tap.
const LEAST_DRAG = 10;
// Over what is cut away: ink, through which one still sees.
const SHADE = "#14191cc0";
// An area from the middle, in hundredths.
const MIDDLE = [35, 40, 30, 20] as const;

/** What becomes of a photo: where nothing was marked, nothing is said. */
type Edited = "changed" | "unchanged" | "undone";

/** What was done to a photo that is in the list, so that it can be changed. */
const marked = new WeakMap<Item, readonly Mark[]>();

/**
 * Offer to edit a photo, or say why not: this browser bars it. `onEnd` is called whenever the person is back at the list.
 *
 * Only whoever chooses a photo has a canvas read, which some browsers mark in their bar.
 */
export async function offerEditing(item: Item, onEnd: () => void): Promise<"barred" | null> {
  if (!(await isCanvasHonest())) {
    return "barred";
  }
  const button = slot(item.row, "edit");
  button.hidden = false;
  button.addEventListener("click", () => {
    void edit(item).then((edited) => {
      if (edited !== "unchanged") {
        choose(item.row, "edited", edited);
      }
      onEnd();
    });
  });
  return null;
}

// What was shown stays in the page, so that leaving wipes it too; the browser's Back finds this step's button first.
async function edit(item: Item): Promise<Edited> {
  const step = clone("sheet-edit");
  const main = document.getElementById("main");
  const hidden = Array.from(main?.children ?? []).filter((each) => !(each as HTMLElement).hidden) as HTMLElement[];
  hidden.forEach((each) => { each.hidden = true; });
  main?.prepend(step);
  window.scrollTo(0, 0);
  slot(step, "heading").focus();
  const editor = new Editor(step, item);
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
  readonly #item: Item;
  readonly #view: HTMLCanvasElement;
  readonly #tools: HTMLInputElement[];
  readonly #numbers: HTMLInputElement[];
  /** What was done before, and what is done now. */
  readonly #before: readonly Mark[];
  #marks: Mark[];
  /** How much further than an area its cover reaches. */
  readonly #margin: number;
  /** The photo as the screen shows it, without what was done to it. */
  #base = makeCanvas(0, 0);
  #size: Size = { width: 1, height: 1 };
  /** Where a finger went down, or the first of two corners that were tapped. */
  #corner: Point | null = null;
  #other: Point | null = null;

  constructor(step: HTMLElement, item: Item) {
    this.#step = step;
    this.#item = item;
    this.#margin = item.ending === ".png" ? 0 : TRACE;
    this.#before = marked.get(item) ?? [];
    this.#marks = [...this.#before];
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
    this.#base.width = 0;
    this.#view.width = 0;
  }

  get #isNew(): boolean {
    return this.#marks.length !== this.#before.length || this.#marks.some((mark, i) => mark !== this.#before[i]);
  }

  get #tool(): Tool {
    return this.#tools.find(({ checked }) => checked)?.value === "keep" ? "keep" : "cover";
  }

  // Upright, whatever its EXIF says: browsers turn it here as they turn it on a page.
  async #decode(): Promise<ImageBitmap> {
    return createImageBitmap(this.#item.file ?? new Blob());
  }

  async #load(): Promise<boolean> {
    const bitmap = await this.#decode();
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
    choose(this.#step, "shrunk", isShrunk(plan(this.#marks, this.#size, this.#margin)) ? "shrunk" : null);
  }

  #draw(): void {
    const [view, { width, height }] = [getContext(this.#view), this.#view];
    const scale = width / this.#size.width;
    const put = ({ left, top, width: w, height: h }: Area): [number, number, number, number] => [left * scale, top * scale, w * scale, h * scale];
    view.clearRect(0, 0, width, height);
    view.drawImage(this.#base, 0, 0);
    const draft = this.#corner !== null && this.#other !== null ? span(this.#corner, this.#other, this.#size) : null;
    const marks = draft === null ? this.#marks : [...this.#marks, { tool: this.#tool, area: draft }];
    const shown = ({ tool, area }: Mark): Area => (tool === "cover" ? grow(area, this.#margin, this.#size) : area);
    view.fillStyle = COVER;
    marks.filter(({ tool }) => tool === "cover").forEach((mark) => { view.fillRect(...put(shown(mark))); });
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
      this.#outline(view, put(shown(last)));
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
    // What is being drawn is what is marked now; only the sentence that says so is not still.
    const still = (isStill: boolean): void => {
      this.#step.querySelectorAll<HTMLButtonElement | HTMLInputElement>("button, input").forEach((each) => { each.disabled = isStill; });
      this.#view.inert = isStill;
    };
    choose(this.#step, "result", "busy");
    still(true);
    const isTaken = await this.#make([...this.#marks]).catch(() => false);
    await goOn();
    still(false);
    choose(this.#step, "result", isTaken ? null : "failed");
    this.#step.querySelector<HTMLElement>("button.primary")?.focus();
    return isTaken;
  }

  async #make(marks: readonly Mark[]): Promise<boolean> {
    const bitmap = await this.#decode();
    await goOn();
    if (bitmap.width !== this.#size.width || bitmap.height !== this.#size.height) {
      // Another file stands there by now, and nobody has said what is to be covered in that one.
      return false;
    }
    // A photo comes back as one, and a drawing or a screen to the last bit.
    const type = this.#item.ending === ".png" ? "image/png" : "image/jpeg";
    const { from, width, height, covers } = plan(marks, bitmap, this.#margin);
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
      const isTaken = covers.every((area) => isCovered(context, area)) && (await this.#item.replace(await encode(canvas, type)));
      if (isTaken) {
        marked.set(this.#item, marks);
      }
      return isTaken;
    } finally {
      canvas.width = 0;
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
