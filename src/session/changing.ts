/**
 * From edits to the run that comes of them: the config with the edits in it goes through the same checks and is
 * planned as any other. Nothing of the run under way is touched, so what is refused leaves it as it was.
 */

import { InputError } from '../base/errors.js';
import { leavesChoice } from '../compress/auto.js';
import { parseConfig } from '../config/load.js';
import { checkSpec, parseSpecText } from '../config/spec-text.js';
import { withGains } from '../output/load-manifest.js';
import type { Change, ChangeReport, EdgeEnds, Edit } from '../run/changes.js';
import type { LoadedConfig } from '../run/config.js';
import type { CarryOver } from '../run/program.js';
import type { Fault } from '../run/tasks.js';
import { located, type PreparedRun } from './prepare.js';

/** A change that may be made. */
export interface Planned {
  change: Change;
  prepared: PreparedRun;
  /** The config from then on, and what is cut. */
  loaded: LoadedConfig;
  carry: CarryOver | null;
  report: ChangeReport;
  fault: Fault | null;
  /** What follows by itself. */
  later: Change | null;
}

/**
 * @param automatic parameters of the flow that the run's first config leaves open
 * @throws InputError
 */
export async function planChange(
  change: Change,
  loaded: LoadedConfig,
  before: PreparedRun,
  automatic: readonly string[],
): Promise<Planned> {
  const { round, edits } = change;
  if (edits.length === 0) throw new InputError('there are no edits, expected one at least');
  const { plan } = before;
  const cut = new Map((loaded.cut ?? []).map((edge) => [keyOf(edge), edge]));
  let config: Record<string, unknown> = {
    ...withGains({ config: loaded.config, plan: before.report }),
    workers: plan.workers,
  };
  let fault: Fault | null = null;
  const back: Edit[] = [];
  let backAt = 0;
  const compresses = edits.some(({ kind }) => kind === 'compressor');
  if (compresses && change.chosen === undefined) config = withOpenGains(config, loaded, automatic, plan);
  for (const edit of edits) {
    switch (edit.kind) {
      case 'compressor':
        if (edit.compressor === null) delete config['compressor'];
        else config['compressor'] = await compressorOf(edit.compressor);
        break;
      case 'flow':
        config['flow'] = { ...(config['flow'] as object), ...edit.parameters };
        break;
      case 'cut':
        cutEdges(edit.edges, cut, before);
        break;
      case 'restore':
        restoreEdges(edit.edges, cut);
        break;
      case 'silence': {
        const edges = edit.agents
          .flatMap((agent) => edgesOf(agent, before))
          .filter((edge) => !cut.has(keyOf(edge)));
        const all = [...new Map(edges.map((edge) => [keyOf(edge), edge])).values()];
        if (all.length === 0) throw new InputError('these agents have no edge that is not cut already');
        cutEdges(all, cut, before);
        back.push({ kind: 'restore', edges: all });
        backAt = Math.max(backAt, round + edit.rounds);
        break;
      }
      case 'fault':
        fault = faultOf(edit, round, loaded, plan.workers);
        break;
      case 'rounds':
        if (edit.rounds < round)
          throw new InputError(`rounds is ${edit.rounds}, expected at least the ${round} that are done`, {
            path: ['rounds'],
          });
        config['rounds'] = edit.rounds;
        break;
      case 'stop':
        config['stop'] = { ...edit.stop };
        break;
      case 'noise':
        checkNoise(edit, plan.agents);
        break;
    }
  }
  if (change.chosen !== undefined) {
    const { gains, compress } = change.chosen;
    const flow = config['flow'] as Record<string, unknown>;
    const known = Object.fromEntries(Object.entries(gains).filter(([name]) => name in flow));
    config['flow'] = { ...flow, ...known, ...(compress !== null && { compress }) };
  }
  const parsed = await parseConfig(config, { folder: loaded.folder });
  const after: LoadedConfig = {
    ...parsed,
    file: loaded.file,
    cut: [...cut.values()],
    ...(loaded.alternatives && { alternatives: loaded.alternatives }),
  };
  let again: Awaited<ReturnType<PreparedRun['again']>>;
  try {
    again = await before.again(compresses ? parsedWith(after, parsed) : { ...after, alternatives: {} });
  } catch (error) {
    throw await located(error as Error, { ...after, source: null });
  }
  const { carry } = again;
  if (carry === null) refuseFlowEdits(edits);
  else carry.check(edits);
  const { plan: planned, report } = again.prepared;
  return {
    change,
    prepared: { ...again.prepared, inputs: before.inputs },
    loaded: { ...after, config: again.prepared.config },
    carry,
    fault,
    later: back.length === 0 ? null : { round: backAt, edits: back },
    report: {
      round,
      edits,
      chosen: {
        gains: report.gains,
        compress: (planned as { flow?: { compress?: string } }).flow?.compress ?? null,
      },
      gains: report.gains,
      compressor: report.compressor,
      edges: planned.edges,
      cut: [...cut.values()],
      parts: carry?.parts ?? 1,
      warnings: [...report.warnings, ...(carry?.warnings ?? [])],
    },
  };
}

