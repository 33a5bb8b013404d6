/** Whatever is hidden in a picture, nothing of it is left when it is written anew, or the picture is refused. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";

import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";

import { cleanJpeg, type Cleaned } from "../../../web/cleaning/jpeg.ts";
import { cleanPng } from "../../../web/cleaning/png.ts";
import { RefusedError } from "../../../web/cleaning/reader.ts";
import { cleanWebp } from "../../../web/cleaning/webp.ts";
import * as made from "./fixtures.ts";
import * as pictures from "./pictures.ts";

const { big, CANARY, chunk, holdsCanary, insert, join, latin, png, segment } = made;

type Clean = (bytes: Uint8Array) => Promise<Cleaned>;
const CLEAN: Readonly<Record<string, Clean>> = { jpeg: cleanJpeg, png: cleanPng, webp: async (bytes) => Promise.resolve(cleanWebp(bytes)) };

const JPEGS = {
  BASELINE: pictures.BASELINE,
  PROGRESSIVE: pictures.PROGRESSIVE,
  RESTARTS: pictures.RESTARTS,
  GRAY: pictures.GRAY,
  CMYK: pictures.CMYK,
  RGB: pictures.RGB,
};

async function run(kind: string, bytes: Uint8Array): Promise<{ out: Uint8Array; found: string[] }> {
  const { pieces, findings } = (await CLEAN[kind]?.(bytes)) ?? { pieces: [], findings: new Set() };
  const out = join(...pieces);
  expect(holdsCanary(out)).toBe(false);
  const again = (await CLEAN[kind]?.(out)) ?? { pieces: [], findings: new Set() };
  // Once is enough: a second time finds nothing, and changes nothing.
  expect(Buffer.from(join(...again.pieces)).equals(out)).toBe(true);
  expect([...again.findings]).toEqual([]);
  return { out, found: [...findings].sort() };
}

async function reasonOf(kind: string, bytes: Uint8Array): Promise<string> {
  const error = await CLEAN[kind]?.(bytes).then(() => null, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RefusedError);
  return (error as RefusedError).reason;
}

const folder = mkdtempSync(path(tmpdir(), "vp-pictures-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What exiftool finds in a picture, beside what follows from its pixels. */
function listTags(bytes: Uint8Array): string[] {
  const file = path(folder, "picture");
  writeFileSync(file, bytes);
  const [tags = {}] = JSON.parse(execFileSync("exiftool", ["-j", "-G1", "-a", "-u", "-ee", file]).toString()) as Record<string, unknown>[];
  const ofTheFile = /^(SourceFile|ExifTool:|System:|File:|Composite:(ImageSize|Megapixels)|PNG:(ImageWidth|ImageHeight|BitDepth|ColorType|Compression|Filter|Interlace))/u;
  return Object.keys(tags).filter((tag) => !ofTheFile.test(tag) || /Trailer|Comment|Warning/u.test(tag)).sort();
}

/** All segments of a JPEG before its first scan. */
function listMarkers(jpeg: Uint8Array): number[] {
  const markers: number[] = [];
  for (let at = 2; markers.at(-1) !== 0xda; at += 2 + (jpeg[at + 2] ?? 0) * 256 + (jpeg[at + 3] ?? 0)) {
    markers.push(jpeg[at + 1] ?? 0);
  }
  return markers;
}

