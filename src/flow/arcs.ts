/**
 * Mixing over arcs, for flows on directed graphs. With D_in and D_out the numbers of in- and out-neighbours in
 * the whole graph, and d_in and d_out those of the round,
 *
 *     pulled   R = I - diag(1/(1 + D_in)) L              (L x)_i = sum over in-neighbours j of (x_i - x_j)
 *     pushed   C = I - L_out diag(1/(1 + D_out))         (L_out p)_i = d_out_i p_i - sum over in-neighbours j of p_j
 *
 * Rows of R and columns of C add up to 1 in every round, whichever links are up. Where all are, R takes the
 * mean and C gives even shares, as in push-sum. What is pushed goes as the share p = y/(1 + D_out), which is
 * the same whatever fails, so that estimates of it go on; the agent keeps y - d_out p, and has to know how
 * many heard it.
 *
 * Messages are heard as L p (`equations.ts`), and L_out p = L p + (d_out - d_in) p.
 */

import { type FieldSpec, rowsThatLast } from '../arena/layout.js';
import type { PlanContext, Runtime } from '../runtime.js';
import type { Coefficient, Equations, Row } from './equations.js';

const PULL = 'arcs.pull';
const PUSH = 'arcs.push';
const EXCESS = 'arcs.excess';
/** Out-neighbours of the round: the runtime's are those of the next one. */
const HEARERS = 'arcs.hearers';

export function arcFields({ agents, linksChange = false }: PlanContext): FieldSpec[] {
  const field = (name: string): FieldSpec => ({ name, type: 'f64', length: agents });
  return [...[PULL, PUSH, EXCESS].map(field), ...(linksChange ? [rowsThatLast(field(HEARERS), agents)] : [])];
}

export interface ArcMixer {
  /** by/(1 + D_in), by/(1 + D_out), and by (d_out - d_in) of the round. */
  pull(by: number): Coefficient;
  push(by: number): Coefficient;
  excess(by: number): Coefficient;
  /** The same by row: 1/(1 + D_out), and d_out - d_in of the round. */
  shares: Float64Array;
  excesses: Float64Array;
  /** First of all that a round, or the beginning, says. `row`: any. */
  begin(r: Equations, row: Row): void;
  round(r: Equations, row: Row): void;
}

export function bindArcs({ arena, agents, graph }: Runtime): ArcMixer {
  const [pulls, shares, excesses] = [PULL, PUSH, EXCESS].map((name) => arena.view(name, 'f64')) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const inStart = arena.view('graph.rowStart', 'u32');
  const outStart = arena.has('graph.outStart') ? arena.view('graph.outStart', 'u32') : inStart;
  // Over links that work in both directions whoever hears is heard.
  const changing = graph.changing !== undefined && arena.has('graph.outDegrees');
  // Every worker writes them all, and all write the same.
  for (let row = 0; row < agents; row++) {
    const heard = inStart[row + 1] - inStart[row];
    const hearers = outStart[row + 1] - outStart[row];
    pulls[row] = 1 / (1 + heard);
    shares[row] = 1 / (1 + hearers);
    if (!changing) excesses[row] = hearers - heard;
  }
  const table = (name: string) => {
    const at = arena.address(name);
    return (by: number): Coefficient => ({ timesOwn: by, table: at });
  };
  const hearers = changing ? arena.view(HEARERS, 'f64') : null;
  const ahead = changing ? arena.view('graph.outDegrees', 'f64') : null;
  const degrees = changing ? arena.view('links.degrees', 'f64') : null;
  return {
    pull: table(PULL),
    push: table(PUSH),
    excess: table(EXCESS),
    shares,
    excesses,
    begin(r, row) {
      if (hearers === null || ahead === null) return;
      r.call(row, (first, count) => {
        for (let i = first; i < first + count; i++) hearers[i] = ahead[i];
      });
    },
    round(r, row) {
      if (hearers === null || ahead === null || degrees === null) return;
      r.call(row, (first, count) => {
        for (let i = first; i < first + count; i++) {
          excesses[i] = hearers[i] - degrees[i];
          hearers[i] = ahead[i];
        }
      });
    },
  };
}
