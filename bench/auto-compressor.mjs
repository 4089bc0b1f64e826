/**
 * How far from the best registered compressor is the one that `compressor: auto` chooses?
 *
 *     node bench/auto-compressor.mjs [--out FOLDER] [--only ring] [--share 1/2] [--near 2.5]
 *
 * Twenty problems (`auto-compressor-problems.mjs`) and three purposes: fewest bits, and fewest seconds on links of
 * 1 Mbit/s with 50 ms and of 100 Mbit/s with 1 ms.
 *
 *  - *auto*: what it chooses, and what a run with that compressor, its gains auto, takes until rms(x - x*) is a
 *    millionth of what it was;
 *  - *best*: the same of every candidate of the registry that goes with the flow, each with its own auto gains.
 *    A candidate is left at its 24 first trials where they need more than NEAR times the best of each of the three
 *    (a full search made of them half at most), and a linear one at the rule that docs/auto.md has, where that puts it
 *    ten times behind in each.
 *
 * All of it counts rounds and messages of the engine's own program on one thread; nothing here is a time. Problems that
 * FOLDER/auto-compressor.json has already are not measured again. Build first: `npm run build`.
 */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeSpec } from '../dist/src/base/describe.js';
import { compressors } from '../dist/src/compress/registry.js';
import { parseConfig } from '../dist/src/config/load.js';
import { shortRun } from '../dist/src/program/flow/gains.js';
import { loadRun } from '../dist/src/program/flow/load-run.js';
import { outlineFlow } from '../dist/src/program/flow/plan.js';
import { costOfSearch, searchable } from '../dist/src/tune/search-gains.js';
import { openTrials, TARGET_SHARE } from '../dist/src/tune/trial-runs.js';
import { automaticNames, tune } from '../dist/src/tune/tune.js';
import { problems } from './auto-compressor-problems.mjs';

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: 'bench' },
    only: { type: 'string', default: '' },
    share: { type: 'string', default: '1/1' },
    near: { type: 'string', default: '2.5' },
  },
});
const NEAR = Number(options.near);
/** Rounds of a trial, at most, and trials of those that are only looked at. */
const MOST_ROUNDS = 20_000;
const LOOKED = 24;
const LINKS = {
  bits: null,
  '1 Mbit/s, 50 ms': { bandwidth: 1e6, latency: 0.05 },
  '100 Mbit/s, 1 ms': { bandwidth: 1e8, latency: 0.001 },
};
const PURPOSES = Object.keys(LINKS);
/** A linear compressor is left out where the rule puts it so many times behind the best of each purpose. */
const RULED_OUT = 10;

const folder = mkdtempSync(path.join(os.tmpdir(), 'auto-compressor-'));
const [part, parts] = options.share.split('/').map(Number);
const report = load();
for (const [at, [name, [topology, cost]]] of Object.entries(problems(folder)).entries()) {
  if (at % parts !== part - 1 || !name.includes(options.only)) continue;
  if (report.problems.some((problem) => problem.name === name)) continue;
  const problem = await measure(name, {
    topology,
    cost,
    flow: { kind: 'primal-dual' },
    rounds: MOST_ROUNDS,
    seed: 7,
  });
  report.problems.push(problem);
  save();
  for (const { links, chosen, ratio, best } of problem.cases)
    console.error(`${name}; ${links}: ${chosen} ${ratio.toFixed(3)} of ${best}`);
}
rmSync(folder, { recursive: true });
console.log(markdown());

