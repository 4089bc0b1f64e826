/**
 * Error feedback: a combinator with a memory m of each agent, zero at first.
 *
 *     p = e + m        q = inner(p, k)        m <- p - q        C(e, k) = q
 *
 * Nothing is lost: the messages said so far and the memory add up to everything that was to be said. (The
 * memory is held negated, as what was said too much, because the kernel at hand subtracts.)
 *
 * What it is for: flows that send the state itself (`node-state`) and gradients, where what a message drops
 * would be gone. A flow that sends x - s (`error-state`, `observer`) *is* error feedback already: what was
 * not said stays in x - s and is offered again. There a memory counts it twice, as an integral would: an
 * entry that waits T rounds is then said T times over, and the estimates overshoot and grow unless mu is of
 * the order 1/T. So: with top-k of a small k or a scalarizer in such a flow choose mu <= k/dim, or leave this
 * out.
 *
 * Linear where the inner one is (with memory). Contraction: the inner one's, of p; of e alone there is none,
 * since a message may be mostly memory. Bits: those of the inner compressor. Floats an agent: dim. Order
 * matters: see `every`; and `flatten(error-feedback(C))` with fresh signs remembers in rotated coordinates
 * that mean something else in the next round: there write `error-feedback(flatten(C))`, or fix the signs,
 * with which the two are the same.
 * Source: Seide et al. 2014; Karimireddy, Rebjock, Stich, Jaggi 2019 (arXiv 1901.09847).
 */

import { rowBytesOf } from '../arena/layout.js';
import { defineCompressor, innerCompressor } from './define.js';
import { agentRows, around, blockRows, wrap } from './slots.js';
import { filterGainOf, weakestKind } from './types.js';

/** Says later what was left out now. */
export const errorFeedback = defineCompressor({
  kind: 'error-feedback',
  metadata: {
    title: 'Error feedback',
    summary: 'adds what earlier messages left out to what is to be said now',
    source: 'Karimireddy, Rebjock, Stich, Jaggi 2019 (arXiv 1901.09847)',
  },
  parameters: (z) => ({
    inner: innerCompressor(z, 'compressor of the error and what was left out before'),
  }),
  takes: ['inner'],

  plan: (spec, context, nested) => {
    const { blockAgents, path } = context;
    // What a memory adds is of other rotations: nothing is known to be mixed.
    const inner = nested.plan(spec.inner, { ...context, mixed: undefined, path: [...path, 'inner'] });
    // Of an error that waits 1/delta rounds a memory makes 1/delta times as much.
    const gain = filterGainOf(inner);
    const name = path.join('.');
    return {
      ...around(inner, context),
      // What is exact leaves nothing to remember.
      contractionKind:
        inner.contraction === 1 ? inner.contractionKind : weakestKind(inner.contractionKind, 'memory'),
      projects: false,
      ...(gain !== null && inner.contraction < 1 && { filterGain: gain * (inner.contraction || gain) }),
      excess: `${name}.excess`,
      wanted: `${name}.wanted`,
      said: `${name}.said`,
      fields: [
        ...inner.fields,
        agentRows(`${name}.excess`, context),
        blockRows(`${name}.wanted`, blockAgents, context),
        blockRows(`${name}.said`, blockAgents, context),
      ],
    };
  },

  bind: (plan, runtime, nested) => {
    const { kernels, arena, worker } = runtime;
    const rowBytes = rowBytesOf(plan.dim, arena.precision);
    const n = rowBytes / arena.realBytes;
    const excess = arena.address(plan.excess);
    const wanted = arena.address(plan.wanted, worker);
    const said = arena.address(plan.said, worker);
    const bound = nested.bind(plan.inner, runtime);

    return wrap(bound, {
      encode(first, count, round, errors, errorStride, slots, lengths) {
        const own = excess + first * rowBytes;
        for (let r = 0; r < count; r++) {
          const offset = r * rowBytes;
          kernels.subtract(1, rowBytes, n, errors + r * errorStride, own + offset, wanted + offset);
        }
        bound.encode(first, count, round, wanted, rowBytes, slots, lengths);
        bound.decode(first, count, round, slots, said, rowBytes);
        kernels.subtract(count, rowBytes, n, said, wanted, own);
      },
    });
  },

  reference: (plan, seed, nested) => {
    const inner = nested.reference(plan.inner, seed);
    const excesses = new Map<number, Float64Array>();
    return (error, round, agent) => {
      const excess = excesses.get(agent) ?? new Float64Array(error.length);
      const wanted = error.map((entry, c) => entry - excess[c]);
      const said = inner(wanted, round, agent);
      excesses.set(
        agent,
        said.map((entry, c) => entry - wanted[c]),
      );
      return said;
    };
  },
  examples: () => [{ inner: { kind: 'sign' } }],
});
