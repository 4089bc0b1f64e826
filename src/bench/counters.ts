/**
 * What do the processor's own counters say of a round: instructions and misses a coordinate? And what did the
 * kernel do meanwhile: switches, migrations, page faults? By `perf stat`, where it is there and the machine
 * counts; virtual machines often do not.
 */

import { formatQuantity } from '../base/format.js';
import { countText, figure, medianText } from './figures.js';
import { type CounterName, type Counters, HARDWARE, PerfStat } from './perf-stat.js';
import { DEGREE, DIM, IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS, problemConfig } from './problem.js';
import { Rig, WARM_ROUNDS } from './rig.js';
import { FLATTENED_ROUND, PLAIN_ROUND, type RoundBytes } from './round-bytes.js';
import type { Benchmark, Figure } from './types.js';

const SAMPLE_SECONDS = 0.25;

interface Case {
  agents: number;
  method: RoundBytes;
}

export const counters: Benchmark = {
  name: 'counters',
  summary: 'instructions, cycles and misses a coordinate, where the machine counts them',
  description: `What do the processor's own counters say of a round (perf stat, Debian's linux-perf)? Instructions, cycles, branch, cache and TLB misses a coordinate,
uncompressed and with flatten(sign), with ${countText(IN_CACHE_AGENTS)} agents (in cache) and ${countText(OUT_OF_CACHE_AGENTS)} (out of it), on all workers; and what the kernel did
meanwhile: context switches, migrations, page faults. Virtual machines often give no hardware counters: they are left out then, and it is said.
Where kernel.perf_event_paranoid is above 2, perf counts for root alone.`,
  async run({ quick, seed, passes, progress, workers: counts }) {
    const workers = counts.at(-1) ?? 1;
    const cases = (quick ? [100] : [IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS]).flatMap((agents) =>
      [PLAIN_ROUND, FLATTENED_ROUND].map((method): Case => ({ agents, method })),
    );
    progress.expect(cases.length * passes);
    const figures: Figure[] = [];
    const rows: string[][] = [];
    let missing: string | null = null;
    let counted: CounterName[] = [];
    for (const { agents, method } of cases) {
      const config = problemConfig({ agents, seed, compressor: method.compressor });
      const rig = await Rig.open(config, workers);
      try {
        await rig.calibrate(quick ? 0.01 : SAMPLE_SECONDS);
        const samples: Sample[] = [];
        for (let pass = 0; pass < passes; pass++) {
          const sample = await sampleOnce(rig);
          missing ??= sample.missing;
          samples.push(sample);
          progress.step(`${method.name}, ${countText(agents)} agents`);
        }
        const label = `round, ${method.name}, ${countText(agents)} agents`;
        const made = summarizeCounters(`${method.name}/${agents}`, label, agents * DIM, samples);
        figures.push(...made.figures);
        rows.push(made.row);
        counted = HARDWARE.filter((name) => samples.some(({ counters: found }) => found?.[name] != null));
      } finally {
        await rig.close();
      }
    }
    const absent = HARDWARE.filter((name) => !counted.includes(name));
    return {
      figures,
      tables: [
        {
          title: `Counters: ${workers} workers, d = ${DIM}, degree ${DEGREE}`,
          columns: COLUMNS,
          rows,
          notes: [
            ...(missing === null ? [] : [`nothing was counted: ${missing}`]),
            ...(missing === null && absent.length > 0
              ? [`this machine does not count ${absent.join(', ')}; a virtual machine seldom does`]
              : []),
            'medians; all but ns, switches and faults are of all workers, for a coordinate of one round',
          ],
        },
      ],
    };
  },
};

export interface Sample {
  /** Of a round. */
  seconds: number;
  rounds: number;
  /** Null where perf is missing; why is in `missing`. */
  counters: Counters | null;
  missing: string | null;
}

async function sampleOnce(rig: Rig): Promise<Sample> {
  let seconds = 0;
  const work = async () => {
    ({ seconds } = await rig.sample());
  };
  try {
    const perf = await PerfStat.attach();
    try {
      const counted = await perf.around(work);
      return { seconds, rounds: rig.rounds + WARM_ROUNDS, counters: counted, missing: null };
    } finally {
      perf.close();
    }
  } catch (error) {
    await work();
    return { seconds, rounds: rig.rounds + WARM_ROUNDS, counters: null, missing: (error as Error).message };
  }
}

const COLUMNS = [
  '',
  'ns',
  'instructions',
  'per cycle',
  'branch misses',
  'L1 misses',
  'cache misses',
  'TLB misses',
  'switches/s',
  'faults/s',
];

/** @param coordinates of one round, of all agents */
export function summarizeCounters(
  id: string,
  label: string,
  coordinates: number,
  samples: readonly Sample[],
): { figures: Figure[]; row: string[] } {
  const ns = samples.map(({ seconds }) => (1e9 * seconds) / coordinates);
  const figures = [figure(`counters/${id}/ns`, label, 'ns/coordinate', 'lower', ns)];
  const values = (of: (found: Counters, sample: Sample) => number | null): number[] =>
    samples.flatMap((sample) => (sample.counters && of(sample.counters, sample)) ?? []);
  const cell = (name: string, unit: string, better: Figure['better'], found: readonly number[]) => {
    if (found.length === 0) return '';
    figures.push(
      figure(`counters/${id}/${name.replaceAll(' ', '-')}`, `${label}: ${name}`, unit, better, found),
    );
    return medianText(found);
  };
  const each = (event: CounterName) =>
    values((found, { rounds }) => {
      const count = found[event];
      return count === null ? null : count / rounds / coordinates;
    });
  const rate = (event: CounterName) =>
    values((found, { seconds, rounds }) => {
      const count = found[event];
      return count === null ? null : count / (seconds * rounds);
    });
  const perCycle = values(({ instructions, cycles }) =>
    instructions === null || !cycles ? null : instructions / cycles,
  );
  return {
    row: [
      label,
      formatQuantity(figures[0]?.median ?? null, 3),
      cell('instructions', '/coordinate', 'lower', each('instructions')),
      cell('instructions per cycle', '', 'higher', perCycle),
      cell('branch misses', '/coordinate', 'lower', each('branch-misses')),
      cell('L1 misses', '/coordinate', 'lower', each('L1-dcache-load-misses')),
      cell('cache misses', '/coordinate', 'lower', each('cache-misses')),
      cell('TLB misses', '/coordinate', 'lower', each('dTLB-load-misses')),
      cell('context switches', '/s', 'lower', rate('context-switches')),
      cell('page faults', '/s', 'lower', rate('page-faults')),
    ],
    figures,
  };
}
