/**
 * Decentralised gradient descent, with W = I - tau L (see `mixing.ts`):
 *
 *     dgd         x^{k+1} = W x^k - h_k grad f(x^k)       (combine and step at once: Nedic, Ozdaglar 2009)
 *     diffusion   x^{k+1} = W (x^k - h_k grad f(x^k))         (step, then combine: Chen, Sayed 2012)
 *
 * h_k = h / (k + 1)^decay. With a constant step (decay 0) it stalls at a bias of order h: what dgd minimises
 * is sum_i f_i(x_i) + (1/2h) <x, (I - W) x>, so its limit depends on h and is no consensus. With a step that
 * diminishes (decay in (0, 1]) it is exact, and slow.
 *
 * localSteps T > 1: grad f(x^k) is replaced by the sum of the gradients along T gradient steps, each with a
 * mini-batch of its own. With `diffusion` this is decentralised local SGD (Koloskova, Loizou, Boreiri, Jaggi,
 * Stich 2020), which adds a bias of its own where the costs differ; with `dgd`, our own reading: the
 * correction -tau L x^k of the neighbours is that of the round's beginning.
 *
 * Needs: connected undirected graph; h < (1 + lambda_min(W))/l for dgd (Yuan, Ling, Yin 2016), h < 2/l for
 * diffusion. One message a round: x, or what is combined. Floats an agent: dim (x).
 */

import { batchParameter } from '../cost/batch.js';
import { bindEquations, equationFields } from './bind-equations.js';
import { checkDraws, localStepsParameter, stepParameter } from './blocks.js';
import { bindRows, type Equations, next, type Row } from './equations.js';
import { SAFETY, tuningParameter } from './gains.js';
import { mixingParameter, mixingSlack, planMixedStep, planMixing } from './mixing.js';
import { defineFlow, type GainContext } from './types.js';

const VARIANTS = ['dgd', 'diffusion'] as const;

function largestStep(diffusion: boolean, localSteps: number, tau: number, gains: GainContext): number {
  return (diffusion ? 2 : mixingSlack(tau, gains)) / (gains.l * localSteps);
}

export const dgd = defineFlow({
  kind: 'dgd',
  metadata: {
    title: 'Decentralised gradient descent',
    summary: 'gradient step and average with the neighbours; stalls at a bias unless the step diminishes',
    source:
      'Nedic, Ozdaglar 2009 (IEEE TAC 54); diffusion: Chen, Sayed 2012; localSteps: Koloskova et al. 2020',
  },
  problem: 'cost',
  changingLinks: true,
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('dgd'),
      variant: z
        .enum(VARIANTS)
        .default('dgd')
        .describe('dgd: W x - h grad f(x); diffusion: W (x - h grad f(x))'),
      step: stepParameter(z, 'half of the largest stable one'),
      decay: z
        .number()
        .min(0)
        .max(1)
        .default(0)
        .describe('the step of round k is h / (k + 1)^decay; 0 is a constant step'),
      mixing: mixingParameter(z),
      localSteps: localStepsParameter(z),
      batch: batchParameter(z),
      tuning: tuningParameter(z),
    }),

  messages: ({ variant }) => ({
    channels: 1,
    compressed: false,
    ...(variant === 'dgd' && { states: ['x'] }),
  }),

  fields: ({ localSteps }, context) => {
    checkDraws(localSteps, 'localSteps', context);
    return equationFields({ state: ['x'], scratch: ['mixed', 'gradient', 'local'] }, context);
  },

  plan: ({ kind, variant, decay, localSteps, ...given }, context) => {
    const diffusion = variant === 'diffusion';
    const mixing = planMixing(given.mixing, context);
    const step = planMixedStep(
      given.step,
      mixing,
      context,
      (gains) => SAFETY * largestStep(diffusion, localSteps, mixing, gains),
    );
    return {
      kind,
      gains: { step, decay, mixing, localSteps },
      diffusion,
    };
  },

  biased: ({ decay }) => decay === 0,

  search: { directions: [{ step: 1 }, { mixing: 1 }, { step: 1, mixing: 1 }], largest: {}, biased: true },

  largestStep: ({ diffusion, gains: { localSteps, mixing } }, gains) =>
    largestStep(diffusion, localSteps, mixing, gains),

  // Errors are those from its limit, which is the optimum where the step diminishes alone.
  linearRound: ({ diffusion, gains: { step, decay, mixing, localSteps } }) =>
    decay > 0
      ? null
      : {
          rows: 1,
          balanced: [],
          next([x], { gradient, laplacian, sum }) {
            let local = x;
            for (let t = 0; t < localSteps; t++) local = sum([1, local], [-step, gradient(local)]);
            return [sum([1, local], [-mixing, laplacian(diffusion ? local : x)])];
          },
        },

  // In diffusion the gradient step is averaged too, and shrinks what averaging leaves.
  averaging: ({ diffusion }) => (diffusion ? [] : ['mixing']),

  bind: ({ diffusion, gains }, [channel], cost, runtime) => {
    const { step, decay, mixing: tau, localSteps } = gains;
    const rows = bindRows(runtime);
    const x = rows.state('x');
    const mixed = rows.scratch('mixed');
    const gradient = rows.scratch('gradient');
    const local = rows.scratch('local');
    const minusH = decay === 0 ? -step : (round: number) => -(step / (round + 1) ** decay);

    if (diffusion) {
      const sendStepped = (r: Equations, from: Row) => {
        const stepped = r.message(channel, local);
        r.descend(from, stepped, minusH, gradient, localSteps, r.sends);
        r.send(channel, stepped);
      };
      return bindEquations(
        {
          begin: (r) => sendStepped(r, x),
          round(r) {
            r.hear(channel, mixed);
            r.sum(next(x), [1, r.own(channel, local)], [-tau, mixed]);
            sendStepped(r, next(x));
          },
        },
        cost,
        runtime,
      );
    }

    return bindEquations(
      {
        begin: (r) => r.send(channel, x),
        round(r) {
          r.hear(channel, mixed);
          r.descend(x, local, minusH, gradient, localSteps);
          r.sum(next(x), [1, local], [-tau, mixed]);
          r.send(channel, next(x));
        },
      },
      cost,
      runtime,
    );
  },
});
