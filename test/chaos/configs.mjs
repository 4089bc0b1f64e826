/**
 * Configs drawn from a seed: small runs of every registered flow, compressor, program and kind of links, with
 * and without checkpoints, targets, data, and a module of a user. A draw that does not fit together is refused by
 * the library itself, and the next one is taken: new kinds take part as soon as they are registered.
 */

import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compressors } from '../../dist/src/compress/registry.js';
import { flows } from '../../dist/src/flow/registry.js';
import { loadConfig } from '../../dist/src/index.js';
import { links } from '../../dist/src/links/registry.js';
import { RunSession } from '../../dist/src/session/run-session.js';

const SAMPLES = fileURLToPath(new URL('../../examples/data/train.libsvm', import.meta.url));
const OWN_FLOW = fileURLToPath(new URL('../../examples/07-own-flow/dgd.mjs', import.meta.url));
const MODULE = fileURLToPath(new URL('module.mjs', import.meta.url));
const OPTIMISERS = ['sgd', 'momentum', 'adam'];

/** Of kinds that need more than their name; the others are drawn with their defaults. */
const inner = { kind: 'sign' };
const COMPRESSORS = {
  'top-k': (random, dim) => ({ k: 1 + random.below(dim) }),
  'rand-k': (random, dim) => ({ k: 1 + random.below(dim) }),
  threshold: () => ({ threshold: 0.01 }),
  'one-bit': () => ({ amplitude: 3 }),
  'uniform-quantize': () => ({ range: 4, bits: 6 }),
  'saturated-quantize': () => ({ range: 4, bits: 6 }),
  qsgd: () => ({ levels: 4 }),
  flatten: () => ({ inner }),
  'error-feedback': () => ({ inner }),
  'event-triggered': () => ({ threshold: { relative: 0.3, rate: 0.9 }, inner }),
  every: () => ({ rounds: 3, inner }),
  scale: () => ({ factor: 0.5, inner: { kind: 'identity' } }),
  schedule: () => ({ until: [0.5], inner: [{ kind: 'identity' }, inner] }),
  custom: () => ({ module: 'own.mjs' }),
};
const FLOWS = {
  'power-gossip': (_random, dim) => ({ shape: [1, dim] }),
  'power-gossip-sgd': (_random, dim) => ({ shape: [1, dim] }),
  custom: () => ({ module: OWN_FLOW }),
};
const LINKS = {
  drops: () => ({ rate: 0.2 }),
  'gilbert-elliott': () => ({ toBad: 0.3, toGood: 0.15 }),
};

function topology(random, folder) {
  const nodes = 5 + random.below(36);
  const kind = random.pick(['ring', 'path', 'star', 'erdos-renyi', 'watts-strogatz', 'grid', 'file', 'file']);
  switch (kind) {
    case 'erdos-renyi':
      return { kind, nodes, averageDegree: 4, seed: random.below(100), largestComponent: true };
    case 'watts-strogatz':
      return { kind, nodes, degree: 4, rewire: 0.3 };
    case 'grid':
      return { kind, rows: 2 + random.below(4), columns: 3 + random.below(4) };
    case 'file':
      writeGraph(path.join(folder, 'graph.edges'), nodes, 1 + random.below(3));
      return { file: 'graph.edges' };
    default:
      return { kind, nodes };
  }
}

/** A ring, and chords over so many nodes. */
export function writeGraph(file, nodes, chord) {
  const lines = [];
  for (let i = 0; i < nodes; i++) {
    lines.push(`${i} ${(i + 1) % nodes}`);
    if (i + chord + 1 < nodes) lines.push(`${i} ${i + chord + 1}`);
  }
  writeFileSync(file, `${lines.join('\n')}\n`);
}

function sampleCost(random) {
  const data = random.pick([SAMPLES, 'samples.libsvm']);
  return { kind: random.pick(['logistic', 'least-squares']), data, regularization: 0.01 };
}

