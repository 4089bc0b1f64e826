/** Non-convex costs and one bit an entry: slopes of the mean squared gradient against the horizon. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { philoxUniform } from '../../dist/kernels/reference/philox.js';
import { run } from '../../dist/src/index.js';
import { drawBeside, logRange } from '../frame/figure.mjs';
import { seedsTo } from '../frame/runs.mjs';
import { all, atLeast, within } from '../frame/verdict.mjs';

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const read = (name) => parse(readFileSync(beside(name), 'utf8'));
const compressed = read('compressed.yaml');
const firstRound = read('first-round.yaml');
const polyak = read('polyak.yaml');
const {
  topology: { nodes },
} = compressed;
const DIM = 4;
const POLYAK_DIM = 12;

/** The horizon whose gains stand in the configs; others have c T^-exponent through them. */
const OF_CONFIGS = compressed.rounds;
const scaled = (value, exponent, horizon) => value * (horizon / OF_CONFIGS) ** -exponent;

const HALF = 1 / 2;
const TWO_THIRDS = 2 / 3;
const CASES = [
  {
    name: 'one bit from the first round on',
    slope: -HALF,
    config(horizon) {
      const { flow, compressor } = compressed;
      return { ...compressed, flow: { ...flow, step: scaled(flow.step, HALF, horizon) }, compressor };
    },
  },
  {
    name: 'first round uncompressed',
    slope: -TWO_THIRDS,
    config: (horizon) => shrinking(horizon, true),
  },
  {
    name: 'the same gains, first round compressed',
    slope: null,
    config: (horizon) => shrinking(horizon, false),
  },
];

function shrinking(horizon, uncompressed) {
  const { flow, compressor } = firstRound;
  const [identity, bit] = compressor.inner;
  const step = scaled(flow.step, 1 / 3, horizon);
  const range = scaled(flow.range, 1 / 3, horizon);
  return {
    ...firstRound,
    flow: { ...flow, step, range },
    compressor: uncompressed ? { ...compressor, until: [1 / horizon], inner: [identity, bit] } : bit,
  };
}

/** x(0): uniform in (-1, 1), other numbers for every agent and seed. */
function start(seed, dim) {
  const out = new Float64Array(nodes * dim);
  for (let i = 0; i < nodes; i++) out.set(philoxUniform(dim, i, 0, 40, [seed, 0]), i * dim);
  return out;
}

async function traceOf(config, dim, seed, rounds = config.rounds) {
  const { data } = config.cost;
  const placed = typeof data === 'string' ? beside(data) : { x: beside(data.x), y: beside(data.y) };
  const { rows, summary } = await run(
    { ...config, cost: { ...config.cost, data: placed }, init: start(seed, dim), rounds, seed },
    { workers: 1, keepX: false },
  );
  if (summary.status === 'diverged') throw new Error(`diverged: ${JSON.stringify(config.flow)}`);
  return rows;
}

/** Means over the rounds, by the trapezium rule over rows of the trace, the last one left out where it is nearer. */
function meanOf(rows, of) {
  let [sum, width] = [0, 0];
  for (let k = 1; k < rows.length; k++) {
    const apart = rows[k].round - rows[k - 1].round;
    sum += (apart * (of(rows[k]) + of(rows[k - 1]))) / 2;
    width += apart;
  }
  return sum / width;
}

/** Of log y against log x. */
const slopeOf = (x, y) => lineOf(x.map(Math.log), y.map(Math.log));

/** The slope of y against x, by least squares. */
function lineOf(u, v) {
  const mean = (list) => list.reduce((sum, entry) => sum + entry, 0) / list.length;
  const [middle, level] = [mean(u), mean(v)];
  const up = u.reduce((sum, entry, k) => sum + (entry - middle) * (v[k] - level), 0);
  return up / u.reduce((sum, entry) => sum + (entry - middle) ** 2, 0);
}

/** How well a line of y against x says y: 1 is all of it. */
function explained(x, y) {
  const mean = (list) => list.reduce((sum, entry) => sum + entry, 0) / list.length;
  const [middle, level] = [mean(x), mean(y)];
  const along = (u, v) => u.reduce((sum, entry, k) => sum + entry * v[k], 0);
  const [dx, dy] = [x.map((entry) => entry - middle), y.map((entry) => entry - level)];
  return along(dx, dy) ** 2 / (along(dx, dx) * along(dy, dy));
}

const source = 'Wang, Liwang, Hong, Johansson, Yi 2026 (arXiv 2604.10615)';
const NEAR = 0.05;
const OWN =
  'The recursion is ours (scaled-primal-dual): of the paper we know the abstract. So are the problem and the gains.';
