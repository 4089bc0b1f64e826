/**
 * A tour of the library, cell by cell: a graph in memory, a run and its rows, two methods side by side, two
 * pictures. `node examples/09-tour/run.mjs`, or paste the cells into a notebook (docs/library.md).
 */

// %% Twenty agents in two villages; three roads between them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { compare, inspectTopology, run } from 'sottovoce';
import { logPlot } from 'sottovoce/report';

const village = [...Array(10).keys()].flatMap((i) => [
  [i, (i + 1) % 10],
  [i, (i + 3) % 10],
]);
const far = village.map(([a = 0, b = 0]) => [a + 10, b + 10]);
const topology = { edges: [...village, ...far, [0, 10], [3, 14], [7, 18]], name: 'two villages' };
const { nodes, edges, lambda2, diameter } = await inspectTopology(topology);
console.log(`${nodes} agents, ${edges} roads, lambda2 ${lambda2.toFixed(3)}, diameter ${diameter}`);

// %% Everyone holds a cost of its own; one bit a coordinate and message.
/** @type {import('sottovoce').FlowConfigInput} */
const config = {
  topology,
  cost: { kind: 'quadratic', dim: 16, condition: 4 },
  flow: { kind: 'primal-dual' },
  compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  rounds: 2000,
  stop: { rmsError: 1e-6 },
};
const { summary, rows, x, shape } = await run(config);
console.log(`${summary.status} after ${summary.rounds} rounds, ${summary.bits.broadcast} bits`);
console.log(
  `agent 0 holds ${Array.from(x.subarray(0, 3), (entry) => entry.toFixed(4))}, ... (${shape[1]} numbers)`,
);

// %% How it went: a row every few rounds.
console.table(
  [1, 0.1, 0.01, 0.001].flatMap((share) => {
    const row = rows.find(({ rmsError }) => rmsError <= share * (rows[0]?.rmsError ?? 0));
    return row ? [{ 'error left': share, round: row.round, bits: row.bitsBroadcast }] : [];
  }),
);

// %% Beside it: the same flow with all 64 bits, and EXTRA.
const { methods, pictures } = await compare([config], {
  compressors: ['flatten(sign)', 'identity'],
  flows: [{ kind: 'primal-dual' }, { kind: 'extra' }],
  trials: 0,
});
console.table(methods.map(({ flow, compressor, rounds, bits }) => ({ flow, compressor, rounds, bits })));

// %% Two pictures: of this run, and of all of them.
const series = [
  { label: 'flatten(sign)', x: rows.map((row) => row.round), y: rows.map((row) => row.rmsError) },
];
const axes = { title: 'Two villages', yLabel: 'rms error', floor: 1e-7, ceiling: 10 };
mkdirSync('runs/tour', { recursive: true });
writeFileSync('runs/tour/run.svg', logPlot([{ xLabel: 'rounds', series }], axes));
for (const { svg } of pictures.slice(0, 1)) writeFileSync('runs/tour/methods.svg', svg);
console.log('pictures: runs/tour/run.svg, runs/tour/methods.svg');
