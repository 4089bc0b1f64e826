/**
 * Folders of finished runs, as what a figure is made of: who is the same method, on which graph, and what the
 * trace says. Runs that differ in nothing but their seed (and in what changes no bits) are one method's.
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { canonicalJson } from '../base/canonical.js';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { Manifest } from '../output/manifest.js';
import { holdsWholeRun, isRunFolder, readJson } from '../output/run-folder.js';
import { isInterrupted } from '../output/stage.js';
import { readTraceRows } from '../output/trace-file.js';
import type { RunConfig, StopSpec } from '../run/config.js';
import type { Summary } from '../run/reports.js';
import type { TraceRow } from '../trace/row.js';

/** One run. */
export interface RunTrace {
  folder: string;
  seed: number;
  status: Summary['status'];
  stop: StopSpec;
  rows: TraceRow[];
  /** What it was, for labels. */
  config: RunConfig;
  name: string;
  graph: string;
  compressor: string;
  flow: string;
  agents: number;
  dim: number;
  /** f* where it is known. */
  optimum: number | null;
  /** ISO 8601. */
  started: string;
}

/** Sections that do not make another method: whose repetition it is, how long, how it was computed. */
const NOT_THE_METHOD = [
  'name',
  'seed',
  'rounds',
  'stop',
  'trace',
  'workers',
  'pin',
  'layout',
  'checkpoint',
  'timeout',
  'modules',
];
/** Sections that are the graph's. */
const THE_GRAPH = ['topology', 'weights'];