describe("JPEG", () => {
  test.each(Object.entries(JPEGS))("%s: nothing but frame, tables and scans is left", async (name, bytes) => {
    const { out } = await run("jpeg", bytes);
    const adobe = name === "CMYK" || name === "RGB" ? [0xee] : [];
    expect([...new Set(listMarkers(out))].sort()).toEqual(
      [0xc4, 0xda, 0xdb, ...(name === "RESTARTS" ? [0xdd] : []), name === "PROGRESSIVE" ? 0xc2 : 0xc0, ...adobe].sort(),
    );
    expect(listTags(out).filter((tag) => !tag.startsWith("Adobe:"))).toEqual([]);
  });

  const hidden = Object.entries(made.SEGMENTS);
  test.each(hidden)("%s is left behind, and named", async (name, [bytes, findings]) => {
    for (const picture of Object.values(JPEGS)) {
      const { out, found } = await run("jpeg", insert(picture, bytes));
      expect(found).toEqual(findings);
      const isTurned = name.startsWith("EXIF with") || name.startsWith("EXIF, the");
      expect(listTags(out).filter((tag) => !tag.startsWith("Adobe:"))).toEqual(isTurned ? ["IFD0:Orientation"] : []);
    }
  });

  test("all of it at once, with fill between: the same bytes as without, but for the orientation", async () => {
    const all = hidden.filter(([name]) => !name.startsWith("a quantiser")).flatMap(([, [bytes]]) => [Uint8Array.of(0xff, 0xff), bytes]);
    const plain = (await run("jpeg", pictures.BASELINE)).out;
    const { out } = await run("jpeg", insert(pictures.BASELINE, ...all));
    const orientation = segment(0xe1, "Exif\0\0", "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0");
    expect(Buffer.from(out).equals(join(plain.subarray(0, 2), orientation, plain.subarray(2)))).toBe(true);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("the picture stays the way up that it was (%i)", async (orientation) => {
    const { out } = await run("jpeg", insert(pictures.BASELINE, segment(0xe1, "Exif\0\0", made.exif(orientation))));
    const tags = execFileSync("exiftool", ["-n", "-s3", "-Orientation", "-"], { input: out }).toString().trim();
    expect(tags).toBe(orientation === 1 ? "" : String(orientation));
  });

  test.each([
    ["a ZIP archive", join("PK\x03\x04", CANARY), ["other"]],
    ["a second picture, larger than the first", insert(pictures.BASELINE, segment(0xfe, CANARY)), ["preview"]],
    ["a film", join("\0\0\0\x18ftypmp42", CANARY), ["other"]],
    ["a page", join("<script>", CANARY, "</script>"), ["other"]],
    ["one zero", Uint8Array.of(0), ["other"]],
  ] as const)("%s behind the end is left behind", async (_, trail, findings) => {
    const { out, found } = await run("jpeg", join(pictures.BASELINE, trail));
    expect(Buffer.from(out).equals((await run("jpeg", pictures.BASELINE)).out)).toBe(true);
    expect(found).toEqual(findings);
  });

  test("a picture that is cut off anywhere is refused", async () => {
    for (const picture of Object.values(JPEGS)) {
      for (let size = 2; size < picture.length; size += 1) {
        expect(await reasonOf("jpeg", picture.subarray(0, size))).toBe("broken");
      }
    }
  });

  test("a progressive picture without one of its colours is refused", async () => {
    const scans = [...pictures.PROGRESSIVE.entries()].filter(([i, byte]) => byte === 0xff && pictures.PROGRESSIVE[i + 1] === 0xda);
    const [first = 0] = scans[0] ?? [];
    expect(await reasonOf("jpeg", join(pictures.PROGRESSIVE.subarray(0, first), [0xff, 0xd9]))).toBe("broken");
  });

  function withSize(height: number, width: number): Uint8Array {
    const out = pictures.BASELINE.slice();
    const at = Buffer.from(out).indexOf(Uint8Array.of(0xff, 0xc0));
    out.set([...big(height, 2), ...big(width, 2)], at + 5);
    return out;
  }

  test("a picture that no browser can be asked to decode is refused", async () => {
    expect(await reasonOf("jpeg", withSize(65_535, 65_535))).toBe("huge");
    expect(await reasonOf("jpeg", withSize(10_001, 10_000))).toBe("huge");
    expect(await reasonOf("jpeg", withSize(0, 24))).toBe("broken");
  });

  test.each([0xc3, 0xc5, 0xc9, 0xca, 0xde, 0xdf, 0xcc])("what browsers do not show is refused (%i)", async (marker) => {
    const out = pictures.BASELINE.slice();
    out[Buffer.from(out).indexOf(Uint8Array.of(0xff, 0xc0)) + 1] = marker;
    expect(await reasonOf("jpeg", out)).toBe("unusual");
  });

  test.each([
    ["a second frame", (b: Uint8Array) => insert(b, segment(0xc0, [8, 0, 17, 0, 24, 1, 1, 17, 0]))],
    ["words between segments", (b: Uint8Array) => join(b.subarray(0, 2), CANARY, b.subarray(2))],
    ["a restart where there is no interval", (b: Uint8Array) => join(b.subarray(0, -2), [0xff, 0xd0], CANARY, b.subarray(-2))],
    ["an interval where there is no restart", (b: Uint8Array) => insert(b, segment(0xdd, [0, 1]))],
    ["more values than codes", (b: Uint8Array) => insert(b, segment(0xc4, [0, 3, ...new Uint8Array(15)], "abc"))],
    ["two codes for one value", (b: Uint8Array) => insert(b, segment(0xc4, [0, 0, 2, ...new Uint8Array(14)], "aa"))],
    ["a table in a slot that does not exist", (b: Uint8Array) => insert(b, segment(0xdb, [4], new Uint8Array(64)))],
  ])("%s: refused", async (_, spoil) => {
    expect(["broken", "unusual"]).toContain(await reasonOf("jpeg", spoil(pictures.BASELINE)));
  });
});

describe("PNG", () => {
  test("an ordinary one keeps its pixels and nothing else", async () => {
    const { out, found } = await run("png", png());
    expect(found).toEqual([]);
    expect(listTags(out)).toEqual([]);
    const content = out.subarray(8 + 25 + 8, out.length - 4 - 12);
    expect(Buffer.from(content).equals(made.packRows(made.PNG_ROWS))).toBe(true);
  });

  test.each(Object.entries(made.CHUNKS))("%s is left behind, and named", async (name, [bytes, findings]) => {
    // A picture stays the way up that it was.
    const exif = chunk("eXIf", latin("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"));
    const plain = (await run("png", png())).out;
    const turned = name === "eXIf" ? (await run("png", png({ before: [exif] }))).out : plain;
    expect(Buffer.from(turned).includes(Buffer.from(exif))).toBe(name === "eXIf");
    const before = await run("png", png({ before: [bytes] }));
    const after = await run("png", png({ after: [bytes] }));
    expect([before.found, after.found]).toEqual([findings, findings]);
    expect(Buffer.from(before.out).equals(turned)).toBe(true);
    expect(Buffer.from(after.out).equals(plain)).toBe(true);
  });

  test("whatever follows the end is left behind", async () => {
    const { out, found } = await run("png", join(png(), "PK\x03\x04", CANARY));
    expect(Buffer.from(out).equals((await run("png", png())).out)).toBe(true);
    expect(found).toEqual(["other"]);
  });

  test("what decides how the pixels look stays: palette, transparency, brightness", async () => {
    const header = join(big(4, 4), big(2, 4), [8, 3, 0, 0, 0]);
    const kept = [chunk("gAMA", big(100_000, 4)), chunk("PLTE", "abcdef"), chunk("tRNS", "\x80")];
    const { out } = await run("png", png({ header, before: kept, packed: made.packRows(new Uint8Array(10)) }));
    expect(kept.every((bytes) => Buffer.from(out).includes(Buffer.from(bytes)))).toBe(true);
  });

  test("an interlaced picture has the rows of all seven passes", async () => {
    const header = join(big(5, 4), big(3, 4), [1, 0, 0, 0, 1]);
    // Passes 1, 2, 4, 5, 6 and 7 of five by three pixels have one, one, one, one, two and one row of one byte each.
    await run("png", png({ header, packed: made.packRows(new Uint8Array(2 * 7)) }));
    expect(await reasonOf("png", png({ header, packed: made.packRows(new Uint8Array(2 * 8)) }))).toBe("broken");
  });

  test("words behind the pixels, inside their own chunk, are not left", async () => {
    const packed = join(made.packRows(made.PNG_ROWS), CANARY);
    const cleaned = await cleanPng(png({ packed })).catch(() => null);
    expect(cleaned === null || !holdsCanary(join(...cleaned.pieces))).toBe(true);
    expect(await reasonOf("png", png({ packed: made.packRows(join(made.PNG_ROWS, CANARY)) }))).toBe("broken");
  });

  test.each(["acTL", "fcTL", "fdAT"])("an animation is refused (%s)", async (name) => {
    expect(await reasonOf("png", png({ before: [chunk(name, new Uint8Array(8))] }))).toBe("animated");
  });

  test("a chunk that a decoder must know is refused", async () => {
    expect(await reasonOf("png", png({ before: [chunk("KaNa", CANARY)] }))).toBe("unusual");
  });

  test("a picture that is cut off anywhere is refused", async () => {
    const whole = png();
    for (let size = 0; size < whole.length; size += 1) {
      expect(await reasonOf("png", whole.subarray(0, size))).toBe("broken");
    }
    expect(await reasonOf("png", png({ packed: made.packRows(made.PNG_ROWS.subarray(1)) }))).toBe("broken");
  });

  test("a picture that no browser can be asked to decode is refused, and a bomb is not unpacked", async () => {
    const sized = (width: number, height: number): Uint8Array => join(big(width, 4), big(height, 4), [16, 6, 0, 0, 0]);
    expect(await reasonOf("png", png({ header: sized(2 ** 31 - 1, 2 ** 31 - 1) }))).toBe("huge");
    expect(await reasonOf("png", png({ header: sized(10_000, 10_000) }))).toBe("huge");
    expect(await reasonOf("png", png({ header: sized(0, 1) }))).toBe("broken");
    expect(await reasonOf("png", png({ packed: made.packRows(new Uint8Array(200_000_000)) }))).toBe("broken");
  });
});

describe("WebP", () => {
  const hidden = [
    made.riffChunk("EXIF", made.exif()),
    made.riffChunk("XMP ", made.XMP),
    made.riffChunk("ICCP", CANARY),
    made.riffChunk("KANA", CANARY),
  ];

  test.each([
    ["lossy", pictures.LOSSY],
    ["lossless", pictures.LOSSLESS],
    ["with transparency", pictures.ALPHA],
  ])("%s: the same bytes with and without what is hidden", async (_, picture) => {
    const plain = await run("webp", picture);
    expect(plain.found).toEqual([]);
    const { out, found } = await run("webp", join(made.extendWebp(picture, 24, 17, ...hidden), CANARY));
    expect(Buffer.from(out).equals(plain.out)).toBe(true);
    expect(found).toEqual(["author", "comment", "device", "other", "place", "preview", "software", "time"]);
    expect(listTags(out).filter((tag) => !/^RIFF:(Image|VP8|.*Scale|Alpha|WebP_Flags)/u.test(tag))).toEqual([]);
  });

  test("transparency stays", async () => {
    expect(Buffer.from((await run("webp", pictures.ALPHA)).out).includes("ALPH")).toBe(true);
  });

  test("an animation is refused", async () => {
    expect(await reasonOf("webp", pictures.MOVING)).toBe("animated");
  });

  test("a picture that is cut off anywhere, or too large, is refused", async () => {
    for (const picture of [pictures.LOSSY, pictures.LOSSLESS, pictures.ALPHA]) {
      for (let size = 0; size < picture.length; size += 1) {
        expect(await reasonOf("webp", picture.subarray(0, size))).toBe("broken");
      }
    }
    const huge = pictures.LOSSY.slice();
    huge.set([0xff, 0x3f, 0xff, 0x3f], 26);
    expect(await reasonOf("webp", huge)).toBe("huge");
  });
});

describe("whatever the bytes are", () => {
  const seeds: [string, Uint8Array][] = [
    ...Object.values(JPEGS).map((bytes): [string, Uint8Array] => ["jpeg", insert(bytes, ...Object.values(made.SEGMENTS).map(([each]) => each))]),
    ["png", png({ before: Object.values(made.CHUNKS).map(([each]) => each) })],
    ["webp", made.extendWebp(pictures.ALPHA, 24, 17, made.riffChunk("EXIF", made.exif()))],
  ];
  const changes = fc.array(
    fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), kind: fc.constantFrom("set", "cut", "add"), byte: fc.integer({ min: 0, max: 255 }) }),
    { minLength: 1, maxLength: 6 },
  );

  test.each(seeds)("a changed picture is written anew without the canary or refused, soon (%s)", async (kind, seed) => {
    await fc.assert(
      fc.asyncProperty(changes, async (all) => {
        let bytes = Array.from(seed);
        for (const { at, kind: what, byte } of all) {
          const place = Math.floor(at * bytes.length);
          bytes = what === "cut" ? [...bytes.slice(0, place), ...bytes.slice(place + 1 + (byte >> 4))] : bytes;
          bytes = what === "add" ? [...bytes.slice(0, place), byte, ...bytes.slice(place)] : bytes;
          bytes = what === "set" ? [...bytes.slice(0, place), byte, ...bytes.slice(place + 1)] : bytes;
        }
        const began = performance.now();
        const result = await CLEAN[kind]?.(Uint8Array.from(bytes)).catch((error: unknown) => error);
        if (!(result instanceof RefusedError)) {
          expect(holdsCanary(join(...(result as Cleaned).pieces))).toBe(false);
        }
        expect(performance.now() - began).toBeLessThan(2_000);
      }),
      { numRuns: 400 },
    );
  });
});
