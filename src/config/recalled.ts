/**
 * A config of which an earlier start has checked the very text. Parsing and checking depend on nothing else
 * (files that a config names are read later), so what came of them is kept (`src/base/remembered.ts`), and
 * the parser, the schemas and the registries need not be loaded. What was refused is read and refused again.
 */

import { dirname, resolve } from 'node:path';
import { rememberedLater } from '../base/remembered.js';
import type { LoadedConfig, Override } from '../run/config.js';
import { readSource } from './source.js';

/** All but where it was read, which is not in the text. */
type Kept = Omit<LoadedConfig, 'file' | 'folder' | 'source'>;

/**
 * As `loadConfig`.
 *
 * @param set `path=value`, as typed; `overrides` are laid over what they make
 */
export async function recallConfig(
  file: string,
  set: readonly string[],
  overrides: readonly Override[],
  check = checkText,
): Promise<LoadedConfig> {
  const source = await readSource(file).catch(async (error: unknown) => {
    // What is wrong on the command line is said before what is wrong with a file.
    const { parseOverride } = await import('./load.js');
    set.forEach(parseOverride);
    throw error;
  });
  const make = async (): Promise<Kept> => {
    const checked = await check(source, file, set, overrides);
    const { file: _file, folder: _folder, source: _source, ...kept } = checked;
    return kept;
  };
  // Where a user's modules are forbidden, whether there are any is looked for anew.
  const kept = process.env['SOTTOVOCE_NO_CUSTOM']
    ? await make()
    : await rememberedLater('config', [source, JSON.stringify([set, overrides])], make);
  return { ...kept, file: resolve(file), folder: dirname(resolve(file)), source };
}

async function checkText(
  source: string,
  file: string,
  set: readonly string[],
  overrides: readonly Override[],
): Promise<LoadedConfig> {
  const { checkSource, parseOverride } = await import('./load.js');
  return checkSource(source, file, [...set.map(parseOverride), ...overrides]);
}
