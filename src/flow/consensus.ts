/**
 * Consensus flow: every agent ends at the average of the values they began with. Forward Euler with step h:
 *
 *     x <- x - h alpha L y,        x(0) = each agent's own value, y what the network knows of x (`modes.ts`).
 *
 * The sum of the x_i is conserved whatever is compressed, because L is symmetric. Needs: connected undirected
 * graph (uncompressed, a balanced directed one will do), h alpha lambdaMax < 2. With `reference` the values
 * move: every step adds r(k+1) - r(k), and x follows the average of the r_i(k) (dynamic average consensus,
 * see `reference.ts`). Floats an agent: dim (x), with estimates 3 dim (and s, z). Source: arXiv 2409.00002;
 * the uncompressed flow is Olfati-Saber, Murray 2004; with references Spanos, Olfati-Saber, Murray 2005 and
 * Zhu, Martinez 2010.
 */

import { heardRows } from '../arena/layout.js';
import { bindEquations, equationFields } from './bind-equations.js';
import { bindRows, type Equations, next, type Row } from './equations.js';
import { estimateEquations, estimateFields } from './estimate.js';
import { gainParameter, numberOr, roundStep, tuningParameter } from './gains.js';
import { MODES, modeMessages, modeParameter } from './modes.js';
import { referenceParameter } from './reference.js';
import { largestStableStep } from './stable-step.js';
import { type Compress, defineFlow } from './types.js';

const TAKEN: [Compress, ...Compress[]] = ['none', 'node-state', 'error-state', 'observer'];

export const consensus = defineFlow({
  kind: 'consensus',
  metadata: {
    title: 'Consensus flow',
    summary: "averages the agents' own values, or follows the average of references that move",
    source: 'Ren, L. Wang, Yi, X. Wang, Yuan, T. Yang, Wu, Shi 2025 (arXiv 2409.00002, version 4)',
  },
  problem: 'average',
  changingLinks: true,
  modes: TAKEN,
  filterGain: 'mu',
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('consensus'),
      compress: modeParameter(z, TAKEN),
      step: gainParameter(z, z.number().positive(), 'Euler step h'),
      alpha: gainParameter(z, z.number().positive(), 'gain of the disagreement'),
      beta: z
        .union([z.number(), z.literal('auto')])
        .default(0)
        .describe('has no meaning here; accepted so that configs are alike'),
      eta: z
        .union([z.number(), z.literal('auto')])
        .default(0)
        .describe('has no meaning here; accepted so that configs are alike'),
      integrator: z
        .literal('euler')
        .default('euler')
        .describe('only euler: agents that damp their steps unequally would not keep the sum of x'),
      tuning: tuningParameter(z),
      mu: gainParameter(z, z.number().gt(0).max(1), 'filter gain of the estimates, in (0, 1]; auto is 1'),
      reference: referenceParameter(z).optional(),
    }),

  messages: (parameters) => modeMessages(parameters),

  // The sum is conserved where columns of L add up to 0.
  graphs: ({ compress }) => (compress === 'none' ? 'balanced' : 'edges'),

  fields({ compress }, context) {
    if (MODES[compress].estimates)
      return [
        ...equationFields({ state: ['x'], scratch: ['disagreement'] }, context),
        ...estimateFields([''], context),
      ];
    return equationFields({ state: ['x'], scratch: ['disagreement'] }, context).map((field) =>
      compress === 'none' && field.name === 'x' ? heardRows(field) : field,
    );
  },

  plan: ({ kind, compress, mu, ...given }, { gains }) => {
    const alpha = numberOr(given.alpha, () => 1);
    const step = numberOr(given.step, () => {
      const { lambda2, lambdaMax, delta, directed } = gains();
      // 2 / (lambda2 + lambdaMax) is optimal without compression; with it, the estimates' lag asks for a step
      // in proportion. Over arcs 1 / lambdaMax shrinks `balancedSpectrum`'s bound most.
      const longest = directed ? 1 / lambdaMax : (compress === 'none' ? 2 : delta) / (lambda2 + lambdaMax);
      return roundStep(longest / alpha);
    });
    return {
      kind,
      compress,
      gains: { step, alpha, ...(MODES[compress].estimates && { mu: numberOr(mu, () => 1) }) },
      stateIsMessage: compress === 'none',
    };
  },

  search: { directions: [{ step: 1 }, { mu: 1 }], largest: { mu: 1 } },

  largestStep: ({ gains: { alpha } }, gains) => largestStableStep(alpha, 0, 0, gains),

  linearRound: ({ compress, gains: { step, alpha } }) =>
    compress !== 'none'
      ? null
      : {
          rows: 1,
          balanced: [0],
          next: ([x], { laplacian, sum }) => [sum([1, x], [-step * alpha, laplacian(x)])],
        },

  averaging: () => ['step', 'alpha'],

  bind: ({ compress, gains: { step, alpha, mu = 1 } }, [channel], cost, runtime) => {
    const { reference } = runtime;
    const { estimates, current } = MODES[compress];
    const rows = bindRows(runtime);
    const x = rows.state('x');
    const disagreement = rows.scratch('disagreement');
    const known = estimates ? estimateEquations('', channel, rows, runtime, mu, current) : null;
    const send = (r: Equations, row: Row) => (known === null ? r.send(channel, row) : known.send(r, row));
    return bindEquations(
      {
        begin: (r) => send(r, x),
        round(r) {
          if (known === null) r.hear(channel, disagreement);
          const apart = known === null ? disagreement : known.hear(r, disagreement);
          r.sum(next(x), [1, x], [-(step * alpha), apart]);
          if (reference)
            r.call(next(x), (first, count, round, at) => reference.advance(first, count, round, at));
          send(r, next(x));
        },
      },
      cost,
      runtime,
    );
  },
});
