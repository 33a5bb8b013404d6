/** What a document of Word, Excel, PowerPoint or LibreOffice says about whoever made it. Sources: APPNOTE 6.3.10, ECMA-376, ODF 1.3. */

import { inflate } from "./inflate.ts";
import type { Report } from "./pdf.ts";
import { latin, Reader, RefusedError } from "./reader.ts";
import { makeTrait, readXml, type Trait } from "./traits.ts";

const MOST_ENTRIES = 4096;
const MOST_PARTS = 24;
const MOST_UNPACKED = 4_000_000;
const END_SIZE = 22;
const END_REACH = 65_557;
const STORED = 0;
const DEFLATED = 8;

const PROPERTIES = /^(docProps\/(core|app|custom)\.xml|meta\.xml)$/u;
const REMARKS = /^(word\/(comments\w*|people)|xl\/(comments\d*|persons\/\w+|threadedComments\/\w+)|ppt\/(comments?\/\w+|commentAuthors|authors))\.xml$/u;
const CONTENT = /^(word\/document|content)\.xml$/u;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly size: number;
  readonly at: number;
}

/** Look through an office document; null where an archive is something else. */
export async function readOffice(bytes: Uint8Array): Promise<Report | null> {
  let entries: Entry[];
  try {
    entries = listEntries(bytes);
  } catch (error) {
    if (error instanceof RefusedError) {
      return null;
    }
    throw error;
  }
  if (!entries.some(({ name }) => name === "[Content_Types].xml" || name === "meta.xml")) {
    return null;
  }
  const wanted = entries.filter(({ name }) => [PROPERTIES, REMARKS, CONTENT].some((pattern) => pattern.test(name)));
  const traits: Trait[] = [];
  let isLegible = wanted.length <= MOST_PARTS;
  for (const entry of wanted.slice(0, MOST_PARTS)) {
    const content = await unpack(bytes, entry);
    isLegible &&= content !== null;
    const xml = new TextDecoder().decode(content ?? new Uint8Array());
    const isRemark = CONTENT.test(entry.name) ? /<office:annotation|<w:(ins|del) |<text:tracked-changes/u.test(xml) : REMARKS.test(entry.name);
    // The text itself has elements of every name; there only its remarks and changes have an author.
    const found = readXml(xml).filter(({ kind }) => !CONTENT.test(entry.name) || (isRemark && (kind === "author" || kind === "time")));
    traits.push(...found, ...(isRemark && !/people|persons|uthors/u.test(entry.name) ? makeTrait("comments", "") : []));
  }
  return { traits, isLegible };
}

// spec: APPNOTE 4.3.12 and 4.3.16
function listEntries(bytes: Uint8Array): Entry[] {
  const tail = bytes.subarray(Math.max(0, bytes.length - END_REACH));
  const at = latin(tail).lastIndexOf("PK\x05\x06");
  if (at < 0 || tail.length - at < END_SIZE) {
    throw new RefusedError("broken");
  }
  const end = new Reader(tail.subarray(at + 10), true);
  const [count] = [end.takeNumber(2), end.takeNumber(4)];
  const reader = new Reader(bytes, true);
  reader.take(end.takeNumber(4));
  return Array.from({ length: Math.min(count, MOST_ENTRIES) }, () => {
    if (reader.takeText(4) !== "PK\x01\x02") {
      throw new RefusedError("broken");
    }
    reader.take(6);
    const method = reader.takeNumber(2);
    reader.take(8);
    const size = reader.takeNumber(4);
    reader.take(4);
    const [name, extra, comment] = [reader.takeNumber(2), reader.takeNumber(2), reader.takeNumber(2)];
    reader.take(8);
    const place = reader.takeNumber(4);
    const entry = { name: reader.takeText(name), method, size, at: place };
    reader.take(extra + comment);
    return entry;
  });
}

// spec: APPNOTE 4.3.7
async function unpack(bytes: Uint8Array, { method, size, at }: Entry): Promise<Uint8Array | null> {
  try {
    const reader = new Reader(bytes, true);
    reader.take(at + 26);
    const [name, extra] = [reader.takeNumber(2), reader.takeNumber(2)];
    reader.take(name + extra);
    const packed = reader.take(size);
    if (method === STORED) {
      return packed.subarray(0, MOST_UNPACKED);
    }
    return method === DEFLATED ? await inflate(packed, "deflate-raw", MOST_UNPACKED) : null;
  } catch (error) {
    if (error instanceof RefusedError) {
      return null;
    }
    throw error;
  }
}
