/** Is every flow worth running? Each in turns with the primal-dual flow that says as much. */

import { describeSpec } from '../base/describe.js';
import { isInputError, unexpected } from '../base/errors.js';
import { topK } from '../compress/kinds.js';
import { UNCOMPRESSED } from '../compress/registry.js';
import type { CompressorSpec } from '../compress/types.js';
import { flows as registered } from '../flow/registry.js';
import { countText, figure, spreadText } from './figures.js';
import { GATHER_LIMIT, gatherLimit } from './gather-limit.js';
import { interleave } from './interleave.js';
import { openPeers, type Peers } from './peers-open.js';
import { shareProblem } from './peers-problem.js';
import { DIM, FLATTENED_SIGN, IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS, problemConfig } from './problem.js';
import { Rig } from './rig.js';
import { bytesAskedFor } from './round-bytes.js';
import type { BenchInputs, Benchmark, Figure, Table, Target } from './types.js';

const COMPRESSORS: readonly CompressorSpec[] = [UNCOMPRESSED, FLATTENED_SIGN, topK(8)];
const REFERENCE = 'primal-dual';
const SAMPLE_SECONDS = 0.12;
/** Of the reference's speed, for the same number of messages. */
const TARGET: Target = { atLeast: 0.5 };
/** Modules of users have no speed of their own. */
const KINDS = Object.entries(registered).filter(([kind, { of }]) => kind !== REFERENCE && !of);

export const flows: Benchmark = {
  name: 'flows',
  summary: 'rounds per second of every flow, beside the primal-dual flow with the same messages',
  description: `How many rounds a second does each flow take, uncompressed, with flatten(sign) and with top-k, where it takes compressors? Every flow takes turns with
the primal-dual flow with the same compressor, with ${countText(IN_CACHE_AGENTS)} agents on one worker (in cache) and ${countText(OUT_OF_CACHE_AGENTS)} on all (out of it), d = ${DIM}, random
regular of degree 8. A message: flows that send two a round are compared with two rounds that send one. Where there is a C compiler, uncompressed
rounds out of cache stand beside the limit of scattered reads. --only measures some of the flows: --only 'lead; dgd'.`,
  options: [{ flags: '--only <list>', name: 'only', description: 'kinds of flows, a ; between them' }],
  async run(inputs) {
    const { quick, seed, given, passes, progress } = inputs;
    const only = given?.['only'];
    const sizes = quick ? [100] : [IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS];
    const compressors = quick ? COMPRESSORS.slice(0, 2) : COMPRESSORS;
    const kinds = typeof only === 'string' ? chosenOf(only) : quick ? KINDS.slice(0, 3) : KINDS;
    const figures: Figure[] = [];
    const tables: Table[] = [];
    const peers = await openPeers(process.env, true);
    try {
      for (const agents of sizes) {
        for (const compressor of compressors) {
          const limited = compressor === UNCOMPRESSED && agents === sizes.at(-1);
          const limit = limited ? peers.c : null;
          if (limit) await shareProblem(peers, agents, seed);
          progress.expect(kinds.length * (limit ? 3 : 2) * passes);
          tables.push(await measure(inputs, agents, compressor, kinds, limit, figures));
        }
      }
    } finally {
      await peers.close();
    }
    return { figures, tables, details: { missing: peers.missing } };
  },
};

/** Throws InputError. */
function chosenOf(list: string): typeof KINDS {
  return list
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((kind) => {
      const found = KINDS.find(([known]) => known === kind);
      if (found) return found;
      throw unexpected(['--only'], kind, `some of ${KINDS.map(([known]) => known).join(', ')}`);
    });
}

