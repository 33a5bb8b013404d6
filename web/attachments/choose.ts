/** Choosing files: each is looked at before it may go along, a picture is written anew, and nothing goes by its own name. */

import { onLeave } from "../leave.ts";
import { choose, field, fill, slot } from "../page.ts";
import { ATTACHMENT_COUNT, FILE_SIZE } from "../protocol/attachment.ts";
import { NAME_LENGTH } from "../protocol/encoding.ts";
import { goOn } from "../protocol/pause.ts";
import { Item } from "./item.ts";
import type { Upload } from "./upload.ts";

/** Cropping and covering. It is asked for as soon as files can be chosen, by everybody alike, so that no request tells who does it. */
const editing = import("./edit.ts").catch(() => null);

/** What was chosen for one message: also what waits for a decision, and does not go along meanwhile. */
interface Shelf {
  readonly items: Item[];
  keepsNames: boolean;
  /** Why photos cannot be edited here, as soon as there is one: the browser bars it, or the module did not come. */
  noEditing: "barred" | "missing" | null;
  /** The files that are still to be looked at; they are taken one after the other. */
  work: Promise<void>;
  waiting: number;
  /** Show what stands here, and what was refused, on the page as it is now; work may outlast the page that began it. */
  list: () => void;
  refuse: (name: string, reason: Refusal | null) => void;
  focus: (item: Item) => void;
}

type Refusal = "large" | "many" | "unreadable";

const shelves = new WeakMap<Upload[], Shelf>();

/**
 * Let files be added to `uploads` and taken away, inside an element that holds the part `_files.html`.
 *
 * What is returned waits until every file was looked at, and says whether there was nothing to wait for.
 */
export function offerFiles(root: HTMLElement, uploads: Upload[]): () => Promise<boolean> {
  const shelf = findShelf(uploads);
  const control = field(root, "files") as HTMLInputElement;
  const names = field(root, "keep-names") as HTMLInputElement;
  const files = slot(root, "files");
  shelf.list = () => {
    uploads.splice(0, uploads.length, ...shelf.items.flatMap(({ upload }) => upload ?? []));
    shelf.items.forEach((item, i) => {
      const word = slot(root, item.isPicture ? "word-picture" : "word-file").textContent;
      item.call(shelf.keepsNames ? item.given : `${word}-${i + 1}${item.ending}`);
    });
    files.replaceChildren(...shelf.items.map(({ row }) => row));
    slot(root, "naming").hidden = shelf.items.length === 0;
    choose(root, "editing", shelf.items.some(({ isPhoto }) => isPhoto) ? shelf.noEditing : null);
    choose(root, "looking", shelf.waiting > 0 ? "busy" : null);
  };
  shelf.refuse = (name, reason) => {
    fill(root, "refused-name", name);
    choose(root, "refused", reason);
  };
  shelf.focus = (item) => {
    (item.row.isConnected ? item.row.querySelector<HTMLElement>("button") ?? control : control).focus();
  };
  control.addEventListener("change", () => {
    const chosen = Array.from(control.files ?? []);
    // A browser that remembers what stands in controls finds nothing here.
    control.value = "";
    shelf.refuse("", null);
    shelf.waiting += chosen.length;
    for (const file of chosen) {
      shelf.work = shelf.work.then(async () => add(shelf, file));
    }
    shelf.list();
  });
  names.checked = shelf.keepsNames;
  names.defaultChecked = shelf.keepsNames;
  names.addEventListener("input", () => {
    shelf.keepsNames = names.checked;
    names.defaultChecked = names.checked;
    shelf.list();
  });
  shelf.list();
  return async () => {
    const isSettled = shelf.waiting === 0;
    await shelf.work;
    return isSettled;
  };
}

// What does not fit is named; the others are taken all the same.
async function add(shelf: Shelf, file: File): Promise<void> {
  const name = cleanName(file.name);
  if (file.size > FILE_SIZE) {
    shelf.refuse(name, "large");
  } else if (shelf.items.length >= ATTACHMENT_COUNT) {
    shelf.refuse(name, "many");
  } else {
    const item = await Item.make(file, name).catch(() => null);
    await goOn();
    if (item === null) {
      shelf.refuse(name, "unreadable");
    } else {
      if (item.isPhoto) {
        const editor = await editing;
        shelf.noEditing = editor === null ? "missing" : await editor.offerEditing(item, () => { change(shelf, item); });
        await goOn();
      }
      shelf.items.push(item);
      item.onRemove(() => { change(shelf, item, () => { shelf.items.splice(shelf.items.indexOf(item), 1); item.forget(); }); });
      item.onInsist(() => { change(shelf, item, () => { item.insist(); }); });
    }
  }
  shelf.waiting -= 1;
  shelf.list();
}

function change(shelf: Shelf, item: Item, act?: () => void): void {
  act?.();
  shelf.refuse("", null);
  shelf.list();
  shelf.focus(item);
}

// A message whose files were sent or given up begins with nothing, also of what waited beside them.
function findShelf(uploads: Upload[]): Shelf {
  const known = shelves.get(uploads);
  if (known !== undefined && (uploads.length > 0 || known.items.every(({ upload }) => upload === null))) {
    return known;
  }
  known?.items.forEach((item) => { item.forget(); });
  const nothing = (): void => undefined;
  const shelf: Shelf = {
    items: [],
    keepsNames: false,
    noEditing: null,
    work: Promise.resolve(),
    waiting: 0,
    list: nothing,
    refuse: nothing,
    focus: nothing,
  };
  shelves.set(uploads, shelf);
  onLeave(() => {
    shelf.items.splice(0).forEach((item) => { item.forget(); });
    shelves.delete(uploads);
  });
  return shelf;
}

/** Return a file's name as the protocol takes it: one line of 1–80 characters; a long one keeps its end. */
export function cleanName(name: string): string {
  const characters = Array.from(name.replace(/[\p{Cc}\p{Cs}]/gu, "").trim());
  const end = characters.slice(-NAME_LENGTH / 4);
  const fits = characters.length <= NAME_LENGTH ? characters : [...characters.slice(0, NAME_LENGTH - end.length - 1), "…", ...end];
  return fits.join("") || "–";
}
