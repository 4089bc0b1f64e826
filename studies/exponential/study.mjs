/** Do both flows converge exponentially with a scalarizer, a sparsifier and quantisers, and does Euler keep it? */

import { drawCurves } from '../frame/figure.mjs';
import { lineThrough } from '../frame/numbers.mjs';
import { runs, seedsTo } from '../frame/runs.mjs';
import { atMost } from '../frame/verdict.mjs';

const FLOWS = ['consensus', 'primal-dual'];
const MODES = ['error-state', 'observer'];
/** Of a filter gain mu = h GAIN, so that s' = GAIN C(x - s) whatever the step h is. */
const GAIN = 5;
/** A quantiser's cells shrink by e^(-ZOOM) in a unit of time. */
const ZOOM = 0.2;
const HORIZON = 400;
/** Units of time between two rows. */
const EVERY = 0.4;
const CLASSES = {
  'scalarizer, one entry in turn': () => ({ kind: 'scalarize-cyclic' }),
  'sparsifier, top 2 of 8': () => ({ kind: 'top-k', k: 2 }),
  'quantiser, zooming': (step) => ({ kind: 'uniform-quantize', step: 1, rate: Math.exp(-ZOOM * step) }),
  'signs and their mean': () => ({ kind: 'sign' }),
};
/** Errors are followed down to this share of the first. */
const FLOOR = 1e-7;
/**
 * How many times as long the second half of the decades may take as the first. An exponential takes as long;
 * an error that falls as 1/t takes a thousand times as long.
 */
const LONGER = 2;

const SOURCE = {
  consensus: 'Ren, L. Wang, Yi, X. Wang, Yuan, T. Yang, Wu, Shi 2025 (arXiv 2409.00002, version 4), abstract',
  'primal-dual':
    'Ren, Wang, Yuan, Su, Shi 2024 (arXiv 2408.02332) for error states, and arXiv 2409.00002 for the observer; abstracts',
};

