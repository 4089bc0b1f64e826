/** What a person reads of the gains that were `auto`: which, why, and what to expect. */

import { formatCount } from '../base/count.js';
import { alignRows, type Colours, formatQuantity } from '../base/format.js';
import type { StopSpec } from '../run/config.js';
import type { PlanReport, Tuning } from '../run/reports.js';

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
  /** Of the Laplacian; null where nobody needed it. */
  spectrum: PlanReport['spectrum'];
}

export function tuneReport(plan: PlanReport, tuning: Tuning, stop: StopSpec): TuneReport {
  return {
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
  ].join('\n');
}
