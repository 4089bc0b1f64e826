/**
 * A user's own cost: f_i(x) and its gradient, functions in a module that the config names. Dimension, m and l
 * are what the module's `plan` says.
 *
 *     f_i(x) = value(x, i) + (n/N) sum_{samples r of agent i} sampleValue(x, i, r)
 *
 * n agents, N samples; of a module that exports only one of the two parts, the other is 0. Mini-batches of
 * its samples are those of `batch.ts`. The optimum is what the module's `optimum` says, or what a central
 * solver finds of the gradients (`lbfgs.ts`) where `plan` gives l; `custom-checks.ts` holds gradients, m and
 * l against what the functions do. The interface is documented in docs/your-own-cost.md.
 *
 * The module works on private copies, an agent at a time, and never sees the shared memory: whatever it
 * throws, returns by mistake or leaves not finite ends the run with file, function, agent, sample and round.
 * All calls of it are in `custom-module.ts`. This file is what workers see; `custom-host.ts` is imported when
 * a host loads a cost.
 *
 * Departure from the other costs: no reference implementation. The module is the mathematics.
 */

import { moduleUrl, userModule } from '../plugin/modules.js';
import { bindBatch } from './batch.js';
import type { CustomPlan } from './custom-host.js';
import { AgentCosts, copyPoint, ModuleCalls } from './custom-module.js';
import { type BoundCost, defineCost } from './types.js';

export const custom = defineCost({
  kind: 'custom',
  metadata: {
    title: "A user's own cost",
    summary: 'calls value and gradient of your module; parameters beside it are handed to it',
    source: 'docs/your-own-cost.md',
  },
  sampled: true,
  parameters: (z) =>
    z.looseObject({
      kind: z.literal('custom'),
      module: z.string().min(1).describe('your .mjs or .ts file, relative to the config'),
    }),

  async load({ kind, module, ...parameters }, context) {
    const { loadCustom } = await import('./custom-host.js');
    return loadCustom(kind, { url: moduleUrl(module), parameters }, context);
  },

  bind(plan: CustomPlan, runtime) {
    const { dim, batch, own, scale } = plan;
    const { arena, rowBytes } = runtime;
    const calls = new ModuleCalls(plan, userModule(plan.module));
    const costs = new AgentCosts(calls, scale);
    const drawn = bindBatch(batch, runtime);
    const memory = new Float64Array(arena.memory.buffer);
    const reals = arena.allReals;
    const { realBytes } = arena;
    // By shifts: a quotient of numbers that are not known beforehand may be allocated.
    const shift = realBytes === 8 ? 3 : 2;
    const picked = new Uint32Array(arena.memory.buffer);
    const samples = calls.sampled ? arena.view('cost.samples', 'u32') : new Uint32Array(plan.agents + 1);
    const rowEntries = rowBytes / realBytes;
    const x = new Float64Array(dim);
    const gradient = new Float64Array(dim);

    const write = (row: number): void => {
      reals.set(gradient, row);
      // Padding stays zero, whatever the row held before.
      reals.fill(0, row + dim, row + rowEntries);
    };
    /** The gradient of one agent into a row; `exact`: of all samples, weighed as in f_i. */
    const one = (agent: number, point: number, row: number, exact: boolean): void => {
      // A run that diverges is not the module's doing, so it is not asked.
      if (!copyPoint(reals, point, x)) {
        gradient.fill(Number.NaN);
        write(row);
        return;
      }
      const from = samples[agent]!;
      const held = samples[agent + 1]! - from;
      const picks = exact || drawn === null ? 0 : drawn.draw(agent);
      const chosen = picks === 0 ? null : picked;
      costs.gradient(x, gradient, agent, held, own && !exact, chosen, picks >>> 2, batch, from);
      write(row);
    };
    const rows =
      (exact: boolean): BoundCost['gradient'] =>
      (first, count, points, out) => {
        for (let r = 0; r < count; r++) {
          one(first + r, (points >>> shift) + r * rowEntries, (out >>> shift) + r * rowEntries, exact);
        }
      };
    return {
      beginRound(round, draw = round) {
        calls.context.round = round;
        drawn?.beginDraw(draw);
      },
      gradient: rows(false),
      ...((drawn !== null || own) && { exactGradient: rows(true) }),
      values(first, count, point, out) {
        for (let agent = first; agent < first + count; agent++) {
          const reasonable = copyPoint(memory, point / 8, x);
          const held = samples[agent + 1]! - samples[agent]!;
          memory[out / 8 + agent] = reasonable ? costs.value(x, agent, held) : Number.NaN;
        }
      },
    };
  },
});
