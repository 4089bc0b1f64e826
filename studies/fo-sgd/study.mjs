/** FO-SGD's three claims: variance over the dimension, sparse gradients, both directions. */

import { drawBeside, logRange } from '../frame/figure.mjs';
import { lineThrough, median, quantile } from '../frame/numbers.mjs';
import { readConfig, runHere, seedsTo } from '../frame/runs.mjs';
import { all, atLeast, atMost, each, meanAtMost, within } from '../frame/verdict.mjs';
import { draws, makeData, rotated } from './data.mjs';

const file = (name) => new URL(name, import.meta.url).pathname;

const source = 'Stollenwerk, Jacques 2024 (arXiv 2405.11095), abstract';

/** Width of the dither, in units of the root mean square of what is sent. */
const AMPLITUDE = 2;
/** Entries of a gradient that are not 0, whatever the dimension. */
const ENTRIES = 4;
const WAYS = {
  'rotated (FO-SGD)': { flatten: true, amplitude: () => AMPLITUDE },
  'not rotated, same width': { flatten: false, amplitude: () => AMPLITUDE },
  // In units of the root mean square, the largest entry.
  'not rotated, width of the largest entry': {
    flatten: false,
    amplitude: (g) => (Math.max(...g.map(Math.abs)) * Math.sqrt(g.length)) / Math.hypot(...g),
  },
};
const [ROTATED, SAME_WIDTH, WIDE] = Object.keys(WAYS);

const DIM = 64;
const SAMPLES = 1024;
/** The final gap is the mean of so many rows, a fiftieth of the rounds apart: one row has the noise of a batch. */
const LATE_ROWS = 10;
/** Pairs of lambda and gamma are chosen by the mean of so many seeds. */
const CHOOSING = 3;
const METHODS = { 'FO-SGD': {}, 'not rotated': { flatten: false } };
/** What rotated data may be worth to a method that does not care; ten seeds of SGD differ by more. */
const NOTHING_LOST = 1.25;
/** SGD's own slope is at most -1/2 with these steps; a half of it would be no longer like it. */
const LIKE_SGD = -0.5;
const SCHEDULE = { kind: '1/sqrt(k)', initial: 0.5, after: 100 };
const SCHEDULED_LAMBDA = 0.05;
const LINKS = {
  'SGD, 64 bits both ways': { uplink: { kind: 'identity' } },
  'one bit up, 64 down': {
    uplink: { kind: 'flatten', inner: { kind: 'one-bit', lambda: SCHEDULED_LAMBDA } },
  },
  'one bit up, one down (FO-SGD)': { lambda: SCHEDULED_LAMBDA },
};
const BOTH = 'one bit up, one down (FO-SGD)';

