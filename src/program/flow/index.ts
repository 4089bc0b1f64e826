/**
 * A flow over a graph: every agent steps, compresses and sends to its neighbours. What a config without
 * `program` runs.
 */

import { defineProgram } from '../../run/program.js';
import { bindFlow } from './bind.js';

export const flow = defineProgram({
  kind: 'flow',
  sections: async () => (await import('./sections.js')).flowSections,
  stages: async () => (await import('./stages.js')).flowStages,
  bind: bindFlow,
});
