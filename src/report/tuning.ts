/** What a person reads of the gains that were `auto`: which, why, and what to expect. */

import { formatCount } from '../base/count.js';
import {
  alignRows,
  type Colours,
  formatBits,
  formatQuantity,
  formatSeconds,
  plural,
} from '../base/format.js';
import type { StopSpec } from '../run/config.js';
import type { CompressorCandidate, CompressorChoice, PlanReport, Tuning } from '../run/reports.js';

/** What `sottovoce tune` finds, as JSON prints it. */
export interface TuneReport {
  /** In the short form that people write. */
  flow: string;
  /** In the short form that people write. */
  compressor: string;
  /** By trial runs, or by the formula alone. */
  method: Tuning['method'];
  /** The names of the gains that were open and have been chosen. */
  chosen: string[];
  /** All gains, those that were given included. */
  gains: Record<string, number>;
  /** Why these, as sentences. */
  why: string[];
  /** Rounds per factor of ten in the distance to the optimum, predicted. */
  roundsPerDecade: number | null;
  /** Why there is none. */
  notPredicted: string | null;
  /** Rounds to a millionth of the first distance, predicted. */
  roundsToMillionth: number | null;
  /**
   * Until what the config's `stop` names is reached, all of it; null where it names neither gap nor rmsError,
   * or nothing is known of one of its parts.
   */
  roundsToStop: number | null;
  /** The trial runs that were made; null where there were none. */
  pilots: Tuning['pilots'];
  /** How the compressor was chosen that was `auto`, and what the others would take; absent where one was given. */
  compressorChoice?: CompressorChoice;
  /** Of the Laplacian; null where nobody needed it. */
  spectrum: PlanReport['spectrum'];
}

/** `tuning`: null where no gain was open, and the compressor alone was. */
export function tuneReport(plan: PlanReport, chosen: Tuning | null, stop: StopSpec): TuneReport {
  const tuning = chosen ?? GIVEN;
  return {
    ...(plan.compressorChoice && { compressorChoice: plan.compressorChoice }),
    flow: plan.flow,
    compressor: plan.compressor,
    method: tuning.method,
    chosen: tuning.chosen,
    gains: plan.gains,
    why: tuning.why,
    roundsPerDecade: tuning.roundsPerDecade,
    notPredicted: tuning.notPredicted,
    roundsToMillionth: tuning.roundsToMillionth,
    roundsToStop: roundsToStop(tuning, stop),
    pilots: tuning.pilots,
    spectrum: plan.spectrum,
  };
}

/** Of gains that were all given. */
const GIVEN: Tuning = {
  method: 'formula',
  chosen: [],
  compress: null,
  gains: {},
  why: ['all of them are given'],
  roundsPerDecade: null,
  notPredicted: 'all gains are given',
  roundsToMillionth: null,
  roundsToGap: null,
  firstError: null,
  doubt: null,
  pilots: null,
};

/**
 * Until all that `stop` names is reached: a run stops when the last part of it is. Nobody predicts more than
 * gap and rmsError.
 */
export function roundsToStop(tuning: Tuning, { gap, rmsError, ...others }: StopSpec): number | null {
  const rounds = [
    ...Object.values(others).map(() => null),
    ...(gap === undefined ? [] : [tuning.roundsToGap]),
    ...(rmsError === undefined ? [] : [roundsToDistance(tuning, rmsError)]),
  ];
  return rounds.length === 0 || rounds.includes(null) ? null : Math.max(...(rounds as number[]));
}

/** From the rounds to a millionth, at the predicted pace. */
function roundsToDistance(tuning: Tuning, rmsError: number): number | null {
  const { firstError, roundsPerDecade, roundsToMillionth } = tuning;
  if (firstError === null || roundsPerDecade === null || roundsToMillionth === null) return null;
  const decades = Math.log10(rmsError / (1e-6 * firstError));
  return Math.max(0, Math.ceil(roundsToMillionth - roundsPerDecade * decades));
}

export function formatTuning(report: TuneReport, name: string, colours: Colours): string {
  const { gains, chosen, roundsPerDecade, roundsToMillionth, roundsToStop: toStop, pilots } = report;
  const shown = Object.entries(gains)
    .map(([gain, value]) => `${gain} ${formatQuantity(value)}${chosen.includes(gain) ? '' : ' (given)'}`)
    .join(', ');
  const rate =
    roundsPerDecade === null
      ? `none: ${report.notPredicted ?? 'nothing is known'}`
      : `${formatQuantity(roundsPerDecade, 3)} rounds per factor of 10 in the distance to the optimum`;
  const rounds = [
    ...(roundsToMillionth === null ? [] : [`about ${formatCount(roundsToMillionth)} to a millionth of it`]),
    ...(toStop === null ? [] : [`about ${formatCount(toStop)} until it stops`]),
  ].join(', ');
  return [
    colours.bold(name),
    ...alignRows(
      [
        ['flow', `${report.flow}; ${report.compressor}`],
        ['gains', shown],
        ...report.why.map((line, at): [string, string] => [at === 0 ? 'why' : '', line]),
        ['predicted', rate],
        ['rounds', rounds === '' ? null : rounds],
        [
          'pilots',
          pilots === null
            ? null
            : `${pilots.count}, ${formatCount(pilots.rounds)} rounds of at most ${formatCount(pilots.budgetRounds)}`,
        ],
      ],
      colours,
    ),
    ...(report.compressorChoice ? ['', ...choiceLines(report.compressorChoice)] : []),
  ].join('\n');
}

/** Rows of the table of candidates; what is hopeless is only counted. */
const MOST_CANDIDATES = 10;

/** Why this compressor, and what the others would take. */
export function choiceLines({ for: purpose, why, candidates, judgedBy }: CompressorChoice): string[] {
  const told = candidates.filter(({ rounds }) => rounds !== null).slice(0, MOST_CANDIDATES);
  const width = Math.max(...told.map(({ compressor }) => compressor.length));
  const withSeconds = told.some(({ seconds }) => seconds !== null);
  const left = candidates.length - told.length;
  const rows = told.map(({ compressor, how, rounds, bits, seconds, ratio }) =>
    [
      `  ${compressor.padEnd(width)}`,
      (ratio === null ? '' : formatQuantity(ratio, 3)).padStart(6),
      (rounds === null ? '' : formatQuantity(rounds, 3)).padStart(8),
      (bits === null ? '' : formatBits(bits)).padStart(11),
      ...(withSeconds ? [(seconds === null ? '' : formatSeconds(seconds)).padStart(12)] : []),
      `  ${HOW[how]}`,
    ].join(''),
  );
  const head = [
    `  ${'compressor'.padEnd(width)}`,
    'ratio'.padStart(6),
    'rounds'.padStart(8),
    'an agent'.padStart(11),
    ...(withSeconds ? ['network'.padStart(12)] : []),
    '  known by',
  ].join('');
  return [
    `least ${purpose}`,
    ...why.map((line) => `  ${line}`),
    ...(judgedBy === 'rule' ? [] : [head, ...rows]),
    ...(judgedBy !== 'rule' && left > 0
      ? [`  and ${plural(left, 'candidate')} that would take far more`]
      : []),
  ];
}

const HOW: Record<CompressorCandidate['how'], string> = {
  full: 'all its trial runs',
  short: 'some trial runs: at most this',
  starts: 'a few trial runs: at most this',
  objective: "the objective's fall",
  rule: 'the rule',
};