export default {
  order: 1,
  title: 'Both flows converge exponentially with every class of compressors',
  about: [
    'The papers put a compressor C(e, t) between the nodes of two flows: consensus, and the primal-dual flow for strongly convex costs. They claim exponential convergence in continuous time, and that an Euler discretisation keeps it.',
    `The continuous flow is looked at by steps h that are halved: rounds are counted in units of time, k h, and what belongs to time is scaled with h (the filter gain is mu = ${GAIN} h, a quantiser zooms by e^(-${ZOOM} h) a round). A scalarizer takes the next entry in the next round, so its sweeps become shorter with h.`,
    'Graphs (ten agents, drawn with mean degree 4), costs (drawn quadratics with curvatures 1 to 4, dimension 8) and gains are our own. A seed draws graph, costs and values.',
  ],
  configs: ['consensus.yaml', 'primal-dual.yaml'],
  sizes: {
    full: { steps: [0.04, 0.02, 0.01], seeds: 5 },
    small: { steps: [0.08], seeds: 1 },
  },

  async measure({ steps, seeds }) {
    const measured = [];
    for (const flow of FLOWS)
      for (const step of steps) {
        const list = await runs(new URL(`${flow}.yaml`, import.meta.url).pathname, {
          grid: {
            'flow.step': [step],
            'flow.mu': [GAIN * step],
            'trace.every': [Math.round(EVERY / step)],
            'flow.compress': MODES,
            compressor: Object.values(CLASSES).map((make) => make(step)),
          },
          seeds: seedsTo(seeds),
          rounds: Math.round(HORIZON / step),
        });
        list.forEach((run, i) => {
          const name = Object.keys(CLASSES)[Math.floor(i / seeds) % Object.keys(CLASSES).length];
          const curve = curveOf(run.trace, step);
          const line = lineThrough(curve.times, curve.logs);
          measured.push({
            ...{ flow, mode: run.values['flow.compress'], class: name, step, seed: run.seed },
            longer: longerOf(run.trace),
            rate: line === null ? null : -line.slope,
            r2: line?.r2 ?? null,
            curve: run.seed === 1 && (step === steps[0] || step === steps.at(-1)) ? thinned(curve) : null,
          });
        });
      }
    return { steps, measured };
  },

  claims: [
    ...FLOWS.flatMap((flow) =>
      MODES.map((mode) => ({
        id: `${flow}-${mode}`,
        claim: `The ${flow} flow with ${mode} compression converges exponentially with scalarizers, sparsifiers and quantisers`,
        source: SOURCE[flow],
        how: `The error falls to ${FLOOR} of the first, and the second half of these decades takes at most ${LONGER} times as long as the first half. Smallest step, each of four compressors, each seed.`,
        judge: ({ steps, measured }) =>
          exponential(
            measured.filter(
              (each) => each.flow === flow && each.mode === mode && each.step === (steps?.at(-1) ?? null),
            ),
          ),
        deviations: [
          'The continuous flow is an Euler scheme with a small step.',
          ...(flow === 'consensus'
            ? [
                'The abstract puts compressors into the consensus flow directly. Error states and an observer of that flow are ours, after the primal-dual flows of the two papers; direct compression is the subject of direct-or-observer.',
              ]
            : []),
          'Seven decades of some drawn problems show an exponential on this stretch; they are no proof.',
        ],
      })),
    ),
    {
      id: 'euler',
      claim: 'Euler discretisation keeps the exponential convergence of the continuous flows',
      source: SOURCE.consensus,
      how: 'The same as above, at every step that was tried: both flows and modes, each compressor, each seed.',
      judge: ({ measured }) => exponential(measured),
      deviations: [
        'Rates a unit of time need not be equal: a quantiser whose estimate moves in smaller steps meets other cells. They are in numbers.json.',
        'The paper bounds the step; here only steps well below any limit are taken, and the limit is the subject of direct-or-observer.',
      ],
    },
  ],

  caption:
    'The rms error of the agents against time (rounds times step), one seed: with the smallest step as lines, and with the largest as fine lines of the same colour. Those of the quantiser depend most on the step: here it is faster with the smallest.',

  figure({ steps, measured }) {
    const drawn = measured.filter(({ curve }) => curve !== null);
    const end = 1.02 * Math.max(...drawn.map(({ curve }) => curve.times.at(-1)));
    return drawCurves({
      caption: this.caption,
      x: { title: 'time (rounds times step)', low: 0, high: end },
      y: { title: 'rms error, share of the first', scale: 'log', low: FLOOR / 1.5, high: 2 },
      columns: 2,
      height: 330,
      panels: FLOWS.flatMap((flow) =>
        MODES.map((mode) => ({
          title: `${flow}, ${mode}`,
          curves: drawn
            .filter((each) => each.flow === flow && each.mode === mode)
            .map(({ class: label, step, curve }) => ({
              label,
              x: curve.times,
              y: curve.shares,
              thin: step !== steps.at(-1),
            })),
        })),
      ),
    });
  },
};

/** Times and logarithms of the error, as a share of the first, down to the floor. */
function curveOf(trace, step) {
  const first = trace[0].rmsError;
  const shares = trace.map(({ rmsError }) => rmsError / first);
  const end = shares.findIndex((share) => !(share > FLOOR));
  const kept = end < 0 ? shares.length : end;
  return {
    times: trace.slice(0, kept).map(({ round }) => round * step),
    logs: shares.slice(0, kept).map(Math.log),
  };
}

/** Time for the second half of the decades down to the floor, as a multiple of that for the first; else null. */
function longerOf(trace) {
  const first = trace[0].rmsError;
  const roundOf = (share) => {
    // The last row above it: from the next one on it is below for good.
    const last = trace.findLastIndex(({ rmsError }) => !(rmsError <= share * first));
    return trace[last + 1]?.round ?? null;
  };
  const [half, whole] = [roundOf(Math.sqrt(FLOOR)), roundOf(FLOOR)];
  return whole === null || half === null ? null : (whole - half) / half;
}

function exponential(of) {
  return atMost(
    of.map(({ longer }) => longer),
    LONGER,
    'second half to first half',
  );
}

/** At most so many points of a curve are recorded. */
const POINTS = 60;

function thinned({ times, logs }) {
  const every = Math.ceil(times.length / POINTS);
  const kept = times.map((_, i) => i).filter((i) => i % every === 0 || i === times.length - 1);
  return { times: kept.map((i) => times[i]), shares: kept.map((i) => Math.exp(logs[i])) };
}
