/** How fast is the primal-dual flow, over how much of an error one message keeps? */

import { planCompressor } from '../../dist/src/compress/registry.js';
import { parseConfig } from '../../dist/src/index.js';
import { seedWords } from '../../dist/src/runtime.js';
import { drawBeside, logRange } from '../frame/figure.mjs';
import { lineThrough, median } from '../frame/numbers.mjs';
import { readConfig, runs, seedsTo } from '../frame/runs.mjs';
import { all, atLeast, within } from '../frame/verdict.mjs';

const config = new URL('problem.yaml', import.meta.url).pathname;

/** Families of compressors, each with one number that says how much is sent. */
const FAMILIES = {
  'top-k': (k) => ({ kind: 'top-k', k }),
  'rand-k': (k) => ({ kind: 'rand-k', k }),
  'entries in turn': (scalars) => ({ kind: 'scalarize-cyclic', scalars }),
};
const OTHERS = {
  none: { kind: 'identity' },
  signs: { kind: 'sign' },
  'rotated signs': { kind: 'flatten', inner: { kind: 'sign' } },
};
const GAINS = {
  formula: { kind: 'primal-dual', compress: 'error-state', tuning: 'formula' },
  searched: { kind: 'primal-dual', compress: 'error-state' },
};

/** A slope of 1 is a rate in proportion to delta. */
const [LEAST, MOST] = [0.8, 1.2];

const source =
  "Ren, Wang, Yuan, Su, Shi 2024 (arXiv 2408.02332), abstract: a compressor is characterised by the stability of e' = -C(e, t)";
const PROPORTION =
  'The proportion itself is that of proofs for contractive compressors: Koloskova, Stich, Jaggi 2019 (arXiv 1902.00340).';

