/**
 * Files that are a part of a config: a compressor's parameter names one (`policy: policy.json`), and the config
 * holds its content from then on. So manifests, cells of studies and workers have all of it, and what a run does
 * is decided by its config alone.
 */

import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { readWholeFile, Unreadable } from '../../topology/read-file.js';
import { formatPath, InputError, isInputError, type SpecPath } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { CompressorDefinition } from '../compress/types.js';
import { parseComponent, type Registry } from '../schema/component.js';
import { explain, isMapping, REPORT_INPUT, wrongValue } from '../schema/explain.js';
import type { Registries } from '../schema/program.js';

type Embedding = NonNullable<CompressorDefinition['embed']>;

/** What is longer was not made for this. */
const MOST_BYTES = 2 ** 20;
/** As deep as compositions go. */
const MOST_NESTING = 16;
/** Where compressors stand, at whatever place in them. */
const SECTIONS = ['compressor', 'program'] as const;

/** The data with what it names in the place of the names; the same object where it names nothing. */
export async function embedFiles(
  data: unknown,
  { compressors }: Pick<Registries, 'compressors'>,
  folder: string,
): Promise<unknown> {
  /** `within`: the files, from the first one on, whose content this is. */
  const visit = async (part: unknown, path: SpecPath, from: string, within: Files): Promise<unknown> => {
    if (path.length > 2 * MOST_NESTING) return part;
    if (Array.isArray(part)) {
      const parts = await Promise.all(part.map((own, at) => visit(own, [...path, at], from, within)));
      return parts.some((own, at) => own !== part[at]) ? parts : part;
    }
    if (!isMapping(part) || ArrayBuffer.isView(part)) return part;
    const kind = part['kind'];
    const definition =
      typeof kind === 'string' && Object.hasOwn(compressors, kind) ? compressors[kind] : null;
    const { embed } = (definition ?? {}) as Partial<CompressorDefinition>;
    const named = embed === undefined ? undefined : part[embed.parameter];
    if (embed !== undefined && typeof named === 'string') {
      const file = resolve(from, named);
      const own: Files = { at: within.at ?? [...path, embed.parameter], names: [...within.names, file] };
      const refuse = refusal(own);
      if (within.names.includes(file)) throw refuse('it contains itself');
      const content = await contentOf(file, embed, part, refuse);
      const key = embed.compressors;
      if (content[key] === undefined) return { ...part, ...embed.spread(content) };
      // What a file names lies where the file does.
      const whole = await visit(content[key], [...path, key], dirname(file), own);
      for (const [at, one] of (whole as unknown[]).entries())
        checkedBy(refuse, () => parseComponent(compressors, one, [NAMED, key, at], { nestedKey: 'inner' }));
      return { ...part, ...embed.spread({ ...content, [key]: whole }) };
    }
    const entries = await Promise.all(
      Object.entries(part).map(
        async ([key, own]) => [key, await visit(own, [...path, key], from, within)] as const,
      ),
    );
    return entries.some(([key, own]) => own !== part[key]) ? Object.fromEntries(entries) : part;
  };

  if (!isMapping(data)) return data;
  let whole = data;
  for (const section of SECTIONS) {
    const own = data[section];
    const filled = await visit(own, [section], folder, { at: null, names: [] });
    if (filled !== own) whole = { ...whole, [section]: filled };
  }
  return whole;
}

/** The same of a compressor by itself, whose path begins with `compressor`. */
export async function embedCompressor<Spec extends { kind: string }>(
  spec: Spec,
  compressors: Registry,
  folder: string,
): Promise<Spec> {
  const whole = (await embedFiles({ compressor: spec }, { compressors }, folder)) as { compressor: Spec };
  return whole.compressor;
}

/** What messages call the content of a file. */
const NAMED = 'policy';

/** Files, each named in the one before it, and the place in the config where the first one is. */
interface Files {
  at: SpecPath | null;
  names: string[];
}

type Refusal = (problem: string) => InputError;

function refusal({ at, names }: Files): Refusal {
  const path = at ?? [];
  const shown = names.map(showPath).join(': ');
  return (problem) => new InputError(`${formatPath(path)}: ${shown}: ${problem}`, { path });
}

function checkedBy(refuse: Refusal, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    throw isInputError(error) ? refuse(error.message) : error;
  }
}

async function contentOf(
  file: string,
  { shape, fault }: Embedding,
  beside: Record<string, unknown>,
  refuse: Refusal,
): Promise<Record<string, unknown>> {
  const bytes = await readWholeFile(file).catch((error: unknown) => {
    if (error instanceof Unreadable) throw refuse(error.reason);
    throw error;
  });
  if (bytes.length > MOST_BYTES) throw refuse(`it has ${bytes.length} bytes, expected at most ${MOST_BYTES}`);
  let content: unknown;
  try {
    // Editors of some systems begin a file with a mark of its byte order.
    content = JSON.parse(bytes.toString('utf8').replace(/^\ufeff/, ''));
  } catch (error) {
    throw refuse(`it is no JSON (${(error as Error).message})`);
  }
  if (!isMapping(content)) throw refuse('it holds no mapping');
  const schema = shape(z);
  const checked = schema.safeParse(content, REPORT_INPUT);
  if (!checked.success) {
    const issues = explain(checked.error, schema, content, [NAMED]);
    throw refuse(issues[0]?.text ?? 'it is damaged');
  }
  const wrong = fault(content, beside);
  if (wrong !== null) throw refuse(wrongValue([NAMED, ...wrong.path], wrong.value, wrong.expected).text);
  return content;
}
