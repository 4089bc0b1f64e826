/**
 * What does sharing a hub's row among the workers save, and does a timeline show it?
 *
 *     node bench/star-timeline.mjs [--turns N] [--dim D] [--out FILE.json] [--pictures FOLDER]
 *
 * Two stars that differ by one agent. A row of 3,999 neighbours is worked on whole by the worker that has the
 * hub, one of 4,000 is shared by all (src/program/flow/hubs.ts). The hub stands in the middle of the numbers,
 * so that of two workers one has half of the others and the hub. Both in turns, in one run; for each turn the
 * share of the time of all workers that went in waiting for another one, and milliseconds a round. The
 * pictures are of the turn whose share is the median. Build first: `npm run build`.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { timeline } from 'sottovoce';

const { values: options } = parseArgs({
  options: {
    turns: { type: 'string', default: '9' },
    dim: { type: 'string', default: '256' },
    out: { type: 'string' },
    pictures: { type: 'string' },
  },
});
const turns = Number(options.turns);
const dim = Number(options.dim);
const WORKERS = 2;
const WINDOW = 200;
const ROUNDS = 400;
const STARS = [
  { id: 'whole', leaves: 3999, title: 'star of 4,000 agents, the hub on one worker' },
  { id: 'shared', leaves: 4000, title: 'star of 4,001 agents, the hub shared' },
];

function configOf({ leaves, title }) {
  const hub = Math.floor(leaves / 2);
  const edges = [];
  for (let agent = 0; agent <= leaves; agent++) if (agent !== hub) edges.push([hub, agent]);
  return {
    name: title,
    topology: { edges, name: 'star' },
    cost: { kind: 'quadratic', dim, condition: 4 },
    flow: { kind: 'primal-dual', compress: 'none', step: 0.00005, alpha: 0.5, beta: 0.5 },
    workers: WORKERS,
    trace: { every: ROUNDS },
    layout: { order: 'given' },
  };
}

const configs = STARS.map(configOf);
const recorded = STARS.map(() => []);
for (let turn = 0; turn < turns; turn++) {
  const order = turn % 2 === 0 ? [0, 1] : [1, 0];
  for (const at of order) recorded[at].push(await timeline(configs[at], { rounds: ROUNDS, window: WINDOW }));
}

/** Median and quartiles. */
function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (quantile) => Number(sorted[Math.round(quantile * (sorted.length - 1))].toPrecision(4));
  return { median: at(0.5), quartiles: [at(0.25), at(0.75)] };
}

const report = { dim, workers: WORKERS, turns, rounds: WINDOW };
STARS.forEach(({ id, leaves, title }, at) => {
  const all = recorded[at].map(({ waits }) => waits);
  const ready = all.map(
    ({ byWorker: [first, second], milliseconds }) =>
      Math.max(first.waitedFor[1], second.waitedFor[0]) / milliseconds,
  );
  report[id] = {
    neighbours: leaves,
    shareWaited: spread(all.map(({ shareWaited }) => shareWaited)),
    shareWaitedByWorst: spread(ready),
    shareCrossing: spread(all.map(({ shareCrossing }) => shareCrossing)),
    millisecondsPerRound: spread(all.map(({ milliseconds, rounds }) => milliseconds / rounds)),
  };
  console.log(`${title}\n${JSON.stringify(report[id], null, 2)}`);
  const { median } = report[id].shareWaited;
  const [usual] = [...recorded[at]].sort(
    (a, b) => Math.abs(a.waits.shareWaited - median) - Math.abs(b.waits.shareWaited - median),
  );
  console.log(usual.text);
  if (options.pictures === undefined) return;
  mkdirSync(options.pictures, { recursive: true });
  writeFileSync(path.join(options.pictures, `timeline-star-${id}.svg`), usual.svg);
});
report.machine = { cpu: os.cpus()[0].model.trim(), cores: os.cpus().length, node: process.version };
if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);
