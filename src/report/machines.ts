/** What a person reads of a run that is planned over several machines. */

import { formatBytes } from '../arena/fits.js';
import { formatCount } from '../base/count.js';
import {
  alignRow,
  alignRows,
  type Colours,
  columnWidths,
  formatBits,
  formatSeconds,
  plural,
} from '../base/format.js';
import type { MachinesPlan, PlannedRound, PlannedVariant } from '../machines/plan.js';

const HOW = {
  counted: 'counted',
  exact: 'from its parameters',
  expected: 'expected, from its parameters',
} as const;

const METHODS = {
  given: 'ranges of numbers',
  rcm: 'strips of the graph (rcm)',
  metis: 'parts by METIS',
} as const;

export function formatMachinesPlan(plan: MachinesPlan, paint: Colours): string {
  const { name, agents, arcs, machines, cores, cut, notes } = plan;
  const head = [
    paint.bold(
      `${name}: ${plural(agents, 'agent')} over ${plural(machines, 'machine')} of ${plural(cores, 'core')}`,
    ),
    ...alignRows(
      [
        ['graph', `${plural(arcs, 'arc')}; in ${METHODS[cut.method]}, ${HOW[cut.how]}`],
        [
          'a rank',
          `${plural(cut.own, 'agent')}, of which others hear ${count(cut.boundary)}; it hears ${count(cut.ghosts)} of ${plural(Math.round(cut.peers), 'other rank')}`,
        ],
        [
          'timed on',
          `${plan.samples
            .filter(({ variant }) => variant === plan.variants[0]?.variant)
            .map((sample) => `${formatCount(sample.agents)} (${formatBytes(sample.arenaBytes)})`)
            .join(' and ')} agents`,
        ],
        ...notes.map((note): [string, string] => ['note', note]),
      ],
      paint,
    ),
  ];
  const parts = plan.variants.map((variant) => formatVariant(plan, variant, paint));
  return [head.join('\n'), ...parts, ...breakEvenLines(plan, paint)].join('\n\n');
}

const count = (expected: number): string => formatCount(Math.round(expected));

function formatVariant({ machines }: MachinesPlan, variant: PlannedVariant, paint: Colours): string {
  const { compressor, bytesAnAgent, secondsAnAgent, bytesIn, bytesOut, messages, memory, leastRanks } =
    variant;
  const lines = alignRows(
    [
      [
        'a message',
        `${formatBytes(bytesAnAgent)} an agent; ${nanoseconds(secondsAnAgent)} of one core a round`,
      ],
      [
        'a round',
        machines === 1
          ? 'nothing goes over a link'
          : `${formatBytes(bytesIn)} in and ${formatBytes(bytesOut)} out over a rank's link, ${plural(Math.round(messages), 'message')} each way`,
      ],
      ['memory', memoryText(variant)],
      [
        'ranks',
        leastRanks === null
          ? `no number of ranks is enough: rank 0 keeps ${formatBytes(memory.tracedBytes)} of all agents for rows of the trace`
          : `${formatCount(leastRanks)} at least, for each to fit`,
      ],
    ],
    paint,
  );
  const tables = variant.scaling.map(({ link, rounds }) =>
    [`  ${paint.dim(`link ${link}`)}`, ...table(rounds).map((line) => `    ${line}`)].join('\n'),
  );
  return [paint.bold(compressor === 'none' ? 'without compression' : compressor), ...lines, ...tables].join(
    '\n',
  );
}

function memoryText({ memory: { arenaBytes, processBytes, fits, fitsMachine } }: PlannedVariant): string {
  const machine = fitsMachine === false ? ', more than the machine has' : '';
  return `${formatBytes(arenaBytes)} of the 4 GiB that a rank addresses${fits ? '' : ': does not fit'}; the process takes ${formatBytes(processBytes)}${machine}`;
}

const COLUMNS = [
  'machines',
  'boundary',
  'interior',
  'exchange',
  'command',
  'rows',
  'a round',
  'speed-up',
  'most of it',
];

function table(rounds: readonly PlannedRound[]): string[] {
  const rows = [
    COLUMNS,
    ...rounds.map((round) => [
      formatCount(round.ranks),
      ...[round.boundary, round.interior, round.exchange, round.command, round.row, round.total].map(short),
      `${Number(round.speedUp.toPrecision(3))}`,
      round.dominant,
    ]),
  ];
  const widths = columnWidths(rows);
  return rows.map((row) => alignRow(row, widths, 0));
}

/** Microseconds too; nothing where nothing is spent. */
function short(seconds: number): string {
  if (seconds === 0) return '-';
  return seconds < 0.9995e-3 ? `${Number((seconds * 1e6).toPrecision(3))} us` : formatSeconds(seconds);
}

function nanoseconds(seconds: number): string {
  return seconds < 1e-6
    ? `${Number((seconds * 1e9).toPrecision(3))} ns`
    : `${Number((seconds * 1e6).toPrecision(3))} us`;
}

function breakEvenLines({ breakEven, more, variants }: MachinesPlan, paint: Colours): string[] {
  if (breakEven.length === 0) return [];
  const rounds = more === 1 ? 'round for round' : `with ${more} times as many rounds`;
  const [compressed] = variants;
  const lines = breakEven.map(({ link, bitsPerSecond }): [string, string] => [
    link,
    bitsPerSecond === null
      ? `${compressed?.compressor} does not pay at any bandwidth`
      : bitsPerSecond === Number.POSITIVE_INFINITY
        ? `${compressed?.compressor} pays at any bandwidth`
        : `${compressed?.compressor} pays below ${formatBits(bitsPerSecond)}/s`,
  ]);
  return [[paint.bold(`where compression pays, ${rounds}`), ...alignRows(lines, paint)].join('\n')];
}