const sloped = (numbers, name) => numbers.cases.find((each) => each.name === name);
const MEASURED =
  'the mean over the rounds of g^2, g the mean over the agents of |grad f(x_i)|, in a run whose gains are made for its horizon T; slope of its log against log T, by least squares, for each seed';

export default {
  order: 7,
  title: 'Non-convex costs with one bit an entry',
  about: [
    'A message is the sign of every entry of what an agent has to say, in units of a range that all know: one bit an entry, and no scale. Its error does not shrink with what is said, and it must not be asked for more than the range.',
    'The paper bounds the mean squared gradient over T rounds: order T^-1/2, and T^-2/3 where the first round goes uncompressed. Here is why, for our recursion. The mean of the agents descends undisturbed, so the mean squared gradient is (f(x(0)) - f(x(T))) / (h T) and what disagreement adds, which is of the order of the square of the disagreement D. The compressors promise something within the range alone. Compressed from the start it is therefore made to cover x(0), and does not go down with T. Fair bits are noise of that size, damped by the step: D^2 is of the order of h, and with h of the order T^-1/2 both parts go with T^-1/2. With such a range no other power of T does better. If all know x(0), the range has to cover what x moves in a round alone, of the order of h. Plain signs leave an error of the range itself for ever, D^2 of the order of h^2, and with h of the order T^-1/3 both parts go with T^-2/3. Again no other power does better.',
    'So every run has gains made for its horizon, as in the theorems, and what is drawn is the mean over its rounds. The least gradient of a run falls faster. With the gains of the second case and a compressed first round the mean falls about as fast here: estimates catch up with x(0) in about 1/range rounds, and that costs no more than the rest. The paper has no bound for that.',
    'The cost is logistic regression with a penalty that is not convex; for the third claim least squares with a hump, with fewer rows than unknowns: neither convex nor strongly convex, and of Polyak and Lojasiewicz.',
  ],
  configs: ['compressed.yaml', 'first-round.yaml', 'polyak.yaml'],
  sizes: {
    full: { horizons: [512, 1024, 2048, 4096, 8192, 16384], seeds: 3 },
    small: { horizons: [512, 2048, 8192], seeds: 1 },
  },

  async measure({ horizons, seeds }) {
    const cases = [];
    for (const { name, slope, config } of CASES) {
      const found = { name, slope, horizons, mean: [], apart: [], least: [] };
      for (const seed of seedsTo(seeds)) {
        const [mean, apart, least] = [[], [], []];
        for (const horizon of horizons) {
          const rows = await traceOf({ ...config(horizon), rounds: horizon }, DIM, seed);
          mean.push(meanOf(rows, ({ gradientNorm }) => gradientNorm ** 2));
          apart.push(meanOf(rows, ({ consensusError }) => consensusError ** 2));
          least.push(Math.min(...rows.map(({ gradientNorm }) => gradientNorm ** 2)));
        }
        found.mean.push(mean);
        found.apart.push(apart);
        found.least.push(least);
      }
      cases.push(found);
    }
    const linear = { decay: polyak.flow.decay, rounds: [], curve: [], rate: [], explained: [], last: [] };
    for (const seed of seedsTo(seeds)) {
      const rows = await traceOf(polyak, POLYAK_DIM, seed);
      const late = rows.filter(({ round }) => round >= polyak.rounds / 6);
      const [x, y] = [
        late.map(({ round }) => round),
        late.map(({ gradientNorm }) => 2 * Math.log(gradientNorm)),
      ];
      linear.rate.push(-lineOf(x, y));
      linear.explained.push(explained(x, y));
      linear.last.push(rows.at(-1).gradientNorm ** 2);
      if (seed > 1) continue;
      const kept = rows.filter((_, at) => at % 24 === 0);
      linear.rounds = kept.map(({ round }) => round);
      linear.curve = kept.map(({ gradientNorm }) => gradientNorm ** 2);
    }
    return { cases, linear };
  },

  claims: [
    {
      id: 'compressed',
      claim: 'with one bit an entry from the first round on, the mean squared gradient falls as T^-1/2',
      source,
      how: `Gains c T^-1/2 (step) with a fixed range that covers x(0): ${MEASURED}. Within ${NEAR} of -1/2.`,
      judge: (numbers) => slopeVerdict(sloped(numbers, CASES[0].name), -HALF),
      deviations: [
        OWN,
        'The bits are dithered, hence fair: with plain signs a fixed range would leave a bias for ever.',
        'The paper has an upper bound; here the power itself is measured.',
      ],
    },
    {
      id: 'first-round',
      claim: 'one uncompressed first round makes it T^-2/3',
      source,
      how: `Step and range go with T^-1/3, plain signs: ${MEASURED}. Within ${NEAR} of -2/3.`,
      judge: (numbers) => slopeVerdict(sloped(numbers, CASES[1].name), -TWO_THIRDS),
      deviations: [
        OWN,
        'The paper has an upper bound; here the power itself is measured.',
        'What the first round changes is what gains are allowed: with the same gains and a compressed first round the mean falls about as fast here.',
      ],
    },
    {
      id: 'disagreement',
      claim: 'and what the bits leave of disagreement goes with the same powers: the gains are balanced',
      source: 'follows from the above, by our argument',
      how: `Mean over the rounds of the squared disagreement, slopes as above. Within ${2 * NEAR} of -1/2 and of -2/3.`,
      judge: (numbers) =>
        all(
          ...CASES.slice(0, 2).map(({ name, slope }) =>
            slopeVerdict(sloped(numbers, name), slope, 'apart', 2 * NEAR),
          ),
        ),
      deviations: ['The argument is ours.'],
    },
    {
      id: 'polyak',
      claim: 'under the Polyak-Lojasiewicz inequality the rate is linear',
      source,
      how: 'One bit an entry from the start, range_k = range decay^k: log of the squared gradient against rounds, from a sixth of the run on, is a line that explains 99% of it, and its slope is 2 log decay within 5%.',
      judge: ({ linear: { decay, rate, explained: share } }) =>
        all(
          atLeast(share, 0.99, 'share that a line explains'),
          within(
            rate.map((each) => each / (-2 * Math.log(decay))),
            0.95,
            1.05,
            'rate over that of the range squared',
          ),
        ),
      deviations: [OWN, 'That the range sets the rate is ours: it holds where the costs allow a faster one.'],
    },
  ],

  caption:
    'Left: mean over T rounds of the squared gradient at what agents hold, against the horizon T that a run and its gains are made for, with the range of the seeds; lines of slope -1/2 and -2/3. Right: squared gradient against rounds for the cost of Polyak and Lojasiewicz, beside the square of the range, which goes down by a thousandth a round.',

  async figure({ cases, linear }) {
    const curves = cases.flatMap(({ name, slope, horizons, mean }) => [
      {
        label: name,
        x: horizons,
        y: middles(mean),
        low: horizons.map((_, at) => Math.min(...mean.map((of) => of[at]))),
        high: horizons.map((_, at) => Math.max(...mean.map((of) => of[at]))),
      },
      ...(slope === null
        ? []
        : [
            {
              label: `slope ${slope === -HALF ? '-1/2' : '-2/3'}`,
              thin: true,
              ...reference(horizons, mean, slope),
            },
          ]),
    ]);
    const horizons = cases[0].horizons;
    const range = linear.curve.map((_, at) => linear.curve[0] * linear.decay ** (2 * linear.rounds[at]));
    return drawBeside(this.caption, [
      {
        x: { title: 'horizon T', scale: 'log', ...logRange(horizons) },
        y: {
          title: 'mean squared gradient',
          scale: 'log',
          ...logRange(
            curves.flatMap(({ y }) => y),
            0.1,
          ),
        },
        height: 250,
        panels: [{ curves }],
      },
      {
        x: { title: 'rounds', low: 0, high: linear.rounds.at(-1) },
        y: { title: 'squared gradient', scale: 'log', ...logRange([...linear.curve, ...range]) },
        height: 250,
        panels: [
          {
            curves: [
              { label: 'Polyak-Lojasiewicz', x: linear.rounds, y: linear.curve },
              { label: 'the range, squared', x: linear.rounds, y: range, thin: true },
            ],
          },
        ],
      },
    ]);
  },
};

function slopeVerdict({ horizons, ...numbers }, slope, of = 'mean', near = NEAR) {
  const slopes = numbers[of].map((values) => slopeOf(horizons, values));
  const what = of === 'mean' ? 'slope' : 'slope of disagreement';
  return within(slopes, slope - near, slope + near, what);
}

function middles(lists) {
  return lists[0].map((_, at) => {
    const sorted = lists.map((of) => of[at]).sort((a, b) => a - b);
    return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
  });
}

/** A line of the slope, a little above the middles. */
function reference(horizons, mean, slope) {
  const [first] = middles(mean);
  const ends = [horizons[0], horizons.at(-1)];
  return { x: ends, y: ends.map((horizon) => 1.15 * first * (horizon / horizons[0]) ** slope) };
}
