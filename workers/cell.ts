/** The Piscina task of a comparison: one cell, a whole run on this thread. */

import { isInputError } from '../src/base/errors.js';
import { standingIn } from '../src/base/show-path.js';
import { runCell } from '../src/compare/run-cell.js';
import { searchCell } from '../src/compare/search-cell.js';
import type { CellReport, CellTask } from '../src/compare/types.js';
import { forgetStrays, guardThread, settleStrays } from '../src/plugin/stray.js';
import { useWatchWords, watchRun } from '../src/plugin/watch.js';
import { describeInputs } from '../src/run/inputs.js';
import { prepareRun } from '../src/session/prepare.js';
import { Stepper } from '../src/session/single-thread.js';

export default function cell(task: CellTask): Promise<CellReport> {
  return standingIn(task.stand, () => run(task));
}

async function run({ module, loaded, target, tune, ask, watch, laps }: CellTask): Promise<CellReport> {
  useWatchWords(watch);
  guardThread();
  // The cell before, on the same thread, has ended.
  forgetStrays();
  try {
    const prepared = await prepareRun(loaded, 1);
    watchRun();
    const { report, openGains } = prepared;
    const stepper = new Stepper(prepared, module, laps);
    const { search, plan } = searchCell(stepper, openGains, target, tune);
    const limit = Math.min(plan.rounds, ask.limit ?? plan.rounds);
    const { summary, ...run } = runCell(stepper, target, plan, limit, ask);
    await settleStrays();
    const outcome = {
      status: summary.status as Exclude<typeof summary.status, 'failed'>,
      compressor: report.compressor,
      flow: report.flow,
      topology: report.topology,
      cost: report.cost,
      network: prepared.config.network ?? null,
      summary,
      gains: { ...report.gains, ...search.gains },
      trials: search.trials,
      ...run,
      ...(ask.predict && { predicted: await prepared.predict(ask.predict === 'side') }),
    };
    return { outcome, inputs: describeInputs(loaded, prepared.inputs) };
  } catch (error) {
    // A combination that cannot be is an answer of the grid; anything else is a failure of ours or of the
    // machine.
    if (isInputError(error))
      return { outcome: { status: 'refused', error: (error as Error).message }, inputs: [] };
    throw error;
  }
}