export default {
  order: 3,
  title: 'FO-SGD: variance, sparse gradients, both directions',
  about: [
    'FO-SGD sends one bit a coordinate: the sign of a rotated gradient plus a dither. The abstract makes three claims: the rotation keeps the variance from exploding, sparse gradients are served as well as others, and both directions may be compressed, with guarantees like those of SGD.',
    'First, one message through the engine: a gradient with four entries in d coordinates, and what of it arrives. Second, training: logistic regression with features that are present with probability j^-0.8, and the same samples in rotated coordinates, in which no gradient is sparse. For SGD the two are the same problem. Third, training with steps that fall as 1/sqrt(k), with both links compressed, one, or none.',
    'Data, widths, steps and sizes are our own, in all ten seeds. Pairs of lambda and gamma are the best of a grid for each method and each of the two data sets.',
  ],
  configs: ['message.yaml', 'training.yaml'],
  sizes: {
    full: {
      dims: [16, 64, 256, 1024, 4096],
      seeds: 10,
      rounds: 1500,
      scheduled: 4800,
      lambdas: [0.02, 0.05],
      gammas: [0.2, 0.5, 1],
    },
    small: {
      dims: [64, 256, 1024],
      seeds: 5,
      rounds: 600,
      scheduled: 960,
      lambdas: [0.02],
      gammas: [1],
    },
  },

  async measure({ dims, seeds, rounds, scheduled, lambdas, gammas }) {
    const list = seedsTo(seeds);
    return {
      dims,
      seeds: list,
      messages: await messages(dims, list),
      trained: await trained(list, rounds, lambdas, gammas),
      scheduled: await overTime(list, scheduled),
    };
  },

  claims: [
    {
      id: 'variance',
      claim: 'The variance does not grow with the dimension',
      source,
      how: `Squared error of one message as a share of |g|^2, over d: the slope in log-log. Rotated, with a dither of ${AMPLITUDE} root mean squares at every d, within -0.1 to 0.1. Not rotated, with the dither as wide as the largest entry, which is what keeps bits fair: at least 0.9. Each seed.`,
      judge: ({ dims, seeds, messages: of }) =>
        all(
          within(slopes(of, dims, seeds, ROTATED, 'error'), -0.1, 0.1, 'slope, rotated'),
          atLeast(slopes(of, dims, seeds, WIDE, 'error'), 0.9, 'slope, not rotated'),
        ),
      deviations: [
        'A dither of 2 root mean squares leaves out the few rotated entries that are larger, so the message is a little biased, as the abstract says it is. A width that covers all of them would grow as the root of log d.',
        'What is measured is the whole squared error, variance and bias together.',
      ],
    },
    {
      id: 'sparse',
      claim: 'Nothing is lost on sparse gradients',
      source,
      how: `One message, same width: the share <C, g>/|g|^2 that arrives at the largest d is at least 0.9 rotated, and at most 0.5 not rotated. Training: the final gap (mean of the last fifth of the rounds) on sparse data is, in the mean of the seeds, at most ${NOTHING_LOST} times that on the same data in rotated coordinates with FO-SGD; without the rotation it is more in each seed.`,
      judge: ({ dims, seeds, messages: of, trained: runs }) => {
        const share = (way) =>
          of.filter((each) => each.way === way && each.dim === dims.at(-1)).map(({ kept }) => kept);
        const worse = (method) =>
          seeds.map((_, i) => {
            const gap = (data) => runs.find((run) => run.method === method && run.data === data)?.gaps[i];
            return ratio(gap('sparse'), gap('rotated'));
          });
        return all(
          atLeast(share(ROTATED), 0.9, 'share that arrives, rotated'),
          atMost(share(SAME_WIDTH), 0.5, 'not rotated'),
          meanAtMost(worse('FO-SGD'), NOTHING_LOST, 'gap on sparse to gap on rotated data, FO-SGD'),
          atLeast(worse('not rotated'), NOTHING_LOST, 'not rotated'),
        );
      },
      deviations: [
        `A factor of ${NOTHING_LOST} is what we call nothing. It is of the mean: in single seeds either data set may end lower, by as much as a half. The rotation of FO-SGD is a Hadamard matrix with random signs, which flattens most vectors and not all.`,
        'lambda and gamma are chosen on three of the seeds, which are among those that are judged; every method has the same grid.',
      ],
    },
    {
      id: 'both-directions',
      claim: 'Both directions can be compressed, with convergence like that of SGD',
      source,
      how: `Exactly one bit a coordinate goes up and one down. With steps that fall as 1/sqrt(k), the gap falls at least as k^${LIKE_SGD} from a sixteenth of the rounds on: slope in log-log at most ${LIKE_SGD}. Each seed.`,
      judge: ({ scheduled }) => {
        const runs = scheduled.find(({ links }) => links === BOTH)?.runs ?? [];
        return all(
          each(
            runs.map(({ up, down }) => (up === null ? null : up === 1 && down === 1)),
            'one bit a coordinate up and down',
          ),
          atMost(
            runs.map(({ slope }) => slope),
            LIKE_SGD,
            'slope',
          ),
        );
      },
      deviations: [
        'Like SGD means the order of the rate, not the constant: at the same steps SGD ends lower, by the noise of the dither; the picture has both.',
        'The costs are strongly convex, by their regulariser. The paper has convex and smooth ones, too.',
        'd is a power of two, so that nothing is padded.',
      ],
    },
  ],

  caption:
    'Above, of one message of a gradient with four entries: squared error as a share of |g|^2, and the share of the gradient that arrives, over the dimension. Below: how many times larger the final gap is on sparse samples than on the same samples in rotated coordinates, by seed; and the gap over rounds, with steps that fall as 1/sqrt(k). Lines are medians, bands reach from the first to the third quartile.',

  figure({ dims, seeds, messages: of, trained: runs, scheduled }) {
    const overDims = (what) =>
      Object.keys(WAYS).map((way) => {
        const at = dims.map((dim) =>
          of.filter((each) => each.way === way && each.dim === dim).map((each) => each[what]),
        );
        return { label: way, x: dims, ...banded(at) };
      });
    const across = { title: 'dimension d', scale: 'log2', ...logRange(dims, 0.02), labels: 'si' };
    const kept = overDims('kept');
    const errors = overDims('error');
    const worse = Object.keys(METHODS).map((method) => ({
      label: method,
      x: seeds,
      y: seeds.map((_, i) => {
        const gap = (data) => runs.find((run) => run.method === method && run.data === data).gaps[i];
        return ratio(gap('sparse'), gap('rotated'));
      }),
    }));
    const overRounds = scheduled.map(({ links, runs: all }) => {
      const rounds = all[0].rounds.slice(1);
      return {
        label: links,
        x: rounds,
        ...banded(rounds.map((_, i) => all.map(({ gaps }) => gaps[i + 1]))),
      };
    });
    const values = (curves) => curves.flatMap(({ y, low = [], high = [] }) => [...y, ...low, ...high]);
    return drawBeside(this.caption, [
      {
        x: across,
        y: { title: 'squared error / |g|²', scale: 'log', ...logRange(values(errors)) },
        panels: [{ curves: errors }],
        height: 190,
      },
      {
        x: across,
        y: { title: 'share of g that arrives', low: 0, high: 1.05 * Math.max(...values(kept)) },
        panels: [{ curves: kept }],
        height: 190,
      },
      {
        x: { title: 'seed', low: 0.5, high: seeds.length + 0.5 },
        y: { title: 'gap: sparse / rotated', low: 0, high: 1.1 * Math.max(...values(worse)) },
        panels: [{ curves: worse, levels: [{ value: 1, style: null }] }],
        height: 190,
      },
      {
        x: { title: 'rounds', scale: 'log', ...logRange(overRounds[0].x, 0.02), labels: 'si' },
        y: { title: 'gap', scale: 'log', ...logRange(values(overRounds)) },
        panels: [{ curves: overRounds }],
        height: 190,
      },
    ]);
  },
};

