/** What does one bit a coordinate, rotated, cost inside the primal-dual flow, in rounds and in bits? */

import { compare, inspectTopology } from '../../dist/src/index.js';
import { drawBeside } from '../frame/figure.mjs';
import { median } from '../frame/numbers.mjs';
import { readConfig, seedsTo } from '../frame/runs.mjs';
import { all, atLeast, atMost } from '../frame/verdict.mjs';

const GRAPHS = {
  ring: { kind: 'ring', nodes: 20 },
  grid: { kind: 'grid', rows: 4, columns: 5 },
  random: { kind: 'erdos-renyi', nodes: 20, averageDegree: 5, seed: 1 },
  hubs: { kind: 'barabasi-albert', nodes: 20, attach: 2, seed: 1 },
};
const COMPRESSORS = {
  none: { kind: 'identity' },
  'rotated signs': { kind: 'flatten', inner: { kind: 'sign', scaleBits: 32 } },
  signs: { kind: 'sign', scaleBits: 32 },
  'top 8 of 64': { kind: 'top-k', k: 8 },
};
const [NONE, ROTATED, ...PLAIN] = Object.keys(COMPRESSORS);

/** Curvatures: the mean of the agents' in a direction, about, and the largest. */
const [MEAN, LARGEST] = [2.5, 4];

const NO_MORE_ROUNDS = 1.05;
const TIMES_FEWER = 20;

const source =
  'ours (docs/one-bit.md): the flow of Ren, Wang, Yuan, Su, Shi 2024 (arXiv 2408.02332) with the rotation of Stollenwerk, Jacques 2024 (arXiv 2405.11095)';

