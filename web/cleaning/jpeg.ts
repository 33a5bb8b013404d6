/**
 * JPEG, written anew: the frame, the tables that its scans use, and the scans. Source: ITU-T T.81.
 *
 * Everything else is left behind: comments, all application segments, tables that nothing uses, fill, and whatever
 * follows the end. Of those segments two decide how a decoder shows the picture: EXIF's orientation and Adobe's colour
 * transform are written again, alone. What hides inside the coded pixels themselves stays.
 */

import { nextRound } from "../protocol/pause.ts";
import { type Finding, readExif, readIptc, readWords, writeOrientation } from "./findings.ts";
import { checkSize, hasText, latin, number, Reader, RefusedError, text } from "./reader.ts";

/** A picture without anything beside it: its pieces in order, and what was taken out. */
export interface Cleaned {
  readonly pieces: readonly Uint8Array[];
  readonly findings: ReadonlySet<Finding>;
  readonly width: number;
  readonly height: number;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const DQT = 0xdb;
const DHT = 0xc4;
const DRI = 0xdd;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP13 = 0xed;
const APP14 = 0xee;
const APP15 = 0xef;
const COM = 0xfe;
const PROGRESSIVE = 0xc2;
// Baseline, extended and progressive, coded by Huffman: the ones that browsers show.
const FRAMES: readonly number[] = [0xc0, 0xc1, PROGRESSIVE];

// A progressive picture has about ten; each is a whole pass over it in whatever decodes it.
const MOST_SCANS = 100;
const STEPS_PER_ROUND = 65_536;

interface Component {
  readonly id: number;
  readonly across: number;
  readonly down: number;
  readonly quantiser: number;
  isScanned: boolean;
}

interface Frame {
  readonly marker: number;
  readonly width: number;
  readonly height: number;
  readonly components: readonly Component[];
}

/** One component's part in a scan, and the Huffman tables it names. */
interface Part {
  readonly component: Component;
  readonly dc: number;
  readonly ac: number;
}

/** The tables in force at one place of the file, under the number of their kind and slot. */
type Tables = Map<number, Uint8Array>;

/** Write a JPEG picture anew. Throws RefusedError. */
export async function cleanJpeg(bytes: Uint8Array): Promise<Cleaned> {
  return new Cleaning(bytes).run();
}

class Cleaning {
  readonly #reader: Reader;
  readonly #findings = new Set<Finding>();
  readonly #pieces: Uint8Array[] = [];
  readonly #quantisers: Tables = new Map();
  readonly #codes: Tables = new Map();
  readonly #writtenQuantisers: Tables = new Map();
  readonly #writtenCodes: Tables = new Map();
  #interval = 0;
  #writtenInterval = 0;
  #orientation = 1;
  #hasExif = false;
  #hasJfif = false;
  #transform: number | null = null;
  #frame: Frame | null = null;
  #scans = 0;

  constructor(bytes: Uint8Array) {
    this.#reader = new Reader(bytes);
  }

