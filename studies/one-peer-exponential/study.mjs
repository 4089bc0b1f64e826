/** One peer a round: exact averages after m = log2 n rounds, and not before. */

import { drawCurves } from '../frame/figure.mjs';
import { groupBy, runs, seedsTo } from '../frame/runs.mjs';
import { atMost, within } from '../frame/verdict.mjs';

const config = new URL('mean.yaml', import.meta.url).pathname;

/** Of the error at the beginning: m halvings of numbers near 1, each rounded to 2^-53. */
const EXACT = 1e-14;
/** What nobody would call exact. */
const FAR = 1e-3;

const WAYS = {
  'pairs, consensus': { topology: (nodes) => ({ kind: 'complete', nodes }), flow: null },
  'directed, push-sum': {
    topology: (nodes) => ({ kind: 'exponential', nodes, directed: true }),
    flow: { kind: 'push-sum' },
  },
};

const source =
  'Ying et al., NeurIPS 2021 (arXiv 2110.13363); the method is that of Assran et al. (arXiv 1811.10792)';

export default {
  order: 6,
  title: 'One peer a round: an exact average after log2 n rounds',
  about: [
    'In round k agent i hears one other agent, 2^p away with p = k mod m, and takes the mean of the two. With n = 2^m agents everybody holds the exact average after m rounds, for one message an agent and round.',
    'What agents hold is drawn uniformly in (-1, 1), and the sizes and dimension are our own.',
  ],
  configs: ['mean.yaml'],
  sizes: {
    full: { exponents: [2, 3, 4, 5, 6, 7, 8, 9, 10], seeds: 10 },
    small: { exponents: [2, 4, 6], seeds: 2 },
  },

  async measure({ exponents, seeds }) {
    const measured = [];
    for (const [way, { topology, flow }] of Object.entries(WAYS)) {
      const list = await runs(config, {
        grid: {
          topology: exponents.map((m) => topology(2 ** m)),
          ...(flow !== null && { flow: [flow] }),
        },
        seeds: seedsTo(seeds),
        target: { consensusError: 1e-300 },
      });
      for (const [m, of] of groupBy(list, ({ summary }) => Math.log2(summary.agents))) {
        const shares = of.map(({ trace }) =>
          trace.map(({ consensusError }) => consensusError / trace[0].consensusError),
        );
        measured.push({
          way,
          exponent: m,
          before: shares.map((share) => share[m - 1]),
          after: shares.map((share) => share[m]),
          // What is less than what 2^-53 leaves is drawn as that.
          median: middle(shares).map((share) => Math.max(share, 2 ** -53)),
        });
      }
    }
    return measured;
  },

  claims: [
    {
      id: 'exact',
      claim: 'n = 2^m agents hold the exact average after m rounds',
      source,
      how: `Disagreement after m rounds, as a share of that at the beginning, is at most ${EXACT}; for each n, each seed, in pairs and directed.`,
      judge: (numbers) =>
        atMost(
          numbers.flatMap(({ after }) => after),
          EXACT,
          'disagreement that is left',
        ),
      deviations: [
        'Exact means up to the rounding of float64: the paper has real numbers.',
        'Push-sum divides by its weights, which are exactly 1 again after every round of this graph.',
      ],
    },
    {
      id: 'not-before',
      claim: 'and not before: all m rounds are needed',
      source: 'follows from the above: after m - 1 rounds an agent has heard of n/2 agents',
      how: `Disagreement after m - 1 rounds is more than ${FAR} of that at the beginning, and less than all of it.`,
      judge: (numbers) =>
        within(
          numbers.flatMap(({ before }) => before),
          FAR,
          1,
          'disagreement one round earlier',
        ),
      deviations: ['None.'],
    },
  ],

  caption:
    'Disagreement of the agents (rms distance from their mean), as a share of that at the beginning, against rounds: medians of the seeds. Each curve falls to rounding errors in the round log2 n. What is less than 2^-53 is drawn as that.',

  async figure(numbers) {
    const few = numbers.filter(({ exponent }) => exponent % 2 === 0);
    const last = Math.max(...few.map(({ exponent }) => exponent));
    return drawCurves({
      caption: this.caption,
      x: { title: 'rounds', low: 0, high: last + 1 },
      y: { title: 'disagreement, share of the first', scale: 'log', low: 2e-17, high: 2 },
      panels: Object.keys(WAYS).map((way) => ({
        title: way,
        curves: few
          .filter((each) => each.way === way)
          .map(({ exponent, median }) => ({
            label: `${2 ** exponent} agents`,
            x: median.slice(0, exponent + 2).map((_, round) => round),
            y: median.slice(0, exponent + 2),
          })),
      })),
    });
  },
};

/** Of each round the median over the seeds. */
function middle(shares) {
  const rounds = Math.min(...shares.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) => {
    const sorted = shares.map((share) => share[round]).sort((a, b) => a - b);
    return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
  });
}
