/** What comes before the rounds: graphs, weights, and the spectrum that `auto` gains are made from. */

import { gainSpectrum } from '../../topology/gain-spectrum.js';
import { type GeneratorSpec, type Graph, generate } from '../../topology/index.js';
import { components } from '../../topology/properties.js';
import { edgeWeights } from '../../topology/weights.js';
import { countText, figure, spreadText } from './figures.js';
import type { Axis } from './growth-axes.js';
import { gatherLoop, timed } from './growth-loop.js';
import { interleave } from './interleave.js';
import type { BenchInputs, Benchmark } from './types.js';

const SPECS: Record<string, (nodes: number) => GeneratorSpec> = {
  'random-regular': (nodes) => ({ kind: 'random-regular', nodes, degree: 8 }),
  'barabasi-albert': (nodes) => ({ kind: 'barabasi-albert', nodes, attach: 4 }),
  'watts-strogatz': (nodes) => ({ kind: 'watts-strogatz', nodes, degree: 8, rewire: 0.1 }),
  'random-geometric': (nodes) => ({ kind: 'random-geometric', nodes, averageDegree: 8 }),
  'erdos-renyi': (nodes) => ({ kind: 'erdos-renyi', nodes, averageDegree: 8 }),
  'uniform-random': (nodes) => ({ kind: 'uniform-random', nodes, edgeFactor: 4 }),
  kronecker: (nodes) => ({ kind: 'kronecker', scale: Math.round(Math.log2(nodes)), edgeFactor: 4 }),
  grid: (nodes) => ({ kind: 'grid', rows: Math.round(nodes ** 0.5), columns: Math.round(nodes ** 0.5) }),
};
/** A well-mixed graph, one with hubs, one that is long. */
const MEASURED = ['random-regular', 'barabasi-albert', 'grid'];
/** What was promised of gains. */
const GAINS_TARGET = { size: 1_000_000, seconds: 5 };
const QUICK_AGENTS = 800;
const MOST_PASSES = 3;

/** Of all growth what was promised: gains of a million agents, without the sizes before it. */
export const promisedGains: Pick<Benchmark, 'name' | 'run'> = {
  name: 'growth',
  async run({ quick, seed, passes, progress }) {
    const { size, seconds: atMost } = GAINS_TARGET;
    const agents = quick ? QUICK_AGENTS : size;
    const count = Math.min(passes, MOST_PASSES);
    progress.expect(count);
    const name = `spectrum for auto gains: ${MEASURED[0]}, ${countText(agents)} agents`;
    const graph = generate(SPECS[MEASURED[0]](agents), seed);
    const sample = timed(() => gainSpectrum(graph, null, { largeGraph: 0 }));
    const [values] = await interleave([{ name, sample: async () => sample() }], count, progress);
    const target = quick ? undefined : { atMost };
    const found = figure(`growth/gains/${MEASURED[0]}/${agents}/seconds`, name, 's', 'lower', values, target);
    const table = {
      title: 'Gains',
      columns: ['', 's (quartiles)'],
      rows: [[name, spreadText(found)]],
      notes: [],
    };
    return { figures: [found], tables: [table] };
  },
};

export function setUpAxes(inputs: BenchInputs): Axis[] {
  const common = {
    of: 'agents',
    unit: 'node and edge',
    sizes: inputs.quick ? [200, 800] : [1000, 10_000, 100_000, 1_000_000],
  };
  const axis = (id: string, title: string, kind: string, work: (graph: Graph) => () => unknown): Axis => ({
    ...common,
    id,
    title,
    async open(nodes) {
      const graph = generate(SPECS[kind](nodes), inputs.seed);
      return {
        units: graph.nodes + graph.edges,
        edges: graph.edges,
        bytes: graph.rowStart.byteLength + graph.columns.byteLength + 8 * graph.nodes,
        sample: timed(work(graph)),
        loop: timed(gatherLoop(graph, 1)),
        async close() {},
      };
    },
  });
  const kinds = inputs.quick ? ['random-regular', 'kronecker'] : Object.keys(SPECS);
  return [
    ...kinds.map((kind) =>
      axis(
        `generate/${kind}`,
        `generating: ${kind}`,
        kind,
        ({ nodes }) =>
          () =>
            generate(SPECS[kind](nodes), inputs.seed),
      ),
    ),
    axis('weights', 'components and Metropolis weights', 'random-regular', (graph) => () => {
      components(graph);
      edgeWeights(graph, 'metropolis');
    }),
    ...(inputs.quick ? MEASURED.slice(0, 1) : MEASURED).map((kind, index) => ({
      // The way of large graphs, whatever the size: it is its growth that is asked for.
      ...axis(
        `gains/${kind}`,
        `spectrum for gains: ${kind}`,
        kind,
        (graph) => () => gainSpectrum(graph, null, { largeGraph: 0 }),
      ),
      ...(index === 0 && { target: GAINS_TARGET }),
    })),
  ];
}
