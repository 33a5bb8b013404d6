/** Reading bytes that somebody else wrote, and the one way in which that fails. */

/**
 * Why a picture is not written anew: not whole or not what it says it is; larger than a browser can be asked to decode;
 * more than one picture; written in a way that browsers do not show.
 */
export type Reason = "broken" | "huge" | "animated" | "unusual";

/** The picture is refused. Nothing of it goes on. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(`the picture is refused: ${reason}`);
    this.reason = reason;
  }
}

// The largest cameras of telephones reach this; four bytes a pixel are 400 MB in whatever decodes it.
const MOST_PIXELS = 100_000_000;

/** Refuse a picture without pixels, or with more than can be decoded. */
export function checkSize(width: number, height: number): void {
  if (width === 0 || height === 0) {
    throw new RefusedError("broken");
  }
  if (width * height > MOST_PIXELS) {
    throw new RefusedError("huge");
  }
}

/** Bytes, read from front to back. What would be read beyond their end is refused. */
export class Reader {
  readonly bytes: Uint8Array;
  position = 0;
  readonly #isLittle: boolean;

  constructor(bytes: Uint8Array, isLittle = false) {
    this.bytes = bytes;
    this.#isLittle = isLittle;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.bytes.length - this.position;
  }

  take(size: number): Uint8Array {
    if (size > this.left) {
      throw new RefusedError("broken");
    }
    this.position += size;
    return this.bytes.subarray(this.position - size, this.position);
  }

  takeNumber(size: number): number {
    const bytes = this.take(size);
    return (this.#isLittle ? bytes.slice().reverse() : bytes).reduce((value, byte) => value * 256 + byte, 0);
  }

  /** Return the next bytes as text, each byte a character. */
  takeText(size: number): string {
    return latin(this.take(size));
  }
}

/** Return bytes as text, each byte a character: whatever they are, every search in it finds what is there. */
export function latin(bytes: Uint8Array): string {
  let text = "";
  // An engine takes only so many arguments at once.
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return text;
}

/** Return whether bytes have this text at a place. */
export function hasText(bytes: Uint8Array, text: string, at = 0): boolean {
  return bytes.length >= at + text.length && latin(bytes.subarray(at, at + text.length)) === text;
}

/** Return a number as bytes, the largest first. */
export function number(value: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** (size - 1 - i)) & 255);
}

/** Return a text of single-byte characters as bytes. */
export function text(characters: string): Uint8Array {
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}