  async run(): Promise<Cleaned> {
    const reader = this.#reader;
    if (reader.takeNumber(2) !== 0xff00 + SOI) {
      throw new RefusedError("broken");
    }
    for (let marker = this.#takeMarker(); marker !== EOI; marker = this.#takeMarker()) {
      const segment = new Reader(reader.take(reader.takeNumber(2) - 2));
      if (marker === DQT) {
        readQuantisers(segment, this.#quantisers);
      } else if (marker === DHT) {
        readCodes(segment, this.#codes);
      } else if (marker === DRI) {
        this.#interval = segment.takeNumber(2);
      } else if (marker === SOS) {
        await this.#copyScan(segment);
      } else if ((marker >= APP0 && marker <= APP15) || marker === COM) {
        this.#leaveOut(marker, segment.bytes);
      } else if (FRAMES.includes(marker) && this.#frame === null) {
        this.#frame = readFrame(marker, segment);
      } else {
        throw new RefusedError(marker >= 0xc0 ? "unusual" : "broken");
      }
    }
    const frame = this.#frame;
    if (frame?.components.every(({ isScanned }) => isScanned) !== true) {
      throw new RefusedError("broken");
    }
    if (reader.left > 0) {
      // A telephone puts a second picture there, or a film.
      this.#findings.add(latin(reader.take(reader.left).subarray(0, MOST_TRAIL)).includes("\xff\xd8\xff") ? "preview" : "other");
    }
    this.#pieces.push(segmentOf(EOI));
    return { pieces: this.#pieces, findings: this.#findings, width: frame.width, height: frame.height };
  }

  #takeMarker(): number {
    if (this.#reader.takeNumber(1) !== 0xff) {
      throw new RefusedError("broken");
    }
    for (;;) {
      const code = this.#reader.takeNumber(1);
      if (code !== 0xff) {
        return code;
      }
    }
  }

  #leaveOut(marker: number, bytes: Uint8Array): void {
    const add = (...findings: readonly Finding[]): void => {
      findings.forEach((finding) => this.#findings.add(finding));
    };
    if (marker === APP1 && hasText(bytes, "Exif\0")) {
      const { findings, orientation } = readExif(bytes.subarray(6));
      // The orientation alone tells nobody anything, and stays.
      add(...(bytes.length === 6 + writeOrientation(1).length && orientation > 1 ? [] : findings));
      // Decoders follow the first.
      this.#orientation = this.#hasExif ? this.#orientation : orientation;
      this.#hasExif = true;
    } else if (marker === APP0 && hasText(bytes, "JFIF\0")) {
      this.#hasJfif = true;
      add(...(bytes.length > 14 ? ["preview" as const] : []));
    } else if (marker === APP0 && hasText(bytes, "JFXX\0")) {
      add("preview");
    } else if (marker === APP14 && hasText(bytes, "Adobe") && bytes.length >= 12) {
      this.#transform = bytes[11] ?? 0;
      add(...(bytes.length > 12 ? ["other" as const] : []));
    } else if (marker === COM) {
      add("comment");
    } else {
      add(...(marker === APP13 ? readIptc(bytes) : marker === APP1 ? readWords(bytes) : ["other" as const]));
    }
  }

  // spec: T.81, B.2.3
  async #copyScan(header: Reader): Promise<void> {
    const frame = this.#frame;
    this.#scans += 1;
    if (frame === null || this.#scans > MOST_SCANS) {
      throw new RefusedError("broken");
    }
    const parts = readParts(header, frame);
    const [first, last, bits] = [header.takeNumber(1), header.takeNumber(1), header.takeNumber(1)];
    const isWhole = frame.marker !== PROGRESSIVE;
    const isOrdered = first <= last && last <= 63 && (first === 0) === (last === 0) && (first === 0 || parts.length === 1);
    if (!isWhole && !(isOrdered && bits >> 4 <= 13 && (bits & 15) <= 13)) {
      throw new RefusedError("broken");
    }
    this.#begin(frame);
    this.#writeQuantisers(parts.map(({ component }) => component.quantiser));
    // Only the first pass over a component's DC has codes; its later bits stand as they are.
    const usesDc = isWhole || (first === 0 && bits >> 4 === 0);
    const usesAc = isWhole || first > 0;
    this.#writeCodes([
      ...(usesDc ? parts.map(({ dc }) => dc) : []),
      ...(usesAc ? parts.map(({ ac }) => 16 + ac) : []),
    ]);
    if (this.#interval !== this.#writtenInterval) {
      this.#pieces.push(segmentOf(DRI, number(this.#interval, 2)));
      this.#writtenInterval = this.#interval;
    }
    const named = parts.flatMap(({ component, dc, ac }) => [
      1 + frame.components.indexOf(component),
      (usesDc ? dc << 4 : 0) + (usesAc ? ac : 0),
    ]);
    const rest = isWhole ? [0, 63, 0] : [first, last, bits];
    this.#pieces.push(segmentOf(SOS, Uint8Array.of(parts.length, ...named, ...rest)));
    await this.#copyCoded(countIntervals(frame, parts, this.#interval));
    for (const { component } of parts) {
      component.isScanned = true;
    }
  }

