/** IDX files for tests. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function idx(shape: number[], bytes: ArrayLike<number>): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint8(2, 0x08);
  header.setUint8(3, shape.length);
  shape.forEach((size, d) => {
    header.setUint32(4 + 4 * d, size);
  });
  return Uint8Array.of(...new Uint8Array(header.buffer), ...Array.from(bytes));
}

/** Images of one row each. */
export function idxFiles(
  folder: string,
  name: string,
  images: number[][],
  labels: number[],
): { images: string; labels: string } {
  const files = { images: join(folder, `${name}-images`), labels: join(folder, `${name}-labels`) };
  writeFileSync(files.images, idx([images.length, 1, images[0]?.length ?? 0], images.flat()));
  writeFileSync(files.labels, idx([labels.length], labels));
  return files;
}
