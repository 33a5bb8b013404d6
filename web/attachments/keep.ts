/** The attachments of a letter: how they are listed, fetched, and kept on the person's own device. */

import { offer } from "../blob.ts";
import { clone, fill, press, sayBytes, show, slot } from "../page.ts";
import { showProgress } from "../progress.ts";
import type { Attachment } from "../protocol/attachment.ts";
import { encodeB64u } from "../protocol/encoding.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { insist } from "../trouble.ts";
import { Download } from "./download.ts";

/** Return a letter's files as rows, each with a button that asks for the file by its digest. */
export function listFiles(attachments: readonly Attachment[]): HTMLElement[] {
  return attachments.map((attachment) => {
    const row = clone("file-sent");
    fill(row, "name", attachment.name);
    fill(row, "size", sayBytes(attachment.size));
    row.querySelector("[data-action=fetch]")?.setAttribute("data-file", encodeB64u(attachment.digest));
    return row;
  });
}

/** Fetch the file that a button of `listFiles` asks for, among those of a conversation, and offer it. */
export async function fetchFile(button: HTMLElement, attachments: readonly Attachment[]): Promise<void> {
  const attachment = attachments.find(({ digest }) => encodeB64u(digest) === button.dataset["file"]);
  if (attachment === undefined) {
    return;
  }
  const download = new Download(attachment);
  const sheet = await insist(async () => {
    const { report, stopped } = showProgress();
    report("download");
    try {
      const pieces = await download.fetch(stopped, (part) => {
        report("download", part);
      });
      return offerPieces(attachment, pieces);
    } catch (error) {
      if (error instanceof ProtocolError) {
        return clone("sheet-file-missing");
      }
      throw error;
    }
  });
  if (sheet !== null) {
    await press(show(sheet));
  }
}

function offerPieces({ name, size }: Attachment, pieces: readonly Uint8Array[]): HTMLElement {
  const sheet = clone("sheet-file");
  fill(sheet, "name", name);
  fill(sheet, "size", sayBytes(size));
  const link = slot(sheet, "keep") as HTMLAnchorElement;
  link.download = name;
  offer(link, () => new Blob(pieces as Uint8Array<ArrayBuffer>[], { type: "application/octet-stream" }));
  return sheet;
}
