/** After a divergence: of the gains that are worth trying the first that a short trial of the run itself does not see grow. */

import { diagnose, hintOf } from '../program/flow/hint.js';
import type { ProgramPlan } from '../program/flow/plan.js';
import type { Fillable } from '../session/fill.js';
import { openPilot } from './pilot.js';
import { affordableRounds } from './tune.js';

/** Rounds of a trial: what grows a thousandfold in a run grows by something in these. */
const TRIAL_ROUNDS = 1000;
/** Fewer say nothing. */
const FEWEST_ROUNDS = 50;
/** Multiply-adds of all trials together: about a second. */
const WORK = 1e9;
/** An arena beside that of the run may take so much. */
const MOST_BYTES = 2 ** 28;

/** `program`: the one that diverged; `short`: the same, planned for one worker. */
export function remedyHint(
  program: ProgramPlan,
  inputs: Omit<Fillable, 'program'>,
  short: () => ProgramPlan,
): string {
  const { cause, remedies } = diagnose(program);
  const { run } = program;
  const [first = null] = remedies;
  const affordable = Math.floor(affordableRounds(program, WORK) / Math.max(1, remedies.length));
  const rounds = Math.min(run.rounds, TRIAL_ROUNDS, affordable);
  if (first === null) return cause;
  const few = rounds < Math.min(FEWEST_ROUNDS, run.rounds);
  if (few || inputs.reference !== null || run.layout.totalBytes > MOST_BYTES) return hintOf(cause, first, 0);
  const pilot = openPilot({ ...inputs, program: short() });
  const measured = run.problem !== 'cost' || inputs.optimum !== null;
  for (const remedy of remedies) {
    const flow = program.planFlow({ ...run.flow.gains, ...remedy });
    const holds = measured
      ? pilot.fly(flow, Number.POSITIVE_INFINITY, rounds).share < 1
      : pilot.descend(flow, rounds) > 0;
    if (holds) return hintOf(cause, remedy, rounds);
  }
  return hintOf(`${cause}; no smaller gains were found that hold, so leave them to auto`, null, 0);
}