function problem(random, folder, needs) {
  const cost =
    random.below(4) === 0
      ? sampleCost(random)
      : { kind: 'quadratic', dim: 1 + random.below(30), condition: 1 + random.below(5) };
  const dim = cost.dim ?? 12;
  const module = needs.module || random.below(8) === 0;
  const graph = needs.graph;
  if (!module && !graph && random.below(6) === 0) {
    return {
      program: {
        kind: 'parameter-server',
        agents: 5 + random.below(20),
        gamma: 0.05,
        lambda: random.below(3) === 0 ? 'auto' : 0.3,
        optimizer: { kind: random.pick(OPTIMISERS) },
      },
      cost,
    };
  }
  const compressor = module
    ? { kind: 'custom', module: 'own.mjs' }
    : specOf(random.pick(Object.keys(compressors)), COMPRESSORS, random, dim);
  const flow = specOf(module ? 'primal-dual' : random.pick(Object.keys(flows)), FLOWS, random, dim);
  const { modes } = flows[flow.kind];
  if (module) flow.compress = 'error-state';
  else if (modes) flow.compress = random.pick(modes);
  // Gains that are auto are chosen by trial runs, or by the formula, which is sooner.
  if (random.below(4) > 0 && flow.kind !== 'custom' && flow.kind !== 'push-sum') flow.tuning = 'formula';
  const config = { topology: topology(random, folder), cost, flow, compressor };
  if (graph) {
    config.topology = { file: 'graph.edges' };
    writeGraph(path.join(folder, 'graph.edges'), 5 + random.below(36), 1 + random.below(3));
  }
  if (random.below(5) === 0) config.links = specOf(random.pick(Object.keys(links)), LINKS, random, dim);
  if (random.below(4) === 0)
    config.layout = { order: random.pick(['auto', 'given', 'rcm']), block: 1 + random.below(5) };
  return config;
}

function specOf(kind, table, random, dim) {
  return { kind, ...table[kind]?.(random, dim) };
}

function schedule(random, config, needs) {
  const { nodes = 20 } = config.topology ?? {};
  const workers = 1 + random.below(3);
  const work = nodes * ((config.cost.dim ?? 400) + 10);
  // Threads that share a core take their time at every barrier.
  const most = workers === 1 ? 10_000 : 1500;
  const rounds = Math.min(most, Math.max(200, Math.round(random.size(3e5, 3e7) / work)));
  const more = {
    rounds,
    workers,
    seed: random.below(1000),
    trace: { every: random.pick([1, 5, 20, 100, rounds]) },
  };
  if (random.below(5) === 0) more.stop = { rmsError: 1e-8 };
  if (needs.checkpoint || random.below(2) === 0)
    more.checkpoint =
      random.below(2) === 0
        ? { everyRounds: random.size(10, 1000), keep: 1 + random.below(3) }
        : { everySeconds: 0.01 * (1 + random.below(20)) };
  return more;
}

/**
 * What a command is to run, and what it gives when nothing disturbs it.
 *
 * @param {import('../fuzz/random.mjs').Random} random
 * @param {string} folder gets the files that the config names, and `config.json`
 * @param {{ module?: boolean, graph?: boolean, checkpoint?: boolean, more?: Record<string, unknown> }} needs
 */
export async function drawConfig(random, folder, needs = {}) {
  cpSync(MODULE, path.join(folder, 'own.mjs'));
  cpSync(SAMPLES, path.join(folder, 'samples.libsvm'));
  const file = path.join(folder, 'config.json');
  for (;;) {
    const config = problem(random, folder, needs);
    Object.assign(config, schedule(random, config, needs), needs.more);
    writeFileSync(file, JSON.stringify(config, null, 1));
    try {
      return { config, file, undisturbed: await undisturbed(file, path.join(folder, 'undisturbed')) };
    } catch (error) {
      if (error.code !== 'BAD_INPUT') throw error;
    }
  }
}

/** The summary of a run that nobody interferes with, in this process; its folder stays for comparison. */
export async function undisturbed(file, outDir, overrides = []) {
  const session = new RunSession();
  await session.prepare({ config: await loadConfig(file, overrides), outDir });
  return (await session.start()).summary;
}
