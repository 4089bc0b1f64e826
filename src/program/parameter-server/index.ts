/**
 * A parameter server: agents send compressed gradients to a server, which sends one compressed step to all of
 * them.
 */

import { defineProgram } from '../../run/program.js';
import { bindServer } from './bind.js';

export const parameterServer = defineProgram({
  kind: 'parameter-server',
  sections: async () => (await import('./sections.js')).serverSections,
  stages: async () => (await import('./stages.js')).serverStages,
  bind: bindServer,
});
