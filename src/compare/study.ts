/** What a comparison is asked for, by a file with a section `study` and by whoever calls; the caller's word counts. */

import path from 'node:path';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { loadStudy, parseOverride } from '../config/load.js';
import type { StudySpec } from '../config/study.js';
import { wholeNumbers } from '../schema/whole-numbers.js';
import type { GridInputs } from './grid.js';
import type { GraphText, MethodText } from './methods.js';

/** What a file may say as well. */
type Axes = Pick<GridInputs, 'graphs' | 'methods' | 'compressors' | 'flows' | 'seeds' | 'target'>;

/**
 * `set`: as given to `--set`, of which what is of the section counts here.
 *
 * @throws InputError where a section is wrong, or stands in one of several configs
 */
export async function studyInputs(
  configs: readonly (string | object)[],
  given: Axes,
  set: readonly string[] = [],
): Promise<{ inputs: GridInputs; tune: number | undefined }> {
  const asked = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const overrides = set.map(parseOverride);
  const found = await Promise.all(configs.map((config) => loadStudy(config, overrides)));
  const at = found.findIndex((study) => study !== null);
  const study = found[at];
  const config = configs[at];
  if (!study || config === undefined) return { inputs: { configs, ...asked }, tune: undefined };
  if (configs.length > 1) {
    const shown = typeof config === 'string' ? showPath(config) : `config ${at}`;
    throw new InputError(`${shown} has a section study, expected it alone, or configs without one`);
  }
  const folder = path.resolve(typeof config === 'string' ? path.dirname(config) : '.');
  const named = textsOf(study.configs)?.map((name) => path.resolve(folder, name));
  const own: Axes = {
    graphs: graphsOf(study.graphs),
    methods: methodsOf(study.methods),
    compressors: study.compressors,
    flows: study.flows,
    seeds: seedsOf(study.seeds),
    target: targetOf(study.target),
  };
  // Whoever asks for methods, or for a grid of them, does not mean those of the file.
  if (['methods', 'compressors', 'flows'].some((key) => key in asked)) {
    for (const key of ['methods', 'compressors', 'flows'] as const) delete own[key];
  }
  // Files that are typed are relative to where they are typed.
  const from = 'graphs' in asked ? undefined : folder;
  return { inputs: { configs: named ?? [config], folder: from, ...own, ...asked }, tune: study.tune };
}

function textsOf(list: string | readonly string[] | undefined): string[] | undefined {
  return typeof list === 'string' ? list.split(';').map((text) => text.trim()) : list && [...list];
}

function graphsOf(graphs: StudySpec['graphs']): string | GraphText[] | undefined {
  if (graphs === undefined || typeof graphs === 'string') return graphs;
  if (Array.isArray(graphs)) return graphs;
  return Object.entries(graphs).map(([label, topology]) => ({ label, topology }));
}

function methodsOf(methods: StudySpec['methods']): string | MethodText[] | undefined {
  if (methods === undefined || typeof methods === 'string') return methods;
  if (Array.isArray(methods)) return methods;
  const text = (spec: string | object) => (typeof spec === 'string' ? spec : JSON.stringify(spec));
  return Object.entries(methods).map(([label, method]): MethodText => {
    if (typeof method === 'string') return { label, method };
    const { flow, compressor } = method;
    return { label, flow: text(flow), compressor: compressor && text(compressor) };
  });
}

function seedsOf(seeds: StudySpec['seeds']): number[] | undefined {
  if (typeof seeds === 'string') return wholeNumbers('study.seeds', seeds, 0);
  return typeof seeds === 'number' ? [seeds] : seeds;
}

function targetOf(target: StudySpec['target']): string | undefined {
  const asked = Object.entries(target ?? {}).map(([quantity, bound]) => `${quantity}=${bound}`);
  if (target !== undefined && asked.length !== 1) {
    throw new InputError(`study.target has ${asked.length} quantities, expected one: { rmsError: 1.0e-6 }`, {
      path: ['study', 'target'],
    });
  }
  return asked[0];
}
