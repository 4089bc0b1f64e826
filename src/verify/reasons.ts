/** What is likely wrong where ways differ: told from which of them do. */

import type { LoadedConfig } from '../run/config.js';
import { namesIn } from '../run/inputs.js';
import type { Variant } from './types.js';
import type { Way } from './ways.js';

interface Tried {
  way: Way;
  variant: Variant;
}

/** As sentences; none where nothing differs. */
export function likelyReasons(tried: readonly Tried[], loaded: LoadedConfig): string[] {
  const bad = tried.filter(({ variant }) => variant.outcome !== 'same');
  if (bad.length === 0) return [];
  const whose = modulesOf(loaded);
  if (whose === '')
    return [
      'no module of your own takes part: it is a mistake of Sottovoce, or of the machine, and worth a report with the config',
    ];
  const again = tried.find(({ way }) => way.name !== undefined);
  if (again !== undefined && again.variant.outcome !== 'same')
    return [
      `the run is not even the same when nothing is changed: ${whose} draws on something that differs from time to time (Math.random, a clock, a file, the network); what is drawn has to come from \`random\``,
    ];
  if (bad.every(({ way }) => way.breaks.length > 0))
    return [
      `the run cannot go on from a checkpoint: ${whose} keeps something outside of its arrays (a variable beside the functions, a Map), and a checkpoint has nothing of it; what has to be remembered belongs in \`state\``,
    ];
  if (bad.every(({ way }) => way.threads))
    return [
      `on one thread it is the same, on threads it is not: ${whose} keeps something in a variable that all agents of a thread share, or reads what another thread writes; what has to be remembered belongs in \`state\``,
    ];
  return [
    `what is computed depends on how agents are spread over workers or laid out in memory: ${whose} keeps something in a variable that agents share; what has to be remembered belongs in \`state\``,
  ];
}

/** The user's modules, by their paths; empty where there is none. */
function modulesOf(loaded: LoadedConfig): string {
  const modules = namesIn(loaded)
    .filter(({ role }) => /(^|\.)module$/.test(role))
    .map(({ path }) => path);
  return [...new Set(modules)].join(' or ');
}
