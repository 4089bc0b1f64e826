/**
 * The run that a cell is, as a command. It ends in the same bits: the same config, and an end in the same
 * round. A cell that arrived is ended by its target, as a run is. Any other is ended by its number of rounds,
 * since a run looks for a divergence in rows of its own, and gives nothing up.
 */

import type { Cell, CellOutcome } from '../compare/types.js';
import { settingOf } from './axes.js';
import type { Sweep } from './make.js';

export function commandOf(
  { base, axes, points, target }: Pick<Sweep, 'base' | 'axes' | 'points' | 'target'>,
  point: number,
  { seed, loaded }: Pick<Cell, 'seed' | 'loaded'>,
  outcome: CellOutcome,
): string {
  const values = points[point]!.values;
  const ran = 'summary' in outcome ? outcome : null;
  const rounds = ran?.summary.rounds;
  const stop = `stop={ ${target.quantity}: ${target.bound} }`;
  // A run stops where it first meets its target, whether it stays there or not.
  const kept = ran === null || ran.touched === null;
  const byItself = ran === null || ran.arrival !== null || rounds === loaded.config.rounds;
  const end =
    kept && byItself && ran?.status !== 'diverged'
      ? [stop]
      : ['stop=', `rounds=${rounds}`, `trace.every=${Math.max(1, rounds ?? 1)}`];
  const settings = [...base.set, ...axes.map((axis, at) => settingOf(axis, values[at]!)), ...end];
  const seeded = axes.some(({ name }) => name === 'seed') ? [] : ['--seed', String(seed)];
  return ['sottovoce', 'run', base.config, ...settings.flatMap((text) => ['--set', text]), ...seeded]
    .map(quoted)
    .join(' ');
}

/** For a shell; plain words stay as they are. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
