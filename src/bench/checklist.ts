/**
 * Twelve rules for reporting measurements of parallel programs (T. Hoefler and R. Belli, "Scientific
 * Benchmarking of Parallel Computing Systems", SC15), and how a benchmark's answer keeps each. Every answer is
 * made of what the document holds, so one that was measured badly says so.
 */

import type { Machine } from './machine.js';
import type { Figure, Table } from './types.js';

export type Kept = 'kept' | 'in part' | 'not kept' | 'does not arise';

export interface RuleAnswer {
  rule: number;
  /** What the rule asks for, in our words. */
  asks: string;
  kept: Kept;
  how: string;
}

/** Fewer give no interval that could be trusted. */
const LEAST_PASSES = 5;
/** Figures that bound others from above. */
const BOUNDS = /gather-limit|over-triad|of-roof|of-ceiling|\/triad\//;

/** Of a benchmark's answer, what rules look at. */
interface Given {
  quick: boolean;
  passes: number;
  workers: readonly number[];
  machine: Machine;
  figures: readonly Figure[];
  tables: readonly Table[];
  details: Record<string, unknown>;
  config?: { sha256: string };
  hasPicture: boolean;
}
type Answer = Pick<RuleAnswer, 'kept' | 'how'>;

const RULES: readonly { asks: string; answer(given: Given): Answer }[] = [
  {
    asks: 'a speed-up names its base case, and how fast that is',
    answer({ figures }) {
      if (!figures.some(({ id }) => id.endsWith('/speed-up'))) return absent('no speed-up is reported');
      const single = figures.find(({ id }) => /^scaling\/.*\/1$/.test(id));
      return {
        kept: single ? 'kept' : 'in part',
        how: `the base is the same program on one worker${single ? `, whose absolute speed is a figure of its own (${single.id})` : ''}; what a good serial program does is in bench peers`,
      };
    },
  },
  {
    asks: 'what was left out of a suite, or of the machine, is named with the reason',
    answer({ quick, workers, machine, details, tables }) {
      const used = workers.at(-1) ?? 1;
      const missing = (details['missing'] as string[] | undefined) ?? [];
      const noted = tables.flatMap(({ notes }) => notes).filter((note) => /^not in this table/.test(note));
      const said = [
        ...(quick ? ['a --quick run: small problems, a part of the cases'] : []),
        ...(used < machine.cores ? [`${used} of ${machine.cores} cores, as --workers says`] : []),
        ...missing,
        ...noted,
      ];
      return said.length === 0
        ? kept('all cases, all cores')
        : { kept: quick ? 'not kept' : 'kept', how: said.join('; ') };
    },
  },
  {
    asks: 'arithmetic means for costs alone, harmonic ones for rates',
    answer: () => kept('no means: medians, and that of a rate is one over that of its cost'),
  },
  {
    asks: 'ratios are not averaged; what they are made of is there',
    answer({ figures }) {
      const ratios = figures.filter(({ unit }) => unit === 'x');
      if (ratios.length === 0) return absent('no ratios');
      return kept(
        `${ratios.length} ratios, each taken pass by pass of two samples that were measured one after the other; the times or speeds stand beside them`,
      );
    },
  },
  {
    asks: 'values that vary have confidence intervals',
    answer({ figures }) {
      const without = figures.filter(({ interval }) => !interval).length;
      return without === 0
        ? kept('95% bootstrap interval of every median, and every sample, in the JSON')
        : { kept: 'not kept', how: `${without} of ${figures.length} figures have too few samples` };
    },
  },
  {
    asks: 'nobody takes samples for normal without looking',
    answer: () => kept('nothing assumes it: medians, quartiles, bootstrap by percentiles'),
  },
  {
    asks: 'comparisons are statistically sound',
    answer({ passes }) {
      const how =
        'what is compared takes turns; a ratio differs from 1 where its 95% interval says so; bench diff does the same for two runs, and says what it cannot see';
      return passes >= LEAST_PASSES ? kept(how) : few(passes, how);
    },
  },
  {
    asks: 'the median is the right thing to report, or other percentiles are there',
    answer: () => ({
      kept: 'in part',
      how: 'quartiles and all samples are there; a sample is a batch of rounds, so the slowest single round is not seen: sottovoce profile --timeline shows rounds one by one',
    }),
  },
  {
    asks: 'all factors and the whole set-up are documented',
    answer({ machine, config }) {
      const how =
        'processor, sockets, memories, caches, affinity, quota, governor, system, Node, versions, seed, passes, workers, options, load and noise';
      if (machine.topology === undefined) return { kept: 'in part', how: `${how}; the machine said little` };
      return kept(config ? `${how}; the config by its SHA-256` : how);
    },
  },
  {
    asks: 'how parallel times were measured, synchronised and summarised is said',
    answer: () =>
      kept(
        'one clock on each worker between phases and barriers; a round is the leader’s time from the first counted one to the last barrier, over their number, after rounds that are not counted; median over the passes',
      ),
  },
  {
    asks: 'upper bounds stand beside what was measured',
    answer({ figures }) {
      const bounded = figures.filter(({ id, ceiling }) => ceiling !== undefined || BOUNDS.test(id)).length;
      return bounded > 0
        ? kept(`${bounded} figures stand beside what arithmetic, a triad or scattered reads reach here`)
        : { kept: 'not kept', how: 'none here; bench roofline, memory and scaling have them' };
    },
  },
  {
    asks: 'plots show what is needed, and lines only where in-between values are meant',
    answer({ hasPicture }) {
      if (!hasPicture) return absent('nothing is drawn');
      return kept(
        'medians as dots with their intervals; lines are fitted laws, roofs, or join sizes of one series',
      );
    },
  },
];

function kept(how: string): Answer {
  return { kept: 'kept', how };
}

function absent(how: string): Answer {
  return { kept: 'does not arise', how };
}

function few(passes: number, how: string): Answer {
  return { kept: 'not kept', how: `${passes} passes are too few; else: ${how}` };
}

export function answerRules(given: Given): RuleAnswer[] {
  return RULES.map(({ asks, answer }, at) => ({ rule: at + 1, asks, ...answer(given) }));
}

export function checklistTable(answers: readonly RuleAnswer[]): Table {
  return {
    title: 'The twelve rules of Hoefler and Belli (SC15)',
    columns: [],
    rows: [],
    notes: answers.flatMap(({ rule, asks, kept: verdict, how }) => [
      `${`${rule}.`.padEnd(3)} ${asks}: ${verdict}`,
      `    ${how}`,
    ]),
  };
}
