/** What a trace row says of the run: it goes on, has converged, or has diverged. */

import { COLUMNS } from '../trace/ring.js';
import type { RunPlan, Verdict } from './types.js';

/** A run is given up when a distance has grown to this many times its first value (or is no number any more). */
const DIVERGED_GROWTH = 1e8;

const OBJECTIVE = COLUMNS.indexOf('objective');
const GAP = COLUMNS.indexOf('gap');
const RMS_ERROR = COLUMNS.indexOf('rmsError');
const CONSENSUS_ERROR = COLUMNS.indexOf('consensusError');

/** Called with every row, in order: the first one says what size the run began with. */
export function bindVerdict(plan: RunPlan): (row: Float64Array) => Verdict {
  const { gap: stopGap, rmsError: stopRms, consensusError: stopConsensus } = plan.stop;
  const stops = stopGap !== undefined || stopRms !== undefined || stopConsensus !== undefined;
  const hasOptimum = !Number.isNaN(plan.optimumValue);
  let firstSpread = Number.NaN;
  return (row) => {
    // Everything is finite and of the size it began with, or it has diverged. Squares overflow at 1e154, long before x does.
    const rmsError = row[RMS_ERROR];
    const consensusError = row[CONSENSUS_ERROR];
    const spread = consensusError + (hasOptimum ? rmsError : 0);
    if (Number.isNaN(firstSpread)) firstSpread = spread;
    const limit = DIVERGED_GROWTH * Math.max(1, firstSpread);
    if (!(spread < limit) || !Number.isFinite(row[OBJECTIVE])) return 'diverged';
    if (
      stops &&
      (stopGap === undefined || row[GAP] <= stopGap) &&
      (stopRms === undefined || rmsError <= stopRms) &&
      (stopConsensus === undefined || consensusError <= stopConsensus)
    ) {
      return 'converged';
    }
    return 'go';
  };
}