/** Median and quartiles at each place. */
function banded(at) {
  return {
    y: at.map(median),
    low: at.map((of) => quantile(of, 0.25)),
    high: at.map((of) => quantile(of, 0.75)),
  };
}

const ratio = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a / b : null);

/** What arrives of one gradient: `error` |C - g|^2 / |g|^2 and `kept` <C, g> / |g|^2. */
async function messages(dims, seeds) {
  const base = readConfig(file('message.yaml'));
  const found = [];
  for (const dim of dims)
    for (const seed of seeds) {
      const { normal, uniform } = draws(3000 + seed);
      const sample = new Float64Array(dim);
      while (sample.filter((value) => value !== 0).length < ENTRIES)
        sample[Math.floor(uniform() * dim)] = normal();
      // The gradient of log(1 + exp(-a.x)) at 0 is -a/2, and x goes against it.
      const g = Array.from(sample, (value) => value / 2);
      const size = g.reduce((sum, value) => sum + value ** 2, 0);
      for (const [way, { flatten, amplitude }] of Object.entries(WAYS)) {
        const { x } = await runHere({
          ...base,
          program: { ...base.program, flatten, amplitude: amplitude(g) },
          cost: { ...base.cost, data: { x: sample, y: Float64Array.of(1) } },
          seed,
        });
        const error = x[0].reduce((sum, value, i) => sum + (value - g[i]) ** 2, 0) / size;
        const kept = x[0].reduce((sum, value, i) => sum + value * g[i], 0) / size;
        found.push({ way, dim, seed, error, kept });
      }
    }
  return found;
}