/** `flatten(sign)` as well as a mapping. */
async function compressorOf(given: string | { kind: string }): Promise<unknown> {
  if (leavesChoice(given))
    throw new InputError('a compressor is chosen before a run, and not on its way: expected a kind', {
      path: ['compressor'],
    });
  if (typeof given !== 'string') return given;
  const { compressors } = await import('../compress/registry.js');
  return checkSpec(parseSpecText(given, compressors), compressors);
}

/** What nobody chose may be chosen anew. */
function parsedWith(after: LoadedConfig, { alternatives }: LoadedConfig): LoadedConfig {
  return { ...after, alternatives: alternatives ?? {} };
}

/** Gains that were left open are open again for another compressor, and so is what messages are about. */
function withOpenGains(
  config: Record<string, unknown>,
  { alternatives }: LoadedConfig,
  automatic: readonly string[],
  plan: PreparedRun['plan'],
): Record<string, unknown> {
  const flow = { ...(config['flow'] as Record<string, unknown>) };
  for (const name of automatic) flow[name] = 'auto';
  const { compress } = (plan as { flow?: { compress?: string } }).flow ?? {};
  const nobodyChose = alternatives !== undefined && 'flow.compress' in alternatives;
  if (nobodyChose || compress === UNCOMPRESSED) delete flow['compress'];
  return { ...config, flow };
}

/** What messages are about where nothing is compressed: another compressor needs another. */
const UNCOMPRESSED = 'none';

/** Whichever end comes first. */
function keyOf([a, b]: EdgeEnds): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

function edgesOf(agent: number, { place, plan }: PreparedRun): EdgeEnds[] {
  if (!Number.isInteger(agent) || agent < 0 || agent >= plan.agents)
    throw new InputError(`agent is ${agent}, expected 0..${plan.agents - 1}`);
  return place(agent).neighbours.map((other) => [agent, other] as const);
}

function cutEdges(edges: readonly EdgeEnds[], cut: Map<string, EdgeEnds>, before: PreparedRun): void {
  for (const [a, b] of edges) {
    const key = keyOf([a, b]);
    if (cut.has(key)) throw new InputError(`edge ${a}-${b} is cut already`);
    if (!edgesOf(a, before).some(([, other]) => other === b))
      throw new InputError(`there is no edge ${a}-${b}`);
    cut.set(key, [Math.min(a, b), Math.max(a, b)]);
  }
}

function restoreEdges(edges: readonly EdgeEnds[] | 'all', cut: Map<string, EdgeEnds>): void {
  if (edges === 'all') {
    if (cut.size === 0) throw new InputError('no edge is cut');
    cut.clear();
    return;
  }
  for (const edge of edges) {
    if (!cut.delete(keyOf(edge))) throw new InputError(`edge ${edge[0]}-${edge[1]} is not cut`);
  }
}

function faultOf(
  { worker, fault }: Extract<Edit, { kind: 'fault' }>,
  round: number,
  { config }: LoadedConfig,
  workers: number,
): Fault {
  if (!Number.isInteger(worker) || worker < 0 || worker >= workers)
    throw new InputError(`worker is ${worker}, expected 0..${workers - 1}`);
  if (fault === 'hang' && config.timeout === undefined) {
    throw new InputError('a worker that hangs would hang for ever: nothing in this run looks for it', {
      hint: 'a config with `timeout: { round: 10 s }` fails such a run',
    });
  }
  return { worker, round, kind: fault };
}

function checkNoise({ sd, agents }: Extract<Edit, { kind: 'noise' }>, all: number): void {
  if (!(sd >= 0 && sd < Number.POSITIVE_INFINITY))
    throw new InputError(`sd is ${sd}, expected a number >= 0`);
  if (agents === 'all') return;
  const bad = agents.find((agent) => !Number.isInteger(agent) || agent < 0 || agent >= all);
  if (bad !== undefined) throw new InputError(`agent is ${bad}, expected 0..${all - 1}`);
}

function refuseFlowEdits(edits: readonly Edit[]): void {
  const bad = edits.find(({ kind }) => !['rounds', 'stop', 'fault'].includes(kind));
  if (bad !== undefined) {
    throw new InputError(
      `a run of this program cannot be changed so (${bad.kind}): there are no edges and no flow in it`,
      { hint: 'rounds, stop and faults may be changed' },
    );
  }
}