/** `limit`: C beside which uncompressed rounds out of cache stand. */
async function measure(
  { seed, passes, progress, quick, workers: counts }: BenchInputs,
  agents: number,
  compressor: CompressorSpec,
  kinds: typeof KINDS,
  limit: Peers['c'],
  figures: Figure[],
): Promise<Table> {
  const workers = agents === OUT_OF_CACHE_AGENTS ? (counts.at(-1) ?? 1) : 1;
  const sampleSeconds = quick ? 0.01 : SAMPLE_SECONDS;
  const name = compressor === UNCOMPRESSED ? 'none' : describeSpec(compressor);
  const rows: string[][] = [];
  const refused: string[] = [];
  const reference = await Rig.open(problemConfig({ agents, seed, compressor }), workers);
  try {
    await reference.calibrate(sampleSeconds);
    for (const [kind, { problem }] of kinds) {
      let rig: Rig;
      try {
        // Gains by formula: no trial runs before it is timed.
        const cost = problem === 'average' ? { cost: { kind: 'average', dim: DIM } } : {};
        const base = problemConfig({ agents, seed, compressor, ...cost });
        const flow = { kind, ...FORMULA };
        rig = await Rig.open({ ...base, flow }, workers).catch((error) => {
          if (!isInputError(error)) throw error;
          return Rig.open({ ...base, flow: { kind } }, workers);
        });
      } catch (error) {
        if (!isInputError(error)) throw error;
        refused.push(kind);
        progress.expect((limit ? -3 : -2) * passes);
        continue;
      }
      try {
        await rig.calibrate(sampleSeconds);
        const contestants = [rig, reference].map((each, index) => ({
          name: `${index === 0 ? kind : REFERENCE} + ${name}, ${countText(agents)} agents`,
          sample: async () => (await each.sample()).seconds,
        }));
        if (limit)
          contestants.push({
            name: `gather, C, ${workers} threads`,
            sample: async () => bytesAskedFor(agents) / (await gatherLimit(limit, agents, workers)),
          });
        const [own = [], theirs = [], least = []] = await interleave(contestants, passes, progress);
        const messages =
          rig.report.bits.uncompressedPerMessage / reference.report.bits.uncompressedPerMessage;
        const id = `flows/${agents}/${name}/${kind}`;
        const speed = figure(
          id,
          `${kind} + ${name}, ${countText(agents)} agents`,
          'rounds/s',
          'higher',
          own.map((seconds) => 1 / seconds),
        );
        const share = figure(
          `${id}/over-${REFERENCE}`,
          `${kind} + ${name} over ${REFERENCE}, a message, ${countText(agents)} agents`,
          'x',
          'higher',
          own.map((seconds, pass) => (messages * (theirs[pass] ?? Number.NaN)) / seconds),
          quick ? undefined : TARGET,
        );
        figures.push(speed, share);
        const row = [kind, messages.toPrecision(3), spreadText(speed), spreadText(share)];
        if (limit) {
          const reached = figure(
            `${id}/over-gather-limit`,
            `${kind} + ${name}, ${countText(agents)} agents: share of the gather limit, a message`,
            'x',
            'higher',
            own.map((seconds, pass) => (messages * (least[pass] ?? Number.NaN)) / seconds),
          );
          figures.push(reached);
          row.push(spreadText(reached));
        }
        rows.push(row);
      } finally {
        await rig.close();
      }
    }
  } finally {
    await reference.close();
  }
  return {
    title: `Flows, ${name}: ${countText(agents)} agents, d = ${DIM}, ${workers} worker${workers === 1 ? '' : 's'}`,
    columns: [
      'flow',
      'messages a round',
      'rounds/s (quartiles)',
      `a message, over ${REFERENCE}`,
      ...(limit ? ['over the gather limit'] : []),
    ],
    rows,
    notes: [
      ...(refused.length > 0 ? [`take no such messages: ${refused.join(', ')}`] : []),
      ...(limit
        ? [`a message of ${REFERENCE}, its own rows with it, asks for so many bytes; ${GATHER_LIMIT}`]
        : []),
    ],
  };
}

const FORMULA = { tuning: 'formula' };