/** @throws InputError where the folder holds no run that came to its end, or not all of it */
export function readRun(folder: string): { run: RunTrace; notes: string[] } {
  const shown = showPath(folder);
  const manifest = readJson(path.join(folder, 'manifest.json')) as unknown as Manifest;
  const summary = readJson(path.join(folder, 'summary.json')) as unknown as Summary;
  if (isInterrupted(folder)) {
    throw new InputError(`${shown} is of two runs, of which one was to replace the other and was ended`, {
      file: folder,
      hint: `sottovoce verify ${shown} --quick says more`,
    });
  }
  if (!holdsWholeRun(folder)) {
    const { status, error } = summary;
    const why =
      status === undefined
        ? 'there is no summary.json: the run goes on, or was ended before it was over'
        : status === 'failed'
          ? `the run failed: ${error ?? 'summary.json does not say why'}`
          : 'summary.json and the other files are not of one run that is whole';
    throw new InputError(`${shown} holds no finished run: ${why}`, {
      file: folder,
      ...(status === undefined && { hint: `sottovoce resume ${shown} goes on with it` }),
    });
  }
  const file = path.join(folder, 'trace.csv');
  const rows = [...readTraceRows(file)];
  if (rows.length === 0) {
    throw new InputError(`${showPath(file)} has no row with the columns of a trace`, { file });
  }
  const notes: string[] = [];
  const written = summary.files?.['trace.csv']?.sha256;
  if (written !== undefined && written !== digestOf(file))
    notes.push(`${showPath(file)} is not as its run wrote it; it is drawn as it stands there`);
  const { config, plan, seed } = manifest;
  const run: RunTrace = {
    folder,
    seed,
    status: summary.status,
    stop: config.stop,
    rows,
    config,
    name: manifest.name,
    graph: plan?.topology ?? '',
    compressor: plan?.compressor ?? '',
    flow: plan?.flow ?? '',
    agents: summary.agents,
    dim: summary.dim,
    optimum: summary.final.optimum,
    started: manifest.time.started,
  };
  return { run, notes };
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** What a folder is. Throws InputError where it is neither a run's nor a study's. */
export function kindOfFolder(folder: string): 'run' | 'study' {
  const shown = showPath(folder);
  const there = statSync(folder, { throwIfNoEntry: false });
  if (there === undefined) throw new InputError(`${shown}: there is no such folder`, { file: folder });
  if (!there.isDirectory()) {
    const parent = showPath(path.dirname(folder));
    throw new InputError(`${shown} is a file, expected the folder of a run or of a comparison`, {
      file: folder,
      ...(isRunFolder(path.dirname(folder)) && { hint: `its folder is ${parent}` }),
    });
  }
  if (isRunFolder(folder)) return 'run';
  const inside = readdirSync(folder);
  if (inside.includes('compare.json')) return 'study';
  const runs = inside.filter((name) => isRunFolder(path.join(folder, name)));
  throw new InputError(`${shown} holds no run and no comparison`, {
    file: folder,
    hint:
      runs.length > 0
        ? `runs are one level below: ${showPath(path.join(folder, runs[0] as string))}${runs.length > 1 ? ` and ${runs.length - 1} more` : ''}`
        : 'a run leaves manifest.json, trace.csv and summary.json in its folder (--out), a comparison results.json and cells/',
  });
}

/** Runs of one method on one graph. */
export interface Group {
  method: string;
  graph: string;
  runs: RunTrace[];
}

/** In the order in which they were given; labels say what the methods and graphs differ in, and no more. */
export function groupRuns(runs: readonly RunTrace[]): Group[] {
  const keyed = runs.map((run) => {
    const config = without(run.config, NOT_THE_METHOD);
    const graph = canonicalJson(THE_GRAPH.map((name) => config[name]));
    return { run, graph, method: canonicalJson(without(config, THE_GRAPH)) };
  });
  const methods = labelled(
    keyed.map(({ method, run }) => ({ key: method, short: partsOf(run, runs), config: run.config })),
    [...NOT_THE_METHOD, ...THE_GRAPH],
  );
  const graphs = labelled(
    keyed.map(({ graph, run }) => ({
      key: graph,
      short: run.graph,
      config: Object.fromEntries(THE_GRAPH.map((name) => [name, run.config[name]])),
    })),
    [],
  );
  const groups = new Map<string, Group>();
  for (const { run, graph, method } of keyed) {
    const key = `${method}\n${graph}`;
    const group = groups.get(key) ?? {
      method: methods.get(method) as string,
      graph: graphs.get(graph) as string,
      runs: [],
    };
    group.runs.push(run);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The compressor, the flow, or both: what is not the same for all. */
function partsOf(run: RunTrace, all: readonly RunTrace[]): string {
  const differ = (of: (run: RunTrace) => string) => new Set(all.map(of)).size > 1;
  const compressors = differ(({ compressor }) => compressor);
  const flows = differ(({ flow }) => flow);
  const parts = [
    ...(flows || !compressors ? [run.flow] : []),
    ...(compressors || !flows ? [run.compressor] : []),
  ];
  return parts.filter((part) => part !== '').join(', ') || run.name;
}

/** A label for each key; where two have the same short one, with the parameters in which they differ. */
function labelled(
  entries: readonly { key: string; short: string; config: Record<string, unknown> }[],
  leftOut: readonly string[],
): Map<string, string> {
  const first = new Map(entries.map((entry) => [entry.key, entry]));
  const labels = new Map<string, string>();
  for (const [key, { short, config }] of first) {
    const alike = [...first.values()].filter((other) => other.short === short);
    if (alike.length === 1) {
      labels.set(key, short);
      continue;
    }
    const leaves = alike.map((other) => leavesOf(without(other.config, leftOut)));
    const own = leavesOf(without(config, leftOut));
    const names = [...new Set(leaves.flatMap((each) => [...each.keys()]))];
    const differing = names.filter((name) => new Set(leaves.map((each) => each.get(name))).size > 1);
    const words = differing.map((name) => `${name.split('.').at(-1)}=${own.get(name) ?? 'default'}`);
    labels.set(key, [short, ...words].join(', '));
  }
  return labels;
}

function leavesOf(config: unknown, prefix = ''): Map<string, string> {
  if (config === null || typeof config !== 'object' || Array.isArray(config))
    return new Map([[prefix, typeof config === 'string' ? config : canonicalJson(config)]]);
  return new Map(
    Object.entries(config).flatMap(([name, value]) => [
      ...leavesOf(value, prefix === '' ? name : `${prefix}.${name}`),
    ]),
  );
}

function without(config: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !names.includes(name)));
}
