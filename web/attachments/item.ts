/** One chosen file on the page: what was taken out of it, or what it may hold and whether it goes along all the same. */

import { examine, type Outcome } from "../cleaning/examine.ts";
import type { Trait } from "../cleaning/traits.ts";
import { choose, clone, fill, sayBytes, slot, slots } from "../page.ts";
import { FILE_SIZE } from "../protocol/attachment.ts";
import { goOn } from "../protocol/pause.ts";
import { drawPreview, wipePreview } from "./preview.ts";
import { Upload } from "./upload.ts";

/** A file that was looked at. Only one with an upload goes along. */
export class Item {
  /** The name that it had. */
  readonly given: string;
  ending: string;
  readonly isPicture: boolean;
  /** Whether it was written anew, so that it can be written anew once more, with parts of it covered or cut away. */
  readonly isPhoto: boolean;
  upload: Upload | null = null;
  row: HTMLElement;
  #file: File | null;
  #onRemove: () => void = () => undefined;
  #onInsist: () => void = () => undefined;

  private constructor(file: File, given: string, outcome: Outcome, row: HTMLElement) {
    this.given = given;
    this.ending = outcome.outcome === "cleaned" ? `.${outcome.ending}` : endingOf(given);
    this.isPicture = ["cleaned", "refused", "picture"].includes(outcome.outcome);
    this.isPhoto = outcome.outcome === "cleaned";
    this.row = row;
    this.#file = file;
    this.#listen();
  }

  /** Look at a file; return it as the page shows it. Rejects as the browser does where it cannot be read. */
  static async make(file: File, given: string): Promise<Item> {
    const found = await examine(file);
    await goOn();
    const row = clone("file-chosen");
    const isCleaned = found.outcome === "cleaned" && (await showPictures(row, file, found.bytes));
    // What no decoder here takes is not a picture that was cleaned.
    const outcome: Outcome = found.outcome === "cleaned" && !isCleaned ? { outcome: "refused", reason: "broken" } : found;
    const isUnknown = outcome.outcome === "unknown";
    if (!isCleaned) {
      slot(row, "pictures").remove();
    }
    const item = new Item(file, given, outcome, isCleaned || isUnknown ? row : clone("file-waiting"));
    if (outcome.outcome === "cleaned") {
      const taken = slots(row, "finding").filter((each) => !outcome.findings.has(each.dataset["finding"] as never));
      taken.forEach((each) => { each.remove(); });
      choose(row, "became", outcome.findings.size > 0 ? "cleaned" : "clean");
      item.upload = new Upload(outcome.bytes, given);
    } else if (isUnknown) {
      choose(row, "became", "unknown");
      item.upload = new Upload(file, given);
    } else {
      choose(item.row, "why", outcome.outcome === "refused" ? outcome.reason : outcome.outcome);
      if (outcome.outcome === "document") {
        slot(item.row, "traits").replaceChildren(...outcome.traits.map(makeTrait));
        choose(item.row, "legible", !outcome.isLegible ? "partly" : outcome.traits.length === 0 ? "nothing" : null);
      }
    }
    fill(item.row, "size", sayBytes(item.upload?.size ?? file.size));
    return item;
  }

  /** Let it go along as it is, with whatever it holds. */
  insist(): void {
    if (this.#file !== null) {
      this.upload = new Upload(this.#file, this.given);
      this.row = clone("file-chosen");
      slot(this.row, "pictures").remove();
      choose(this.row, "became", "insisted");
      fill(this.row, "size", sayBytes(this.#file.size));
      this.#listen();
    }
  }

  /** The file that was chosen, as long as it stands here. */
  get file(): File | null {
    return this.#file;
  }

  /** Let a photo be another picture, made of it: looked at as any file is, and under a key of its own. False if it cannot go along. */
  async replace(picture: Blob): Promise<boolean> {
    const found = await examine(picture);
    const isTaken = found.outcome === "cleaned" && found.bytes.length <= FILE_SIZE && (await show(this.row, "after", found.bytes));
    await goOn();
    if (isTaken) {
      this.upload?.forget();
      this.upload = new Upload(found.bytes, this.given);
      this.ending = `.${found.ending}`;
      fill(this.row, "size", sayBytes(this.upload.size));
    }
    return isTaken;
  }

  /** Give it the name that it goes by. */
  call(name: string): void {
    if (this.upload !== null) {
      this.upload.name = name;
    }
    // What waits is looked for by the name that the person knows.
    fill(this.row, "name", this.upload === null ? this.given : name);
  }

  /** Let go of the file and of what was drawn of it. */
  forget(): void {
    this.upload?.forget();
    this.#file = null;
    this.row.querySelectorAll("canvas").forEach(wipePreview);
  }

  onRemove(act: () => void): void {
    this.#onRemove = act;
  }

  onInsist(act: () => void): void {
    this.#onInsist = act;
  }

  #listen(): void {
    slot(this.row, "remove").addEventListener("click", () => { this.#onRemove(); });
    slots(this.row, "insist").forEach((button) => { button.addEventListener("click", () => { this.#onInsist(); }); });
  }
}

/** Show a picture before and after; return whether the browser decodes what would go along. */
async function showPictures(row: HTMLElement, before: File, after: Uint8Array): Promise<boolean> {
  return (await show(row, "after", after)) && (await show(row, "before", before));
}

async function show(row: HTMLElement, name: string, picture: File | Uint8Array): Promise<boolean> {
  return drawPreview(slot(row, name) as HTMLCanvasElement, new Blob([picture as File | Uint8Array<ArrayBuffer>]));
}

function makeTrait({ kind, value }: Trait): HTMLElement {
  const row = clone("file-trait");
  choose(row, "trait", kind);
  fill(row, "value", kind === "time" ? sayDate(value) : value);
  return row;
}

// Unlike a letter's, it may be of any year.
function sayDate(day: string): string {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" });
  return format.format(new Date(day));
}

// Only so much of a name as says how to open the file.
function endingOf(name: string): string {
  return /\.[a-z\d]{1,5}$/u.exec(name.toLowerCase())?.[0] ?? "";
}