function load() {
  const file = path.join(options.out, 'auto-compressor.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return { version, node: process.versions.node, near: NEAR, problems: [] };
}

function save() {
  mkdirSync(options.out, { recursive: true });
  const file = path.join(options.out, 'auto-compressor.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(report, null, 1)}\n`);
  renameSync(`${file}.new`, file);
}

/** What so many rounds and bits of an agent are of each purpose; messages are all of one length, or nearly. */
function scores({ rounds, bits }) {
  return Object.fromEntries(
    Object.entries(LINKS).map(([links, network]) => [
      links,
      network === null ? bits : rounds * network.latency + bits / network.bandwidth,
    ]),
  );
}

async function measure(name, config) {
  const choices = {};
  const begun = process.cpuUsage();
  for (const [links, network] of Object.entries(LINKS)) {
    const compressor = { kind: 'auto', for: network === null ? 'bits' : 'seconds' };
    const { choice } = await loadRun(
      await parseConfig({ ...config, compressor, ...(network && { network }) }),
    );
    choices[links] = choice.report;
  }
  const autoSeconds = process.cpuUsage(begun).user / 1e6 / Object.keys(LINKS).length;
  const { dim, agents } = await sizes(config);
  const refused = [];
  const planned = [];
  for (const definition of Object.values(compressors)) {
    for (const parameters of definition.candidates(dim)) {
      const spec = { kind: definition.kind, ...parameters };
      await expect(spec, refused, async () => planned.push(await plan(config, spec)));
    }
  }
  // The likeliest first: from then on what is hopeless ends early.
  planned.sort((a, b) => a.rule.bits - b.rule.bits);
  const likely = lowest(planned.map(({ rule }) => rule));
  const looked = [];
  let least = null;
  for (const candidate of planned) {
    const { linear, rule, spec } = candidate;
    if (linear && PURPOSES.every((purpose) => rule[purpose] > RULED_OUT * likely[purpose])) continue;
    await expect(spec, refused, async () => looked.push(look(candidate, least)));
    least = lowest(looked.map(({ rough }) => rough));
  }
  const candidates = looked.map(({ compressor, rough, full }) => {
    const near = PURPOSES.some((purpose) => rough[purpose] <= NEAR * least[purpose]);
    const taken = near ? full() : null;
    return { compressor, ...(taken ?? { rounds: null, bits: null }) };
  });
  const cases = Object.keys(LINKS).map((links) => {
    const known = candidates.filter(({ rounds }) => rounds !== null);
    const ranked = known
      .map((candidate) => [candidate.compressor, scores(candidate)[links]])
      .sort((a, b) => a[1] - b[1]);
    const { compressor, candidates: predicted } = choices[links];
    const own = ranked.find(([name]) => name === compressor);
    const [best, fewest] = ranked[0];
    return {
      links,
      chosen: compressor,
      predicted: { rounds: predicted[0].rounds, bits: predicted[0].bits },
      best,
      ratio: own === undefined ? Infinity : own[1] / fewest,
      next: predicted[1].compressor,
    };
  });
  return { name, agents, dim, autoSeconds, candidates, refused, cases };
}

async function sizes(config) {
  const { cost, graph } = await loadRun(await parseConfig(config));
  return { dim: cost.dim, agents: graph.nodes };
}

/** What messages of a candidate are planned to be, and what it takes by the rule. */
async function plan(config, spec) {
  const problem = await loadRun(await parseConfig({ ...config, compressor: spec }));
  const { compress } = problem.config.flow;
  const { messageBits, channels } = outlineFlow(problem, 1, { compress, order: 'given', whole: true }).plan;
  const [message] = channels;
  const delta = Math.max(1e-9, message?.typicalContraction ?? 0, message?.contraction ?? 1);
  const bits = messageBits ?? message.longestBits ?? 8 * message.slotBytes;
  return {
    problem,
    spec,
    linear: message?.linear ?? false,
    rule: scores({ rounds: 1 / delta, bits: bits / delta }),
  };
}

async function expect(spec, refused, make) {
  try {
    await make();
  } catch (error) {
    if (error.name !== 'InputError') throw error;
    refused.push(describeSpec(spec));
  }
}

function lowest(all) {
  return Object.fromEntries(
    PURPOSES.map((purpose) => [purpose, Math.min(Infinity, ...all.map((scores) => scores[purpose]))]),
  );
}

/** What a candidate takes by its first trials, and, asked for, with all that auto gains do. */
function look({ problem, spec }, least) {
  const optimum = problem.cost.optimum();
  const short = (compress) => shortRun(problem, optimum, { compress });
  const { otherMode } = problem;
  const tunable = short(problem.config.flow.compress);
  const runs = openTrials(tunable);
  const bits = runs.said(tunable.plan.flow, LOOKED).bits / LOOKED;
  const ofRound = scores({ rounds: 1, bits });
  const limit = Math.max(
    ...PURPOSES.map((purpose) => (NEAR * (least?.[purpose] ?? Infinity)) / ofRound[purpose]),
  );
  const free = searchable(tunable.plan.flow, automaticNames(tunable.spec, tunable.plan.flow.gains));
  const rounds = costOfSearch(tunable, runs, free, tunable.gains(), {
    trials: LOOKED,
    horizon: MOST_ROUNDS,
    budgetRounds: Number.POSITIVE_INFINITY,
    target: TARGET_SHARE,
    limit: Math.ceil(limit),
  });
  const full = () => {
    const tuning = tune({ tunable, otherMode: otherMode === null ? null : () => short(otherMode), stop: {} });
    const { roundsToMillionth, doubt, compress, gains } = tuning;
    if (roundsToMillionth === null || doubt !== null) return null;
    const run = short(compress ?? undefined);
    const { bits } = openTrials(run).said(run.withGains(gains), roundsToMillionth);
    return { rounds: roundsToMillionth, bits, compress };
  };
  return { compressor: describeSpec(spec), rough: scores({ rounds, bits: bits * rounds }), full };
}

function markdown() {
  const links = Object.keys(LINKS);
  const ratios = report.problems
    .flatMap(({ cases }) => cases.map(({ ratio }) => ratio))
    .sort((a, b) => a - b);
  const cell = ({ chosen, ratio, best }) =>
    `\`${chosen}\` ${ratio.toFixed(2)}${ratio > 1.005 ? ` (\`${best}\`)` : ''}`;
  return [
    `| problem | d | ${links.join(' | ')} |`,
    `| --- | ---: | ${links.map(() => '---').join(' | ')} |`,
    ...report.problems.map(({ name, dim, cases }) => `| ${name} | ${dim} | ${cases.map(cell).join(' | ')} |`),
    '',
    `${ratios.length} cases: median ${ratios[Math.floor(ratios.length / 2)]?.toFixed(3)}, worst ${ratios.at(-1)?.toFixed(3)}`,
  ].join('\n');
}
