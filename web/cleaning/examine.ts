/** Looking at a chosen file: a picture is written anew, or what the file may say is told. */

import type { Finding } from "./findings.ts";
import { cleanJpeg, type Cleaned } from "./jpeg.ts";
import { tellKind } from "./kind.ts";
import { readOffice } from "./office.ts";
import { readPdf } from "./pdf.ts";
import { cleanPng } from "./png.ts";
import { type Reason, RefusedError } from "./reader.ts";
import { sortTraits, type Trait } from "./traits.ts";
import { cleanWebp } from "./webp.ts";

/** What became of a file. */
export type Outcome =
  | { readonly outcome: "cleaned"; readonly bytes: Uint8Array; readonly ending: string; readonly findings: ReadonlySet<Finding> }
  | { readonly outcome: "refused"; readonly reason: Reason }
  | { readonly outcome: "picture" | "recording" | "unknown" }
  | { readonly outcome: "document"; readonly traits: readonly Trait[]; readonly isLegible: boolean };

const HEAD_SIZE = 4096;

/** Look at a file. Rejects as the browser does where the file cannot be read. */
export async function examine(file: Blob): Promise<Outcome> {
  const kind = tellKind(await readBytes(file.slice(0, HEAD_SIZE)));
  if (kind === "other") {
    return { outcome: "unknown" };
  } else if (kind === "picture" || kind === "recording") {
    return { outcome: kind };
  }
  const bytes = await readBytes(file);
  switch (kind) {
    case "jpeg":
      return writeAnew(bytes, "jpg", cleanJpeg);
    case "png":
      return writeAnew(bytes, "png", cleanPng);
    case "webp":
      // eslint-disable-next-line @typescript-eslint/require-await -- What it throws is to be a rejection.
      return writeAnew(bytes, "webp", async (all) => cleanWebp(all));
    case "pdf": {
      const { traits, isLegible } = await readPdf(bytes);
      return { outcome: "document", traits: sortTraits(traits), isLegible };
    }
    case "zip": {
      const report = await readOffice(bytes);
      return report === null
        ? { outcome: "unknown" }
        : { outcome: "document", traits: sortTraits(report.traits), isLegible: report.isLegible };
    }
    case "ole":
      return { outcome: "document", traits: [], isLegible: false };
  }
}

async function writeAnew(bytes: Uint8Array, ending: string, clean: (bytes: Uint8Array) => Promise<Cleaned>): Promise<Outcome> {
  try {
    const { pieces, findings } = await clean(bytes);
    return { outcome: "cleaned", bytes: join(pieces), ending, findings };
  } catch (error) {
    if (error instanceof RefusedError) {
      return { outcome: "refused", reason: error.reason };
    }
    throw error;
  }
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

async function readBytes(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer());
}
