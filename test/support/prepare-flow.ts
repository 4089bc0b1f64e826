/** A flow's run that is ready to start, with what its stages have made, for tests that look into it. */

import { parseConfig } from '../../src/config/load.js';
import type { FlowMade } from '../../src/program/flow/made.js';
import { flowStages } from '../../src/program/flow/stages.js';
import { make, type Prepared, ready } from '../../src/run/program.js';

export interface PreparedFlow extends Prepared {
  made: FlowMade;
}

export async function prepareFlow(config: Record<string, unknown>, workers: number): Promise<PreparedFlow> {
  const made = await make(flowStages, await parseConfig(config), workers);
  return { ...(await ready(flowStages, made)), made };
}