export default {
  order: 4,
  title: 'One bit a coordinate inside the flow: rotated signs',
  about: [
    'The two lines of work together: the message of the primal-dual flow is rotated at random, and the sign of every coordinate is sent with one scale. What does that cost in rounds against no compression, what does it save in bits, and is the rotation worth it against plain signs and top-k?',
    'Twice: at the same moderate gains for all, made from the spectrum of the graph (those of docs/one-bit.md), and with gains searched for each by the same number of trial runs. The flow is primal-dual with a memory of errors (docs/model/flows.md), which is ours.',
    'Graphs of 20 agents, drawn quadratics of dimension 64 with curvatures 1 to 4, and the target, an rms error of 1e-6, are our own.',
  ],
  configs: ['problem.yaml'],
  sizes: {
    full: { graphs: Object.keys(GRAPHS), seeds: 3, trials: 30 },
    small: { graphs: ['grid'], seeds: 1, trials: 8 },
  },

  async measure({ graphs, seeds, trials }) {
    const base = readConfig(new URL('problem.yaml', import.meta.url).pathname);
    const measured = [];
    for (const gains of ['same', 'searched'])
      for (const graph of graphs) {
        const topology = GRAPHS[graph];
        const flow = gains === 'same' ? await sameGains(topology) : base.flow;
        const { cells } = await compare([{ ...base, topology, flow }], {
          compressors: Object.values(COMPRESSORS),
          seeds: seedsTo(seeds),
          trials: gains === 'same' ? 0 : trials,
        });
        const perCompressor = cells.length / Object.keys(COMPRESSORS).length;
        Object.keys(COMPRESSORS).forEach((compressor, c) => {
          const of = cells.slice(c * perCompressor, (c + 1) * perCompressor);
          measured.push({
            ...{ gains, graph, compressor },
            rounds: of.map(({ reached, roundsToTarget }) => (reached ? roundsToTarget : null)),
            bits: of.map(({ reached, bitsToTarget, agents }) => (reached ? bitsToTarget / agents : null)),
          });
        });
      }
    return measured;
  },

  claims: [
    {
      id: 'same-gains',
      claim: 'At the same moderate gains one bit a coordinate takes no more rounds than no compression',
      source,
      how: `Rounds with rotated signs at most ${NO_MORE_ROUNDS} times those without compression. Each graph, each seed.`,
      judge: (numbers) =>
        atMost(against(numbers, 'same', 'rounds', ROTATED, NONE), NO_MORE_ROUNDS, 'rounds to rounds of none'),
      deviations: [
        'Neither paper has this combination. Gains are moderate: a third of what is stable, or less.',
      ],
    },
    {
      id: 'bits',
      wholeOnly: 'On the grid alone every seed saves more than that; on the ring not all do.',
      claim: 'Bits are at least 20 times fewer, with the gains that suit each best',
      source,
      how: `Bits without compression at least ${TIMES_FEWER} times those with rotated signs, at the same gains and at searched ones. Each graph, each seed.`,
      judge: (numbers) =>
        all(
          atLeast(against(numbers, 'same', 'bits', NONE, ROTATED), TIMES_FEWER, 'times fewer, same gains'),
          atLeast(against(numbers, 'searched', 'bits', NONE, ROTATED), TIMES_FEWER, 'searched gains'),
        ),
      deviations: [
        'No compression is counted at 64 bits a coordinate. Against float32 every factor is half as large.',
        'The search has 30 trial runs; docs/one-bit.md has 160, and larger graphs.',
      ],
    },
    {
      id: 'rotation',
      claim: 'The rotation saves bits against plain signs and top-k',
      source,
      how: 'Bits of plain signs, and of top-k, at least as many as with rotated signs, with searched gains. Each graph, each seed.',
      judge: (numbers) =>
        all(
          ...PLAIN.map((plain) =>
            atLeast(against(numbers, 'searched', 'bits', plain, ROTATED), 1, `bits of ${plain} to rotated`),
          ),
        ),
      deviations: ['Plain compressors are two: signs with their mean, and the 8 largest of 64 entries.'],
    },
  ],

  caption:
    'Rounds (left) and bits an agent (right) to an rms error of 1e-6, with gains searched for each: medians of the seeds, bands from the least to the largest.',

  figure(numbers) {
    const graphs = [...new Set(numbers.map(({ graph }) => graph))];
    const curves = (what) =>
      Object.keys(COMPRESSORS).map((compressor) => {
        const of = graphs.map((graph) => find(numbers, 'searched', graph, compressor)[what]);
        return {
          label: compressor,
          x: graphs.map((_, i) => i + 1),
          y: of.map(median),
          low: of.map((all) => Math.min(...all)),
          high: of.map((all) => Math.max(...all)),
        };
      });
    const range = (list) => {
      const values = list.flatMap(({ low, high }) => [...low, ...high]).filter((value) => value > 0);
      return { low: Math.min(...values) / 1.3, high: Math.max(...values) * 1.3 };
    };
    const names = graphs.map((graph, i) => `${i + 1} ${graph}`).join(', ');
    const x = { title: `graph: ${names}`, low: 0.7, high: graphs.length + 0.3 };
    return drawBeside(
      this.caption,
      ['rounds', 'bits'].map((what) => ({
        x,
        y: {
          title: what === 'rounds' ? 'rounds' : 'bits an agent',
          scale: 'log',
          ...range(curves(what)),
          labels: 'si',
        },
        panels: [{ curves: curves(what) }],
        height: 230,
      })),
    );
  },
};

/** h, alpha, beta, as docs/one-bit.md has them: damped well below what is stable. */
async function sameGains(topology) {
  const { lambda2, lambdaMax } = await inspectTopology(topology);
  const alpha = (0.3 * MEAN) / lambda2;
  return {
    kind: 'primal-dual',
    compress: 'error-memory',
    alpha,
    beta: Math.sqrt((5 * MEAN) / lambda2) / 2,
    step: 0.5 / (LARGEST + alpha * lambdaMax),
    mu: 1,
    gamma: 0.5,
  };
}

function find(numbers, gains, graph, compressor) {
  return numbers.find(
    (each) => each.gains === gains && each.graph === graph && each.compressor === compressor,
  );
}

/** What `one` needs as a multiple of what `other` does: of each graph and seed. */
function against(numbers, gains, what, one, other) {
  return numbers
    .filter((each) => each.gains === gains && each.compressor === one)
    .flatMap((each) => {
      const beside = find(numbers, gains, each.graph, other)[what];
      return each[what].map((value, i) => (value === null || beside[i] === null ? null : value / beside[i]));
    });
}
