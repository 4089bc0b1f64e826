/**
 * What each agent says for a trace row: a column for every quantity, on its own rank by position; the first rank has
 * them of all agents, by number.
 */

import type { Arena } from '../arena/arena.js';
import type { FieldSpec } from '../arena/layout.js';
import type { Ensemble } from './ensemble.js';

/** Without these the fields are those of one machine, `trace.values` and so on. */
const LOOKED = ['values', 'toOptimum', 'toMean', 'toEstimate'] as const;
const MEASURED = ['agentGaps', 'agentSlopes'] as const;

/** Of a part of `own` agents. `rowEntries`: of a row of the state. */
export function ownTraceFields({ own }: { own: number }, rowEntries: number, total: number): FieldSpec[] {
  return [
    ...[...LOOKED, ...MEASURED].map(
      (column): FieldSpec => ({ name: `ranks.${column}`, type: 'f64', length: own }),
    ),
    // A row that some rank shows the others, and the one before it.
    { name: 'ranks.row', type: 'real', length: rowEntries },
    { name: 'ranks.rowBefore', type: 'real', length: rowEntries },
    { name: 'ranks.pointValues', type: 'f64', length: total },
    // Bits that the agents of other ranks have said.
    { name: 'ranks.bits', type: 'f64', length: 2 },
  ];
}

/** As `traceColumn` of one machine: where workers write, and where the first rank reads. */
export function columnOfPart(arena: Arena, name: string): { at: number; from: number; settle(): void } {
  return {
    at: arena.address(name),
    from: arena.address(name.replace('trace.', 'ranks.')),
    settle() {},
  };
}

export interface Together {
  gather(): void;
  gatherMeasured(): void;
}

/** For the thread that speaks with other ranks. */
export function bindTogether(arena: Arena, ensemble: Ensemble, average: boolean): Together {
  const columns = (names: readonly string[]) =>
    names
      .filter((name) => arena.has(`trace.${name}`))
      .map((name) => ({
        own: arena.view(`ranks.${name}`, 'f64'),
        all: ensemble.rank === 0 ? arena.view(`trace.${name}`, 'f64') : null,
      }));
  const looked = columns(average ? LOOKED.slice(1) : LOOKED);
  // Where they are evaluated at some points they are gathered as they come.
  const isClosed = arena.has('trace.agentGaps') && !arena.has('scratch.pointValues');
  const measured = isClosed ? columns(MEASURED) : [];
  const others = arena.view('ranks.bits', 'f64');
  const bits = arena.has('trace.bits')
    ? Array.from({ length: arena.layout.workers }, (_, w) => arena.view('trace.bits', 'f64', w))
    : null;
  const said = new Float64Array(2);
  return {
    gather() {
      for (const { own, all } of looked) ensemble.gather(own, all);
      if (bits === null) return;
      said.fill(0);
      for (const worker of bits) for (let i = 0; i < said.length; i++) said[i] += worker[i];
      ensemble.sumOfOthers(said, others);
    },
    gatherMeasured() {
      for (const { own, all } of measured) ensemble.gather(own, all);
    },
  };
}
