/** The Piscina task of a comparison: one cell, a whole run on this thread. */

import { runCell } from '../src/compare/run-cell.js';
import type { CellOutcome, Target } from '../src/compare/types.js';
import type { LoadedConfig } from '../src/config/types.js';
import { isInputError } from '../src/errors.js';
import { prepareRun } from '../src/session/prepare.js';

export interface CellTask {
  module: WebAssembly.Module;
  loaded: LoadedConfig;
  target: Target;
}

export default async function cell({ module, loaded, target }: CellTask): Promise<CellOutcome> {
  try {
    const prepared = await prepareRun(loaded, 1);
    const { report } = prepared;
    const { summary, ...run } = runCell(prepared, module, target);
    return {
      status: summary.status as Exclude<typeof summary.status, 'failed'>,
      compressor: report.compressor,
      flow: report.flow,
      topology: report.topology,
      cost: report.cost,
      network: prepared.config.network ?? null,
      summary,
      ...run,
    };
  } catch (error) {
    // A combination that cannot be is an answer of the grid; anything else is a failure of ours or of the machine.
    if (isInputError(error)) return { status: 'refused', error: (error as Error).message };
    throw error;
  }
}