/** Final gaps of every method on both data sets, at its best pair of lambda and gamma. */
async function trained(seeds, rounds, lambdas, gammas) {
  const base = readConfig(file('training.yaml'));
  const sets = seeds.map((seed) => {
    const sparse = makeData(seed, DIM, SAMPLES);
    return { sparse, rotated: rotated(sparse, DIM, seed) };
  });
  const found = [];
  for (const [method, own] of Object.entries(METHODS))
    for (const data of ['sparse', 'rotated']) {
      const gapOf = async (i, pair) => {
        const { summary, rows } = await runHere({
          ...base,
          program: { ...base.program, ...pair, ...own },
          cost: { ...base.cost, data: sets[i][data] },
          ...{ rounds, seed: seeds[i], trace: { every: rounds / 50 } },
        });
        if (summary.status === 'diverged') return Number.POSITIVE_INFINITY;
        const late = rows.slice(-LATE_ROWS).map(({ gap }) => gap);
        return late.reduce((sum, gap) => sum + gap, 0) / late.length;
      };
      let best = null;
      const choosing = seeds.slice(0, CHOOSING);
      for (const lambda of lambdas)
        for (const gamma of gammas) {
          const gaps = [];
          for (const i of choosing.keys()) gaps.push(await gapOf(i, { lambda, gamma }));
          const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
          if (best === null || mean < best.mean) best = { mean, pair: { lambda, gamma }, gaps };
        }
      const gaps = [...best.gaps];
      for (let i = gaps.length; i < seeds.length; i++) gaps.push(await gapOf(i, best.pair));
      found.push({ method, data, ...best.pair, gaps });
    }
  return found;
}

/** Gaps over rounds with falling steps, and their slope in log-log from a sixteenth of the rounds on. */
async function overTime(seeds, rounds) {
  const base = readConfig(file('training.yaml'));
  const found = [];
  for (const [links, own] of Object.entries(LINKS)) {
    const runs = [];
    for (const seed of seeds) {
      const { lambda: _, ...program } = base.program;
      const { rows, summary } = await runHere({
        ...base,
        program: { ...program, gamma: SCHEDULE, ...own },
        cost: { ...base.cost, data: makeData(seed, DIM, SAMPLES) },
        ...{ rounds, seed, trace: { every: rounds / 48 } },
      });
      const late = rows.filter(({ round }) => round >= rounds / 16);
      const line = lineThrough(
        late.map(({ round }) => Math.log(round)),
        late.map(({ gap }) => Math.log(gap)),
      );
      const messages = base.program.agents * rounds * DIM;
      runs.push({
        slope: line?.slope ?? null,
        up: summary.bits.up / messages,
        down: summary.bits.down / messages,
        rounds: rows.map(({ round }) => round),
        gaps: rows.map(({ gap }) => gap),
      });
    }
    found.push({ links, runs });
  }
  return found;
}

/** Of each seed the slope of log value over log d. */
function slopes(of, dims, seeds, way, what) {
  return seeds.map((seed) => {
    const points = of.filter((each) => each.way === way && each.seed === seed);
    if (points.some((each) => each[what] === null)) return null;
    const line = lineThrough(
      dims.map(Math.log),
      points.map((each) => Math.log(each[what])),
    );
    return line?.slope ?? null;
  });
}
