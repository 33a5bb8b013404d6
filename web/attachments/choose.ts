/** Choosing files: what stands in the list, and what may not. */

import { choose, clone, field, fill, sayBytes, slot } from "../page.ts";
import { ATTACHMENT_COUNT, FILE_SIZE } from "../protocol/attachment.ts";
import { NAME_LENGTH } from "../protocol/encoding.ts";
import { Upload } from "./upload.ts";

/** Let files be added to `uploads` and taken away, inside an element that holds the part `_files.html`. */
export function offerFiles(root: HTMLElement, uploads: Upload[]): void {
  const control = field(root, "files") as HTMLInputElement;
  const list = (): void => {
    slot(root, "files").replaceChildren(...uploads.map((upload) => makeRow(upload, remove)));
  };
  const remove = (upload: Upload): void => {
    uploads.splice(uploads.indexOf(upload), 1);
    choose(root, "refused", null);
    list();
    control.focus();
  };
  control.addEventListener("change", () => {
    const refused = add(uploads, Array.from(control.files ?? []));
    // A browser that remembers what stands in controls finds nothing here.
    control.value = "";
    fill(root, "refused-name", refused?.name ?? "");
    choose(root, "refused", refused?.reason ?? null);
    list();
  });
  list();
}

interface Refused {
  readonly name: string;
  readonly reason: "large" | "many";
}

// What does not fit is named; the others are taken all the same.
function add(uploads: Upload[], files: readonly File[]): Refused | null {
  let refused: Refused | null = null;
  for (const file of files) {
    const name = cleanName(file.name);
    if (file.size > FILE_SIZE) {
      refused = { name, reason: "large" };
    } else if (uploads.length === ATTACHMENT_COUNT) {
      refused = { name, reason: "many" };
    } else {
      uploads.push(new Upload(file, name));
    }
  }
  return refused;
}

/** Return a file's name as the protocol takes it: one line of 1–80 characters; a long one keeps its end. */
export function cleanName(name: string): string {
  const characters = Array.from(name.replace(/[\p{Cc}\p{Cs}]/gu, "").trim());
  const end = characters.slice(-NAME_LENGTH / 4);
  const fits = characters.length <= NAME_LENGTH ? characters : [...characters.slice(0, NAME_LENGTH - end.length - 1), "…", ...end];
  return fits.join("") || "–";
}

function makeRow(upload: Upload, remove: (upload: Upload) => void): HTMLElement {
  const row = clone("file-chosen");
  fill(row, "name", upload.name);
  fill(row, "size", sayBytes(upload.size));
  slot(row, "remove").addEventListener("click", () => {
    remove(upload);
  });
  return row;
}
