/** Files of `sottovoce bench`: what --json and --picture write, and what is compared with. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeNamed } from '../../topology/whole-file.js';
import { InputError } from '../base/errors.js';
import type { BenchDocument } from '../bench/report.js';
import { unwritable } from '../output/failures.js';
import { writtenWhole } from './signals.js';
import { colours, printLine, printText, type Terminal } from './terminal.js';

/** To a file, or for `-` to stdout, which then has nothing else. */
export async function writeJson(file: string, data: unknown, terminal: Terminal): Promise<void> {
  const text = `${JSON.stringify(data, nullForUnknown, 2)}\n`;
  if (file === '-') {
    printText(terminal.stdout, text);
    return;
  }
  await writeWhole('--json', file, text, terminal);
  printLine(terminal.stdout, `\n${colours(terminal, terminal.stdout).dim('figures')}  ${file}`);
}

/** JSON has no NaN and no infinity. */
function nullForUnknown(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

async function writeWhole(
  option: string,
  file: string,
  data: string | Uint8Array,
  { stderr }: Terminal,
): Promise<void> {
  await writtenWhole(stderr, () => writeNamed(file, data)).catch((cause: Error) => {
    throw unwritable(`${option} ${file}`, file, cause);
  });
}

/** As SVG or PNG, by the file's name. */
export async function writePicture(
  file: string,
  benchmark: string,
  picture: string | undefined,
  terminal: Terminal,
): Promise<void> {
  if (picture === undefined) throw new InputError(`${benchmark} has nothing to draw for --picture`);
  const { renderPng } = await import('../figures/png.js');
  const data = /\.png$/i.test(file) ? await renderPng(picture) : picture;
  await writeWhole('--picture', file, data, terminal);
}

/** Of a config that has been measured. */
export async function digestOf(file: string): Promise<{ file: string; sha256: string }> {
  return {
    file,
    sha256: createHash('sha256')
      .update(await readFile(file))
      .digest('hex'),
  };
}

/** @param what the option that names it, or nothing */
export async function readDocument(what: string, file: string): Promise<BenchDocument> {
  const named = what === '' ? file : `${what} ${file}`;
  let document: Partial<BenchDocument> | null;
  try {
    document = JSON.parse(await readFile(file, 'utf8')) as Partial<BenchDocument> | null;
  } catch (cause) {
    throw new InputError(`${named} cannot be read: ${(cause as Error).message}`, {}, { cause });
  }
  if (document?.format !== 'sottovoce-bench-1' || !Array.isArray(document.figures)) {
    throw new InputError(`${named} is no benchmark's JSON, expected what --json wrote`);
  }
  return document as BenchDocument;
}