  // What stands before the first scan, and before everything else.
  #begin(frame: Frame): void {
    if (this.#scans > 1) {
      return;
    }
    this.#pieces.push(Uint8Array.of(0xff, SOI));
    if (this.#orientation > 1) {
      this.#pieces.push(segmentOf(APP1, text("Exif\0\0"), writeOrientation(this.#orientation)));
    }
    const transform = this.#chooseTransform(frame);
    if (transform !== null) {
      this.#pieces.push(segmentOf(APP14, text("Adobe"), Uint8Array.of(0, 100, 0, 0, 0, 0, transform)));
    }
    // All quantisers that are known by now go before the frame, where every decoder looks for them.
    const known = frame.components.map(({ quantiser }) => quantiser).filter((slot) => this.#quantisers.has(slot));
    this.#writeQuantisers(known);
    const fields = frame.components.flatMap(({ across, down, quantiser }, i) => [i + 1, (across << 4) + down, quantiser]);
    const size = [number(frame.height, 2), number(frame.width, 2)];
    this.#pieces.push(segmentOf(frame.marker, Uint8Array.of(8), ...size, Uint8Array.of(frame.components.length, ...fields)));
  }

  /** Return Adobe's transform where decoders would take another colour space without it. They ask as libjpeg does. */
  #chooseTransform({ components }: Frame): number | null {
    if (components.length === 4) {
      return this.#transform;
    }
    const isNamedRgb = components.map(({ id }) => id).join() === "82,71,66";
    const isRgb = !this.#hasJfif && (this.#transform === null ? isNamedRgb : this.#transform === 0);
    return components.length === 3 && isRgb ? 0 : null;
  }

  #writeQuantisers(slots: readonly number[]): void {
    for (const [slot, table] of this.#choose(slots, this.#quantisers, this.#writtenQuantisers)) {
      this.#pieces.push(segmentOf(DQT, Uint8Array.of((table.length > 64 ? 16 : 0) + slot), table));
    }
  }

  #writeCodes(slots: readonly number[]): void {
    for (const [slot, table] of this.#choose(slots, this.#codes, this.#writtenCodes)) {
      this.#pieces.push(segmentOf(DHT, Uint8Array.of(slot), table));
    }
  }

  // The tables of these slots that are not in force yet in what is written.
  #choose(slots: readonly number[], read: Tables, written: Tables): [number, Uint8Array][] {
    return [...new Set(slots)].flatMap((slot) => {
      const table = read.get(slot);
      if (table === undefined) {
        throw new RefusedError("broken");
      }
      const before = written.get(slot);
      written.set(slot, table);
      return before !== undefined && latin(before) === latin(table) ? [] : [[slot, table] satisfies [number, Uint8Array]];
    });
  }

  // Coded pixels go on to the next marker that is neither a stuffed zero nor a restart; of fill nothing is kept.
  async #copyCoded(intervals: number): Promise<void> {
    const { bytes } = this.#reader;
    let from = this.#reader.position;
    let restarts = 0;
    const keep = (to: number): void => {
      if (to > from) {
        this.#pieces.push(bytes.subarray(from, to));
      }
    };
    const begin = from;
    let at = bytes.indexOf(0xff, from);
    for (let step = 1; at >= 0; step += 1) {
      const code = bytes[at + 1];
      if (code === 0xff) {
        keep(at);
        from = at + 1;
        at += 1;
        continue;
      } else if (code !== undefined && code >= 0xd0 && code <= 0xd7) {
        if (code !== 0xd0 + (restarts & 7)) {
          throw new RefusedError("broken");
        }
        restarts += 1;
      } else if (code !== 0) {
        break;
      }
      at = bytes.indexOf(0xff, at + 2);
      if (step % STEPS_PER_ROUND === 0) {
        await nextRound();
      }
    }
    if (at <= begin || restarts !== intervals - 1) {
      throw new RefusedError("broken");
    }
    keep(at);
    this.#reader.position = at;
  }
}

