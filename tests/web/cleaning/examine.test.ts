/** What becomes of a file, whatever its name says, and what a document is found to say. */

import { deflateRawSync } from "node:zlib";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { examine, type Outcome } from "../../../web/cleaning/examine.ts";
import { tellKind } from "../../../web/cleaning/kind.ts";
import { CANARY, join, latin, little, packRows, png } from "./fixtures.ts";
import { BASELINE, LOSSY } from "./pictures.ts";

type Parts = Readonly<Record<string, string>>;

/** A ZIP archive, each part packed. */
function zip(parts: Parts): Uint8Array {
  const bodies: Uint8Array[] = [];
  const entries: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(parts)) {
    const packed = deflateRawSync(Buffer.from(content));
    const common = join(little(20, 2), little(0, 2), little(8, 2), new Uint8Array(8), little(packed.length, 4), little(content.length, 4), little(name.length, 2), little(0, 2));
    const body = join("PK\x03\x04", common, name, packed);
    entries.push(join("PK\x01\x02", little(20, 2), common, new Uint8Array(10), little(at, 4), name));
    bodies.push(body);
    at += body.length;
  }
  const directory = join(...entries);
  const count = little(entries.length, 2);
  return join(...bodies, directory, "PK\x05\x06", new Uint8Array(4), count, count, little(directory.length, 4), little(at, 4), little(0, 2));
}

async function look(bytes: Uint8Array | string): Promise<Outcome> {
  return examine(new Blob([(typeof bytes === "string" ? latin(bytes) : bytes) as Uint8Array<ArrayBuffer>]));
}

async function traitsOf(bytes: Uint8Array | string): Promise<string[]> {
  const found = await look(bytes);
  expect(found.outcome).toBe("document");
  return found.outcome === "document" ? found.traits.map(({ kind, value }) => `${kind}: ${value}`) : [];
}

describe("a file is what its content says", () => {
  test.each([
    ["jpeg", BASELINE],
    ["png", png()],
    ["webp", LOSSY],
    ["picture", join("\0\0\0\x18ftypheic\0\0\0\0mif1")],
    ["picture", join("\0\0\0\x18ftypavif\0\0\0\0mif1")],
    ["picture", latin("GIF89a")],
    ["picture", latin("II*\0\x10\0\0\0CR\x02\0")],
    ["recording", join("\0\0\0\x18ftypqt  \0\0\0\0qt  ")],
    ["recording", join("\0\0\0\x18ftypM4A \0\0\0\0M4A ")],
    ["recording", latin("\x1a\x45\xdf\xa3webm")],
    ["recording", latin("RIFF\0\0\0\0WAVE")],
    ["recording", latin("ID3\x03")],
    ["recording", latin("\xff\xfb\x90\x44")],
    ["recording", latin("#!AMR\n")],
    ["pdf", latin("%PDF-1.7")],
    ["pdf", latin("\n\n  %PDF-1.4")],
    ["zip", zip({ x: "y" })],
    ["ole", latin("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")],
    ["other", latin("Geachte heer,")],
    ["other", new Uint8Array()],
  ])("%s", (kind, bytes) => {
    expect(tellKind(bytes)).toBe(kind);
  });

  test.each([
    ["cleaned", BASELINE],
    ["cleaned", png()],
    ["cleaned", LOSSY],
    ["refused", BASELINE.subarray(0, 300)],
    ["recording", latin("OggS")],
    ["picture", latin("GIF89a")],
    ["unknown", latin("tekst")],
    ["unknown", zip({ "brief.txt": "x" })],
    ["document", latin("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")],
  ])("it is %s", async (outcome, bytes) => {
    expect((await look(bytes)).outcome).toBe(outcome);
  });
});

