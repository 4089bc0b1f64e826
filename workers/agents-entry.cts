/**
 * What Piscina loads: CommonJS on purpose. Piscina first tries `require`, then `import`; for an ES module
 * newer Nodes allow the former, and doing one while the other is under way now and then ends in an internal
 * assertion of Node ("a module that is imported again after being required"). Here there is one `import()`,
 * begun when the thread starts, so that the agents are loaded before their task arrives. A whole build
 * (`scripts/bundle.mjs`) puts a line in its place that loads them as CommonJS at once.
 */

import type { AgentsReport, AgentsTask, TouchTask } from '../src/run/tasks.js' with {
  'resolution-mode': 'import',
};

const agents = import('./agents.js');
// A failure to load is reported by the task, which awaits it; until then nobody does.
agents.catch(() => {});

export = async (task: AgentsTask | TouchTask): Promise<AgentsReport | null> => (await agents).default(task);
