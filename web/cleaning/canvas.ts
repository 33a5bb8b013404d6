/** What a canvas gives back: in Tor Browser it is noise, and then no picture may be encoded from one. */

// Enough different pixels that noise on a few in a thousand shows; some browsers spare a canvas of one colour.
const SIDE = 96;

let honest: Promise<boolean> | undefined;

/**
 * Say whether this browser's canvas gives back what was drawn, to the last bit: as pixels, and encoded without loss.
 *
 * It is tried once for each page, in memory. Ask outside of what handles a press: there Tor Browser would ask the person.
 */
export async function isCanvasHonest(): Promise<boolean> {
  honest ??= tryCanvas().catch(() => false);
  return honest;
}

async function tryCanvas(): Promise<boolean> {
  const drawn = drawSlopes();
  const canvas = makeCanvas(SIDE, SIDE);
  const context = getContext(canvas);
  context.putImageData(drawn, 0, 0);
  // As the editor paints: a flat part over a picture.
  context.fillStyle = "#123456";
  context.fillRect(8, 16, 24, 32);
  for (let y = 16; y < 48; y += 1) {
    for (let x = 8; x < 32; x += 1) {
      drawn.data.set([0x12, 0x34, 0x56, 255], 4 * (y * SIDE + x));
    }
  }
  const isRead = equal(readAll(canvas), drawn.data);
  const bitmap = await createImageBitmap(await encode(canvas, "image/png"));
  const copy = makeCanvas(SIDE, SIDE);
  getContext(copy).drawImage(bitmap, 0, 0);
  bitmap.close();
  return isRead && equal(readAll(copy), drawn.data);
}

/** Make a canvas that no page shows. */
export function makeCanvas(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  return canvas;
}

/** Return the canvas's context. Throws where the browser has no room for one. */
export function getContext(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (context === null) {
    throw new RangeError("no room for a canvas");
  }
  return context;
}

/** Encode what is drawn. Rejects where the canvas is larger than this browser bears. */
export async function encode(canvas: HTMLCanvasElement, type: "image/jpeg" | "image/png"): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => {
        if (blob?.type === type) {
          resolve(blob);
        } else {
          reject(new RangeError("a canvas that cannot be encoded"));
        }
      },
      type,
      // Only JPEG has it. Beyond this one sees no difference, and the file doubles.
      0.9,
    );
  });
}

// Slopes of three colours; opaque, since half-transparent colours are rounded everywhere.
function drawSlopes(): ImageData {
  const image = new ImageData(SIDE, SIDE);
  for (let i = 0; i < SIDE * SIDE; i += 1) {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    image.data.set([(x * 255) / SIDE, (y * 255) / SIDE, (x * 7 + y * 13) & 255, 255], 4 * i);
  }
  return image;
}

function readAll(canvas: HTMLCanvasElement): Uint8ClampedArray {
  return getContext(canvas).getImageData(0, 0, SIDE, SIDE).data;
}

function equal(a: Uint8ClampedArray, b: Uint8ClampedArray): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
