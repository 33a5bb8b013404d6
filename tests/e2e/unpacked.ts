/**
 * What lies packed in a file: every stream that browsers and databases compress with.
 *
 * Without entropy coding (LZ4, Snappy) a text that occurs for the first time stands in the stream as it is; these
 * decoders find it where parts of it occurred before.
 */

import { brotliDecompressSync, constants, inflateRawSync, inflateSync } from "node:zlib";

const MOST = 1 << 26;
const MOZLZ4 = Buffer.from("mozLz40\0");
const GZIP = Buffer.from([0x1f, 0x8b, 8]);
const SIMPLE_CACHE = Buffer.from("305c72a71b6dfbfc", "hex");
const LEVELDB = Buffer.from("57fb808b247547db", "hex");

/** Return these bytes, and everything that can be unpacked out of them, two layers deep. */
export function unpack(data: Buffer): Buffer[] {
  const inner = unpackOnce(data);
  return [data, ...inner, ...inner.flatMap(unpackOnce)];
}

/** Return what a file of Firefox with the magic number mozLz40 holds. */
export function unpackMozilla(file: Buffer): Buffer {
  return unpackLz4(file.subarray(MOZLZ4.length + 4), file.readUInt32LE(MOZLZ4.length));
}

function unpackOnce(data: Buffer): Buffer[] {
  return [
    ...(data.subarray(0, 8).equals(MOZLZ4) ? [unpackMozilla(data)] : []),
    ...(data.subarray(-8).equals(LEVELDB) ? unpackTable(data) : []),
    ...unpackCacheEntry(data),
    ...unpackGzip(data),
    ...unpackZlib(data),
  ];
}

function unpackGzip(data: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = data.indexOf(GZIP); at >= 0; at = data.indexOf(GZIP, at + 1)) {
    // RFC 1952: ten bytes, then what the flags announce. What we look for is sent without any of it.
    found.push(...attempt(() => inflateRawSync(data.subarray(at + 10), { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST })));
  }
  return found;
}

function unpackZlib(data: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = data.indexOf(0x78); at >= 0; at = data.indexOf(0x78, at + 1)) {
    // RFC 1950: both bytes together are a multiple of 31; without a dictionary, only these four exist.
    if ([0x01, 0x5e, 0x9c, 0xda].includes(data[at + 1] ?? 0)) {
      found.push(...attempt(() => inflateSync(data.subarray(at), { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST })));
    }
  }
  return found;
}

// Chromium's Simple Cache: a header of 24 bytes, the key, the body. Brotli has no magic number, so it is tried.
function unpackCacheEntry(data: Buffer): Buffer[] {
  const at = data.subarray(0, 8).equals(SIMPLE_CACHE) ? 24 + data.readUInt32LE(12) : 0;
  const options = { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: MOST };
  return attempt(() => brotliDecompressSync(data.subarray(at), options));
}

// LevelDB's table: the footer points to the index block, and its values to the others.
function unpackTable(data: Buffer): Buffer[] {
  return attempt(() => {
    const footer = new Reader(data.subarray(-48));
    footer.skip(2);
    const blocks = readValues(readBlock(data, footer)).map((handle) => readBlock(data, new Reader(handle)));
    return Buffer.concat(blocks);
  });
}

// After each block stand its kind (1 is Snappy) and a checksum of four bytes.
function readBlock(data: Buffer, handle: Reader): Buffer {
  const offset = handle.varint();
  const end = offset + handle.varint();
  const block = data.subarray(offset, end);
  return data[end] === 1 ? unpackSnappy(block) : block;
}

function readValues(block: Buffer): Buffer[] {
  const values: Buffer[] = [];
  const reader = new Reader(block.subarray(0, block.length - 4 - 4 * block.readUInt32LE(block.length - 4)));
  while (!reader.isAtEnd) {
    reader.skip(1);
    const [own, size] = [reader.varint(), reader.varint()];
    reader.take(own);
    values.push(reader.take(size));
  }
  return values;
}

/** Return what a Snappy block holds. */
export function unpackSnappy(block: Buffer): Buffer {
  const reader = new Reader(block);
  const out = new Output(reader.varint());
  while (!reader.isAtEnd) {
    const tag = reader.byte();
    const upper = tag >> 2;
    if ((tag & 3) === 0) {
      out.add(reader.take(1 + (upper < 60 ? upper : reader.little(upper - 59))));
    } else if ((tag & 3) === 1) {
      out.repeat(((tag >> 5) << 8) | reader.byte(), 4 + (upper & 7));
    } else {
      out.repeat(reader.little((tag & 3) === 2 ? 2 : 4), 1 + upper);
    }
  }
  return out.bytes;
}

function unpackLz4(block: Buffer, size: number): Buffer {
  const reader = new Reader(block);
  const out = new Output(size);
  for (;;) {
    const token = reader.byte();
    out.add(reader.take(reader.length(token >> 4)));
    // The last sequence is literals only.
    if (reader.isAtEnd) {
      return out.bytes;
    }
    const distance = reader.little(2);
    out.repeat(distance, 4 + reader.length(token & 15));
  }
}

class Reader {
  readonly #data: Buffer;
  #at = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#data.length;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  take(size: number): Buffer {
    const taken = this.#data.subarray(this.#at, this.#at + size);
    if (taken.length < size) {
      throw new RangeError("the data ends too early");
    }
    this.#at += size;
    return taken;
  }

  little(size: number): number {
    return this.take(size).readUIntLE(0, size);
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) {
        return value;
      }
    }
  }

  skip(varints: number): void {
    for (let i = 0; i < varints; i += 1) {
      this.varint();
    }
  }

  /** A length of LZ4: fifteen means that bytes follow which are added, up to one that is not 255. */
  length(start: number): number {
    let value = start;
    for (let byte = start === 15 ? 255 : 0; byte === 255; value += byte) {
      byte = this.byte();
    }
    return value;
  }
}

class Output {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(size: number) {
    this.#bytes = Buffer.alloc(Math.min(size, MOST));
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  add(literal: Buffer): void {
    this.#at += literal.copy(this.#bytes, this.#at);
  }

  // What is repeated may reach into what the repetition itself writes, so it goes byte by byte.
  repeat(distance: number, size: number): void {
    for (const end = Math.min(this.#at + size, this.#bytes.length); this.#at < end; this.#at += 1) {
      this.#bytes[this.#at] = this.#bytes[this.#at - distance] ?? 0;
    }
  }
}

function attempt(unpacking: () => Buffer): Buffer[] {
  try {
    return [unpacking()];
  } catch {
    // It only looked like the beginning of a stream.
    return [];
  }
}
