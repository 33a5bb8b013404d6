/** Unpacking what somebody else packed, by the browser's own means, and never more than was asked for. */

/** Unpack the beginning of a stream, at most `most` bytes of it; what is broken ends where it breaks. */
export async function inflate(packed: Uint8Array, format: CompressionFormat, most: number): Promise<Uint8Array> {
  const reader = new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream(format)).getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for (let next = await reader.read(); !next.done && size < most; next = await reader.read()) {
      pieces.push(next.value);
      size += next.value.length;
    }
    await reader.cancel();
  } catch {
    // What came before it broke is worth looking at.
  }
  const unpacked = new Uint8Array(Math.min(size, most));
  let at = 0;
  for (const piece of pieces) {
    unpacked.set(piece.subarray(0, unpacked.length - at), at);
    at = Math.min(unpacked.length, at + piece.length);
  }
  return unpacked;
}