// Of what follows the end, as much is looked at as is needed to name it.
const MOST_TRAIL = 65_536;

function segmentOf(marker: number, ...contents: readonly Uint8Array[]): Uint8Array {
  if (marker === EOI) {
    return Uint8Array.of(0xff, EOI);
  }
  const bytes = contents.flatMap((part) => [...part]);
  return Uint8Array.of(0xff, marker, ...number(bytes.length + 2, 2), ...bytes);
}

// spec: T.81, B.2.4.1
function readQuantisers(segment: Reader, tables: Tables): void {
  while (segment.left > 0) {
    const head = segment.takeNumber(1);
    const [precision, slot] = [head >> 4, head & 15];
    if (precision > 1 || slot > 3) {
      throw new RefusedError("broken");
    }
    tables.set(slot, segment.take(64 * (1 + precision)));
  }
}

// spec: T.81, B.2.4.2
function readCodes(segment: Reader, tables: Tables): void {
  while (segment.left > 0) {
    const slot = segment.takeNumber(1);
    const { position } = segment;
    const counts = segment.take(16);
    const values = segment.take(counts.reduce((sum, count) => sum + count, 0));
    // A code that is one bit longer takes half the room.
    const room = counts.reduce((left, count, i) => left - count * 2 ** (15 - i), 2 ** 16);
    if ((slot & 0xec) !== 0 || room < 0 || new Set(values).size !== values.length) {
      throw new RefusedError("broken");
    }
    tables.set(slot, segment.bytes.subarray(position, segment.position));
  }
}

// spec: T.81, B.2.2
function readFrame(marker: number, segment: Reader): Frame {
  const precision = segment.takeNumber(1);
  const [height, width, count] = [segment.takeNumber(2), segment.takeNumber(2), segment.takeNumber(1)];
  if (precision !== 8 || ![1, 3, 4].includes(count)) {
    throw new RefusedError("unusual");
  }
  checkSize(width, height);
  const components = Array.from({ length: count }, () => {
    const [id, sampling, quantiser] = [segment.takeNumber(1), segment.takeNumber(1), segment.takeNumber(1)];
    const [across, down] = [sampling >> 4, sampling & 15];
    if (across < 1 || across > 4 || down < 1 || down > 4 || quantiser > 3) {
      throw new RefusedError("broken");
    }
    return { id, across, down, quantiser, isScanned: false };
  });
  if (segment.left > 0 || new Set(components.map(({ id }) => id)).size !== count) {
    throw new RefusedError("broken");
  }
  return { marker, width, height, components };
}

function readParts(header: Reader, { components }: Frame): Part[] {
  const count = header.takeNumber(1);
  const parts = Array.from({ length: count }, () => {
    const [id, tables] = [header.takeNumber(1), header.takeNumber(1)];
    const component = components.find((each) => each.id === id);
    if (component === undefined || (tables & 0xcc) !== 0) {
      throw new RefusedError("broken");
    }
    return { component, dc: tables >> 4, ac: tables & 15 };
  });
  const isEachOnce = new Set(parts.map(({ component }) => component)).size === count;
  if (count < 1 || count > 4 || !isEachOnce || header.left !== 3) {
    throw new RefusedError("broken");
  }
  return parts;
}

/** Return how many restart intervals a scan has. spec: T.81, A.2 */
function countIntervals({ width, height, components }: Frame, parts: readonly Part[], interval: number): number {
  const across = Math.max(...components.map((component) => component.across));
  const down = Math.max(...components.map((component) => component.down));
  const [only] = parts;
  const units =
    parts.length === 1 && only !== undefined
      ? Math.ceil(Math.ceil((width * only.component.across) / across) / 8) *
        Math.ceil(Math.ceil((height * only.component.down) / down) / 8)
      : Math.ceil(width / (8 * across)) * Math.ceil(height / (8 * down));
  return interval === 0 ? 1 : Math.ceil(units / interval);
}