describe("a PDF", () => {
  const info = `1 0 obj << /Author (Jan \\(de\\) Vries) /Creator <FEFF0057006F00720064> /Producer (P\\351)
    /CreationDate (D:20261102030405+01'00') /Title (Over mij) >> endobj`;

  test("tells author, day, program and title", async () => {
    expect(await traitsOf(`%PDF-1.4\n${info}`)).toEqual([
      "author: Jan (de) Vries",
      "time: 2026-11-02",
      "title: Over mij",
      "software: Pé",
      "software: Word",
    ]);
  });

  test("tells them also where its objects are packed", async () => {
    const packed = packRows(latin(info));
    const stream = join("%PDF-1.5\n2 0 obj << /Type /ObjStm /Filter /FlateDecode >> stream\r\n", packed, "\nendstream endobj");
    expect(await traitsOf(stream)).toContain("author: Jan (de) Vries");
  });

  test("tells what its XMP says, packed or not", async () => {
    const xmp = "<x:xmpmeta><dc:creator><rdf:Seq><rdf:li>Jan</rdf:li></rdf:Seq></dc:creator><xmp:CreateDate>2026-11-02T03:04</xmp:CreateDate>";
    for (const [filter, content] of [["", latin(xmp)], ["/Filter /FlateDecode", packRows(latin(xmp))]] as const) {
      const file = join(`%PDF-1.4\n3 0 obj << /Type /Metadata ${filter} >>\nstream\n`, content, "\nendstream\nendobj");
      expect(await traitsOf(file)).toEqual(["author: Jan", "time: 2026-11-02"]);
    }
  });

  test("tells of remarks, and who made them", async () => {
    const remark = "%PDF-1.4\n4 0 obj << /Type /Annot /Subtype /Text /T (Collega) /Contents (Dit klopt niet) >> endobj";
    expect(await traitsOf(remark)).toEqual(["author: Collega", "comments: "]);
  });

  test("says so when it is locked", async () => {
    expect(await look("%PDF-1.4 trailer << /Encrypt 5 0 R >>")).toMatchObject({ outcome: "document", isLegible: false });
    expect(await look("%PDF-1.4")).toMatchObject({ outcome: "document", isLegible: true, traits: [] });
  });
});

describe("an office document", () => {
  const core = `<?xml version="1.0"?><cp:coreProperties xmlns:cp="x"><dc:title>Verslag</dc:title><dc:creator>Jan &amp; Piet</dc:creator>
    <cp:lastModifiedBy>Griffie</cp:lastModifiedBy><dcterms:created xsi:type="dcterms:W3CDTF">2026-11-02T03:04:05Z</dcterms:created></cp:coreProperties>`;

  test("tells author, last hand, day, program, title and remarks", async () => {
    const file = zip({
      "[Content_Types].xml": "<Types/>",
      "docProps/core.xml": core,
      "docProps/app.xml": "<Properties><Application>Office</Application><Company>Gemeente Voorbeeld</Company></Properties>",
      "word/document.xml": '<w:document><w:p><w:ins w:id="1" w:author="Collega" w:date="x"><w:t>dc:creator</w:t></w:ins></w:p></w:document>',
      "word/comments.xml": '<w:comments><w:comment w:id="0" w:author="Wethouder"><w:t>Nee</w:t></w:comment></w:comments>',
    });
    expect(await traitsOf(file)).toEqual([
      "author: Jan & Piet",
      "author: Griffie",
      "author: Gemeente Voorbeeld",
      "author: Collega",
      "author: Wethouder",
      "time: 2026-11-02",
      "comments: ",
      "title: Verslag",
      "software: Office",
    ]);
  });

  test("of LibreOffice likewise", async () => {
    const file = zip({
      mimetype: "application/vnd.oasis.opendocument.text",
      "meta.xml": "<office:meta><meta:initial-creator>Jan</meta:initial-creator><dc:date>2026-11-02</dc:date><meta:generator>LO</meta:generator></office:meta>",
      "content.xml": "<office:text><office:annotation><dc:creator>Griffie</dc:creator><text:p>Nee</text:p></office:annotation></office:text>",
    });
    expect(await traitsOf(file)).toEqual(["author: Jan", "author: Griffie", "time: 2026-11-02", "comments: ", "software: LO"]);
  });

  test("that is packed a thousandfold is not unpacked to its end", async () => {
    const file = zip({ "[Content_Types].xml": "", "docProps/core.xml": `${core}${" ".repeat(50_000_000)}` });
    expect(await traitsOf(file)).toContain("author: Griffie");
  });
});

test("whatever the bytes are, a look ends soon and in one of its outcomes", async () => {
  const core = `<dc:creator>${CANARY}</dc:creator>`;
  const seeds = [
    zip({ "[Content_Types].xml": "", "docProps/core.xml": core }),
    latin("%PDF-1.5\n1 0 obj << /Author (x) /Type /Metadata >> stream\n<dc:creator>x</dc:creator>\nendstream"),
    latin(`%PDF-1.5\n${"1 0 obj /Metadata stream\nendstream ".repeat(50)}${"(".repeat(5000)}`),
    latin(`%PDF-1.5 /Metadata stream\n${"<a>".repeat(20_000)}endstream`),
    latin(`%PDF-1.5 /Metadata stream\n${`<a>${" ".repeat(300)}`.repeat(2_000)}endstream`),
  ];
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...seeds), changes, async (seed, all) => {
      const bytes = seed.slice();
      for (const [at, byte] of all) {
        bytes[at % bytes.length] = byte;
      }
      const began = performance.now();
      await look(bytes);
      expect(performance.now() - began).toBeLessThan(2_000);
    }),
    { numRuns: 200 },
  );
});