export default {
  order: 2,
  title: 'The linear rate over the contraction of the compressor',
  about: [
    "The papers describe a compressor by the stability of e' = -C(e, t): how fast an error shrinks that is sent again and again. One number of it is the contraction delta, E|e - C(e)|^2 <= (1 - delta) |e|^2. Here is the linear rate of the primal-dual flow over delta, for three families of compressors, with gains by the formula, which knows delta, and with gains that are searched by trial runs.",
    'The graph (a ring of 12), costs (drawn quadratics, dimension 16, curvatures 1 to 4), the formula and the search are our own.',
  ],
  configs: ['problem.yaml'],
  sizes: {
    full: { sizes: [1, 2, 4, 8], seeds: 5 },
    small: { sizes: [2, 4, 8], seeds: 1 },
  },

  async measure({ sizes, seeds }) {
    const compressors = [
      ...Object.entries(FAMILIES).flatMap(([family, make]) =>
        sizes.map((size) => ({ family, size, spec: make(size) })),
      ),
      ...Object.entries(OTHERS).map(([family, spec]) => ({ family, size: null, spec })),
    ];
    const measured = [];
    for (const { family, size, spec } of compressors) {
      measured.push({ family, size, delta: await promised(spec), rates: {} });
    }
    for (const [gains, flow] of Object.entries(GAINS)) {
      const list = await runs(config, {
        grid: { flow: [flow], compressor: compressors.map(({ spec }) => spec) },
        seeds: seedsTo(seeds),
      });
      measured.forEach((each, c) => {
        each.rates[gains] = list
          .slice(c * seeds, (c + 1) * seeds)
          .map(({ reached, rate }) => (reached && rate !== null ? -Math.log(rate) : null));
      });
    }
    return measured;
  },

  claims: [
    {
      id: 'linear',
      claim: 'Every compressor with a contraction above 0 gives linear convergence',
      source,
      how: 'The rms error arrives at 1e-7 and stays, at a rate above 0. Each of the compressors, gains by formula and searched, each seed.',
      judge: (numbers) =>
        atLeast(
          numbers.flatMap(({ delta, rates }) =>
            Object.values(rates).flatMap((of) => of.map((rate) => (delta > 0 ? rate : null))),
          ),
          Number.EPSILON,
          '-ln of the factor a round',
        ),
      deviations: [
        'What holds for one ring and drawn quadratics is no proof.',
        'The rate is that of the end of a run, and any that arrives has one. That decades take equal times is measured in exponential, for other compressors.',
      ],
    },
    {
      id: 'proportional',
      claim: 'With gains by formula the rate is in proportion to the contraction',
      source: `ours, on arXiv 2408.02332. ${PROPORTION}`,
      how: `Slope of log rate over log delta within each family: ${LEAST} to ${MOST}. Each family, each seed.`,
      judge: (numbers) =>
        all(
          ...Object.keys(FAMILIES).map((family) =>
            within(slopesOf(numbers, family, 'formula'), LEAST, MOST, `slope, ${family}`),
          ),
        ),
      deviations: [
        'The formula puts delta into the gains, so this is as much about the formula as about the flow.',
        'delta is what the plan of the compressor promises: of top-k in the worst case, of rand-k in the mean, of entries in turn over a sweep.',
      ],
    },
    {
      id: 'searched',
      claim:
        'Searched gains are never slower, and most of all where a compressor keeps more than it promises',
      source: 'ours; no paper claims it',
      how: 'Rate with searched gains over that by formula: at least 1 for each compressor and seed; for top-k at least 2, which keeps k/d only of vectors of equal entries.',
      judge: (numbers) =>
        all(
          atLeast(
            numbers.flatMap((each) => gainsOf(each)),
            1,
            'searched to formula',
          ),
          atLeast(
            numbers.filter(({ family }) => family === 'top-k').flatMap((each) => gainsOf(each)),
            2,
            'of top-k',
          ),
        ),
      deviations: [
        'A search by trial runs judges rounds to the target and not the rate; where both differ, a rate may be lower and a run shorter.',
      ],
    },
  ],

  caption:
    'Linear rate of the rms error, -ln of its factor a round, over the contraction delta of the compressor: gains by formula (left) and searched (right). Medians of the seeds; bands reach from the least to the largest.',

  figure(numbers) {
    const curvesOf = (gains) =>
      [...new Set(numbers.map(({ family }) => family))].map((family) => {
        const of = numbers.filter((each) => each.family === family);
        // What has no family is a short line about its place.
        const [first] = of;
        const places =
          of.length > 1 ? of : [0.95, 1, 1.05].map((by) => ({ ...first, delta: by * first.delta }));
        const rates = places.map((each) => each.rates[gains]);
        return {
          label: family,
          x: places.map(({ delta }) => delta),
          y: rates.map(median),
          low: rates.map((all) => Math.min(...all)),
          high: rates.map((all) => Math.max(...all)),
        };
      });
    const everything = Object.keys(GAINS).flatMap((gains) => curvesOf(gains));
    const y = logRange(everything.flatMap(({ low, high }) => [...low, ...high]));
    return drawBeside(
      this.caption,
      Object.keys(GAINS).map((gains) => ({
        x: {
          title: 'contraction δ',
          scale: 'log2',
          ...logRange(numbers.map(({ delta }) => delta)),
          labels: 'si',
        },
        y: { title: 'rate a round', scale: 'log', ...y },
        panels: [{ title: `gains: ${gains}`, curves: curvesOf(gains) }],
        height: 230,
      })),
    );
  },
};

/** The contraction that the compressor's plan promises, for vectors of the problem's dimension. */
async function promised(compressor) {
  const { config: parsed } = await parseConfig({ ...readConfig(config), compressor });
  const { contraction } = planCompressor(parsed.compressor, {
    ...{ agents: 1, blockAgents: 1, dim: parsed.cost.dim, rounds: parsed.rounds },
    ...{ seed: seedWords(parsed.seed), path: ['compressor'] },
  });
  return contraction;
}

/** Of each seed the slope of log rate over log delta. */
function slopesOf(numbers, family, gains) {
  const of = numbers.filter((each) => each.family === family);
  return (of[0]?.rates[gains] ?? []).map((_, seed) => {
    const rates = of.map((each) => each.rates[gains][seed]);
    if (rates.includes(null)) return null;
    return (
      lineThrough(
        of.map(({ delta }) => Math.log(delta)),
        rates.map(Math.log),
      )?.slope ?? null
    );
  });
}

function gainsOf({ rates: { formula, searched } }) {
  return searched.map((rate, i) => (rate === null || formula[i] === null ? null : rate / formula[i]));
}
