/** What Piscina loads for a comparison; CommonJS for the reason given in agents-entry.cts. */

import type { CellReport } from '../src/compare/types.js' with { 'resolution-mode': 'import' };
import type { CellTask } from '../src/compare/types.js' with { 'resolution-mode': 'import' };

const cell = import('./cell.js');
// A failure to load is reported by the task, which awaits it; until then nobody does.
cell.catch(() => {});

export = async (task: CellTask): Promise<CellReport> => (await cell).default(task);
