/** What a trace row says of the run: it goes on, has converged, or has diverged. */

import type { Arena } from '../arena/arena.js';
import { type FieldSpec, wholeThatLasts } from '../arena/layout.js';
import { COLUMNS } from '../trace/ring.js';
import type { StopSpec } from './config.js';
import type { RunPlan, Verdict } from './types.js';

/**
 * A run is given up when a distance has grown to this many times its first value (or is no number any more).
 */
const DIVERGED_GROWTH = 1e8;

const OBJECTIVE = COLUMNS.indexOf('objective');
const RMS_ERROR = COLUMNS.indexOf('rmsError');
const CONSENSUS_ERROR = COLUMNS.indexOf('consensusError');

/** The size that the run began with, 1 at least; 0 before its first row. The leader's. */
export const verdictField: FieldSpec = wholeThatLasts({ name: 'trace.scale', type: 'f64', length: 1 });

/** Called with every row, in order: the first one says what size the run began with. */
export function bindVerdict(plan: RunPlan, arena: Arena): (row: Float64Array) => Verdict {
  const quantities = Object.keys(plan.stop) as (keyof StopSpec)[];
  const columns = quantities.map((name) => COLUMNS.indexOf(name));
  const bounds = quantities.map((name) => plan.stop[name] as number);
  const scale = arena.view(verdictField.name, 'f64');
  const arrived = (row: Float64Array) => {
    for (let i = 0; i < columns.length; i++) if (!(row[columns[i]] <= bounds[i])) return false;
    return columns.length > 0;
  };
  return (row) => {
    // Everything is finite and of the size it began with, or it has diverged. Squares overflow at 1e154, long
    // before x does.
    const spread = row[CONSENSUS_ERROR] + (plan.optimumKnown ? row[RMS_ERROR] : 0);
    if (scale[0] === 0) scale[0] = Math.max(1, spread);
    if (!(spread < DIVERGED_GROWTH * scale[0]) || !Number.isFinite(row[OBJECTIVE])) return 'diverged';
    return arrived(row) ? 'converged' : 'go';
  };
}
