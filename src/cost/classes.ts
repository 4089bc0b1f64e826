/** Labels as numbers of classes, for costs that tell classes apart. */

import { formatPath, InputError, type SpecPath } from '../base/errors.js';
import { type Described, placeOfRow } from '../data/dataset.js';
import { prepareTestLabels } from './samples-host.js';

/**
 * Class numbers: the labels themselves where their number is given, and else in ascending order of the labels
 * found.
 */
export function numberClasses(
  dataset: Described,
  given: number | undefined,
  path: SpecPath,
): { classes: number; labels: Uint32Array } {
  if (given !== undefined) return { classes: given, labels: checkedClasses(dataset, given, path) };
  const { labels, file } = dataset;
  const details = { file, path: [...path, 'data'] };
  const odd = labels.findIndex((label) => !Number.isSafeInteger(label));
  if (odd >= 0) {
    throw new InputError(
      `${file}: the label of sample ${odd} (from 0, as dealt out) is ${labels[odd]}, expected a whole number: softmax tells classes apart`,
      { ...details, hint: 'for real-valued labels, use kind: least-squares or huber' },
    );
  }
  const kinds = [...new Set(labels)].sort((a, b) => a - b);
  if (kinds.length < 2) {
    throw new InputError(`${file} has one label only (${kinds[0]}), expected two classes or more`, details);
  }
  const numbers = new Map(kinds.map((label, k) => [label, k]));
  return { classes: kinds.length, labels: Uint32Array.from(labels, (label) => numbers.get(label)!) };
}

/** Labels that are class numbers already. */
function checkedClasses(dataset: Described, classes: number, path: SpecPath): Uint32Array {
  const bad = dataset.labels.findIndex(
    (label) => !(Number.isInteger(label) && label >= 0 && label < classes),
  );
  if (bad >= 0) {
    const { text, line } = placeOfRow(dataset, bad);
    const expected = `a whole number in 0..${classes - 1} (${formatPath([...path, 'classes'])} is ${classes})`;
    throw new InputError(`${text}: the label is ${dataset.labels[bad]}, expected ${expected}`, {
      file: dataset.file,
      line,
      path: [...path, 'classes'],
    });
  }
  return Uint32Array.from(dataset.labels);
}

/** Class numbers of samples to test with. */
export function testClasses(
  test: Described,
  trained: Float64Array,
  numbers: Uint32Array,
  given: number | undefined,
  path: SpecPath,
): Uint32Array {
  if (given !== undefined) return checkedClasses(test, given, path);
  return prepareTestLabels(test, trained, numbers, path);
}
