/**
 * After a divergence: of the gains that are worth trying the first that a short trial of the run itself does
 * not see grow.
 */

import { type Diverged, diagnose, hintOf } from './diagnose.js';
import { openTrials } from './trial-runs.js';
import { affordableRounds } from './tune.js';
import type { Tunable } from './types.js';

/** Rounds of a trial: what grows a thousandfold in a run grows by something in these. */
const TRIAL_ROUNDS = 1000;
/** Fewer say nothing. */
const FEWEST_ROUNDS = 50;
/** Multiply-adds of all trials together: about a second. */
const WORK = 1e9;
/** An arena beside that of the run may take so much. */
const MOST_BYTES = 2 ** 28;

/** `short`: the run that diverged, for one worker. */
export function remedyHint(diverged: Diverged & Pick<Tunable, 'work'>, short: () => Tunable): string {
  const { plan } = diverged;
  const { cause, remedies } = diagnose(diverged);
  const [first = null] = remedies;
  if (first === null) return cause;
  const affordable = Math.floor(affordableRounds(diverged, WORK) / Math.max(1, remedies.length));
  const rounds = Math.min(plan.rounds, TRIAL_ROUNDS, affordable);
  const few = rounds < Math.min(FEWEST_ROUNDS, plan.rounds);
  if (few || plan.optimumMoves || plan.layout.totalBytes > MOST_BYTES) return hintOf(cause, first, 0);
  const tunable = short();
  const runs = openTrials(tunable);
  const measured = plan.problem !== 'cost' || tunable.optimum !== null;
  for (const remedy of remedies) {
    const flow = tunable.withGains({ ...plan.flow.gains, ...remedy });
    const holds = measured
      ? runs.run(flow, Number.POSITIVE_INFINITY, rounds).share < 1
      : runs.descend(flow, rounds) > 0;
    if (holds) return hintOf(cause, remedy, rounds);
  }
  return hintOf(`${cause}; no smaller gains were found that hold, so leave them to auto`, null, 0);
}
