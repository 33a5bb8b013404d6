/** A small picture of a picture, drawn from memory: it never gets an address, so no cache can keep it. */

import { onLeave } from "../leave.ts";

const SIDE = 144;

/** Draw a picture, small, into a canvas; return whether the browser can decode it. Drawing works where reading back does not. */
export async function drawPreview(canvas: HTMLCanvasElement, picture: Blob): Promise<boolean> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(picture);
  } catch {
    return false;
  }
  const { width, height } = bitmap;
  const scale = Math.min(1, SIDE / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  if (context !== null) {
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  }
  bitmap.close();
  onLeave(() => {
    wipePreview(canvas);
  });
  return true;
}

/** Let go of what is drawn. */
export function wipePreview(canvas: HTMLCanvasElement): void {
  // A canvas that gets a size is empty.
  canvas.width = 0;
}
