/**
 * Files that are a part of a config: a compressor's parameter names one (`policy: policy.json`), and the config
 * holds its content from then on. So manifests, cells of studies and workers have all of it, and what a run does
 * is decided by its config alone.
 */

import { resolve } from 'node:path';
import { z } from 'zod';
import { readWholeFile, Unreadable } from '../../topology/read-file.js';
import { formatPath, InputError, type SpecPath } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { CompressorDefinition } from '../compress/types.js';
import { explain, isMapping, REPORT_INPUT } from '../schema/explain.js';
import type { Registries } from '../schema/program.js';

/** What is longer was not made for this. */
const MOST_BYTES = 2 ** 20;
/** As deep as compositions go. */
const MOST_NESTING = 16;
/** Where compressors stand, at whatever place in them. */
const SECTIONS = ['compressor', 'program'] as const;

/** The data with what it names in the place of the names; the same object where it names nothing. */
export async function embedFiles(
  data: unknown,
  { compressors }: Registries,
  folder: string,
): Promise<unknown> {
  const visit = async (part: unknown, path: SpecPath): Promise<unknown> => {
    if (path.length > 2 * MOST_NESTING) return part;
    if (Array.isArray(part)) {
      const parts = await Promise.all(part.map((own, at) => visit(own, [...path, at])));
      return parts.some((own, at) => own !== part[at]) ? parts : part;
    }
    if (!isMapping(part) || ArrayBuffer.isView(part)) return part;
    const kind = part['kind'];
    const definition =
      typeof kind === 'string' && Object.hasOwn(compressors, kind) ? compressors[kind] : null;
    const { embed } = (definition ?? {}) as Partial<CompressorDefinition>;
    const named = embed === undefined ? undefined : part[embed.parameter];
    if (embed !== undefined && typeof named === 'string') {
      const content = await contentOf(resolve(folder, named), embed, [...path, embed.parameter]);
      return { ...part, ...embed.spread(content) };
    }
    const entries = await Promise.all(
      Object.entries(part).map(async ([key, own]) => [key, await visit(own, [...path, key])] as const),
    );
    return entries.some(([key, own]) => own !== part[key]) ? Object.fromEntries(entries) : part;
  };

  if (!isMapping(data)) return data;
  let whole = data;
  for (const section of SECTIONS) {
    const own = data[section];
    const filled = await visit(own, [section]);
    if (filled !== own) whole = { ...whole, [section]: filled };
  }
  return whole;
}

async function contentOf(
  file: string,
  { shape }: NonNullable<CompressorDefinition['embed']>,
  path: SpecPath,
): Promise<Record<string, unknown>> {
  const shown = showPath(file);
  const refuse = (problem: string) => new InputError(`${formatPath(path)}: ${shown}: ${problem}`, { path });
  const bytes = await readWholeFile(file).catch((error: unknown) => {
    if (error instanceof Unreadable) throw refuse(error.reason);
    throw error;
  });
  if (bytes.length > MOST_BYTES) throw refuse(`it has ${bytes.length} bytes, expected at most ${MOST_BYTES}`);
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw refuse(`it is no JSON (${(error as Error).message})`);
  }
  if (!isMapping(content)) throw refuse('it holds no mapping');
  const schema = shape(z);
  const checked = schema.safeParse(content, REPORT_INPUT);
  if (checked.success) return content;
  const issues = explain(checked.error, schema, content, ['policy']);
  throw refuse(issues[0]?.text ?? 'it is damaged');
}
