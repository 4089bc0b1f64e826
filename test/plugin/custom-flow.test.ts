/**
 * A user's own flow: the examples against the built-in flows, everything an agent is handed against its
 * equation, and everything a module can do wrong.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { generate } from '../../dist/topology/registry.js';
import { philoxWords } from '../../kernels/reference/index.js';
import { parseConfig } from '../../src/config/load.js';
import { SEND_STREAM, STEP_STREAM } from '../../src/flow/custom-bind.js';
import { prepareRun } from '../../src/session/prepare.js';
import { runConfig, temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const example = (name: string) =>
  fileURLToPath(new URL(`../../examples/07-own-flow/${name}.mjs`, import.meta.url));

let files = 0;
/** A module of its own: what a module is, is remembered by its address. */
function moduleFile(source: string): string {
  const file = path.join(folder, `flow-${++files}.mjs`);
  writeFileSync(file, source);
  return file;
}

const TORUS = { kind: 'torus', rows: 4, columns: 5 };
const QUADRATIC = { kind: 'quadratic', dim: 8 };
const NONE = { kind: 'identity' };
const COMPRESSORS = [NONE, { kind: 'top-k', k: 2 }, { kind: 'flatten', inner: { kind: 'sign' } }];

const complete = (config: Record<string, unknown>) => ({
  topology: TORUS,
  cost: QUADRATIC,
  compressor: NONE,
  rounds: 120,
  seed: 5,
  ...config,
});
const run = (config: Record<string, unknown>, workers = 1) => runSequentially(complete(config), workers);

function distance(one: Float64Array, other: Float64Array): number {
  expect(one.length).toBe(other.length);
  return one.reduce((most, entry, i) => Math.max(most, Math.abs(entry - other[i])), 0);
}

interface Pair {
  name: string;
  builtIn: Record<string, unknown>;
  own: Record<string, unknown>;
  compressors?: Record<string, unknown>[];
  config?: Record<string, unknown>;
}

const DROPS = { links: { kind: 'drops', rate: 0.3 } };
const PAIRS: Pair[] = [
  { name: 'dgd', builtIn: { kind: 'dgd', step: 0.05, mixing: 0.1 }, own: { step: 0.05, mixing: 0.1 } },
  { name: 'extra', builtIn: { kind: 'extra', step: 0.05, mixing: 0.1 }, own: { step: 0.05, mixing: 0.1 } },
  ...[{}, DROPS].map((config) => ({
    name: 'primal-dual',
    builtIn: { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 1, beta: 1, mu: 0.5 },
    own: { step: 0.02, alpha: 1, beta: 1, mu: 0.5 },
    compressors: COMPRESSORS,
    config,
  })),
  {
    name: 'choco-sgd',
    builtIn: { kind: 'choco-sgd', step: 0.05, gamma: 0.2, mixing: 0.1 },
    own: { step: 0.05, gamma: 0.2, mixing: 0.1 },
    compressors: COMPRESSORS,
  },
  {
    name: 'lead',
    builtIn: { kind: 'lead', step: 0.05, gamma: 0.2, alpha: 0.5, mixing: 0.1 },
    own: { step: 0.05, gamma: 0.2, alpha: 0.5, mixing: 0.1 },
    compressors: COMPRESSORS,
  },
  ...[
    { topology: { kind: 'random-digraph', nodes: 20, averageDegree: 3 } },
    { topology: { kind: 'random-digraph', nodes: 20, averageDegree: 3 }, ...DROPS },
    DROPS,
  ].map((config) => ({ name: 'push-sum', builtIn: { kind: 'push-sum' }, own: {}, config })),
];

const samples = path.join(folder, 'samples.libsvm');
writeFileSync(
  samples,
  Array.from({ length: 130 }, (_, r) => {
    const entries = Array.from(
      { length: 4 },
      (_, c) => `${c + 1}:${Math.sin(1 + 1.7 * r + 5 * c + 0.3 * r * r)}`,
    );
    return `${Math.sin(9 * r) > 0 ? 1 : -1} ${entries.join(' ')}\n`;
  }).join(''),
);
const BATCHES = { cost: { kind: 'logistic', data: samples, regularization: 0.1 } };
PAIRS.push(
  {
    name: 'dgd',
    builtIn: { kind: 'dgd', step: 0.05, mixing: 0.1, batch: 3 },
    own: { step: 0.05, mixing: 0.1, batch: 3 },
    config: BATCHES,
  },
  {
    name: 'choco-sgd',
    builtIn: { kind: 'choco-sgd', step: 0.05, gamma: 0.2, mixing: 0.1, batch: 3 },
    own: { step: 0.05, gamma: 0.2, mixing: 0.1, batch: 3 },
    compressors: COMPRESSORS,
    config: BATCHES,
  },
  // Agents that lie in another order than their numbers, and one that all workers gather for.
  {
    name: 'primal-dual',
    builtIn: { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 1, beta: 1, mu: 0.5 },
    own: {},
    config: { layout: { order: 'rcm', block: 3 } },
    compressors: COMPRESSORS,
  },
  {
    name: 'choco-sgd',
    builtIn: { kind: 'choco-sgd', step: 0.05, gamma: 0.2, mixing: 1e-4 },
    own: { step: 0.05, gamma: 0.2, mixing: 1e-4 },
    config: { topology: { kind: 'star', nodes: 4200 }, cost: { kind: 'quadratic', dim: 2 }, rounds: 5 },
  },
);

describe('the examples are the built-in flows, with the same bits for any number of workers', () => {
  const cases = PAIRS.flatMap(({ compressors = [NONE], config = {}, ...pair }) =>
    compressors.map((compressor) => ({ ...pair, compressor, config })),
  );
  it.each(cases)('$name, $compressor.kind, $config', async ({ name, builtIn, own, compressor, config }) => {
    const reference = await run({ ...config, compressor, flow: builtIn });
    const flow = { kind: 'custom', module: example(name), ...own };
    const hashes = new Set<string>();
    for (const workers of [1, 2, 3, 5]) {
      const { stateHash, x, final } = await run({ ...config, compressor, flow }, workers);
      hashes.add(stateHash);
      expect(distance(x, reference.x)).toBeLessThan(1e-12);
      expect(final.bitsBroadcast).toBe(reference.final.bitsBroadcast);
      expect(final.bitsLinks).toBe(reference.final.bitsLinks);
    }
    expect(hashes.size).toBe(1);
    // Not two runs that never moved.
    expect(distance(reference.x, new Float64Array(reference.x.length))).toBeGreaterThan(0.1);
  });

  it('with threads as without', async () => {
    const flow = { kind: 'custom', module: example('lead'), step: 0.05, gamma: 0.2 };
    const config = complete({ flow, compressor: COMPRESSORS[2] });
    const { stateHash } = await runSequentially(config, 1);
    for (const workers of [1, 2, 3]) {
      const { summary } = await runConfig({ ...config, workers });
      expect(summary.stateHash).toBe(stateHash);
    }
  });
});

const begun = (i: number, c: number) => Math.sin(3 * i + c);
const BEGIN =
  'export function begin({ x, agent }) { for (let c = 0; c < x.length; c++) x[c] = Math.sin(3 * agent + c); }';
const graph = generate(TORUS, 0);
const neighbours = (i: number) =>
  Array.from(graph.columns.subarray(graph.rowStart[i], graph.rowStart[i + 1]));

/** x after one round of a module, by agent. */
async function afterOneRound(source: string, config: Record<string, unknown> = {}): Promise<Float64Array[]> {
  const flow = { kind: 'custom', module: moduleFile(source) };
  const { x } = await run({ flow, rounds: 1, cost: { kind: 'quadratic', dim: 3 }, ...config }, 3);
  const dim = config.cost === undefined ? 3 : 4;
  return Array.from({ length: x.length / dim }, (_, i) => x.slice(i * dim, (i + 1) * dim));
}

describe('what an agent is handed', () => {
  const expected: Record<string, (i: number, c: number) => number> = {
    own: begun,
    sum: (i, c) => neighbours(i).reduce((sum, j) => sum + begun(j, c), 0),
    laplacian: (i, c) => neighbours(i).reduce((sum, j) => sum + begun(i, c) - begun(j, c), 0),
    each: (i, c) => neighbours(i).reduce((sum, j) => sum + begun(j, c) * j, 0),
  };
  const forms = ['raw', 'compressed', 'difference'];
  it.each(forms.flatMap((form) => Object.keys(expected).map((what) => [form, what])))(
    'heard of a message that is %s: %s',
    async (form, what) => {
      const source = `${BEGIN}
        export const messages = { x: { form: '${form}', each: true } };
        export function step({ x, heard }) {
          const { x: message } = heard;
          if ('${what}' !== 'each') { x.set(message.${what}); return; }
          x.fill(0);
          for (const { agent, weight, message: m } of message.each) {
            for (let c = 0; c < x.length; c++) x[c] += weight * m[c] * agent;
          }
        }`;
      const compressor = form === 'raw' ? NONE : { kind: 'top-k', k: 3 };
      for (const [i, x] of (await afterOneRound(source, { compressor })).entries()) {
        for (let c = 0; c < x.length; c++) expect(x[c]).toBeCloseTo(expected[what](i, c), 12);
      }
    },
  );

  it('estimates: each is what the row of the Laplacian is made of, also while links come and go', async () => {
    const source = (what: string) => `${BEGIN}
      export const needs = { changingLinks: true };
      export const messages = { x: { form: 'difference', each: true, gain: 0.4 } };
      export function step({ x, heard: { x: { own, laplacian, each } } }) {
        const row = ${what};
        for (let c = 0; c < x.length; c++) x[c] -= 0.1 * row[c];
      }`;
    const added =
      'own.map((entry, c) => each.reduce((sum, from) => sum + from.weight * (entry - from.message[c]), 0))';
    for (const config of [{}, DROPS]) {
      const compressor = { kind: 'top-k', k: 1 };
      const [rows, sums] = await Promise.all(
        ['laplacian', added].map((what) =>
          afterOneRound(source(what), { ...config, compressor, rounds: 40 }),
        ),
      );
      rows.forEach((x, i) => {
        expect(distance(x, sums[i])).toBeLessThan(1e-13);
      });
    }
  });

  it('its place: agent, agents, round, rounds, dim, degree', async () => {
    const found = await afterOneRound(
      `
      export const messages = { x: 'raw' };
      export function step(me) {
        me.x[0] += 100 * me.round + me.agent;
        me.x[1] = me.agents + me.rounds / 10;
        me.x[2] = me.dim + me.degree / 10;
      }`,
      { rounds: 4, topology: { kind: 'star', nodes: 6 } },
    );
    found.forEach((x, i) => {
      expect(Array.from(x)).toEqual([600 + 4 * i, 6.4, 3 + (i === 0 ? 0.5 : 0.1)]);
    });
  });

  it('draws: by agent and round, others in send than in step', async () => {
    const found = await afterOneRound(`
      export const messages = { noise: { form: 'raw', length: 1 } };
      export function send({ random, out }) { out.noise[0] = random.word(); }
      export function step({ x, random, heard }) {
        random.word();
        x[0] = random.word();
        x[1] = heard.noise.own[0];
      }`);
    found.forEach((x, i) => {
      expect(x[0]).toBe(philoxWords(2, i, 0, STEP_STREAM, [5, 0])[1]);
      expect(x[1]).toBe(philoxWords(1, i, 0, SEND_STREAM, [5, 0])[0]);
    });
  });

  it('its cost: gradient, fullGradient, value and prox', async () => {
    const parts = {
      gradient: 'x.set(gradient(point))',
      fullGradient: 'fullGradient(point, x)',
      value: 'x.fill(value(point))',
      prox: 'prox(point, 0.5, x)',
    };
    const outcome = async (what: keyof typeof parts, config: Record<string, unknown>) =>
      afterOneRound(
        `export const messages = { x: 'raw' };
        export function step({ x, gradient, fullGradient, value, prox }) {
          const point = x.map((_, c) => c / 3);
          ${parts[what]};
        }`,
        config,
      );
    for (const config of [{}, BATCHES]) {
      const [gradient, full, value, prox] = await Promise.all(
        (Object.keys(parts) as (keyof typeof parts)[]).map((what) => outcome(what, config)),
      );
      // Without batches the two are one; the minimum of the prox problem is where its slope vanishes.
      gradient.forEach((g, i) => {
        expect(Array.from(g)).toEqual(Array.from(full[i]));
      });
      const slopes = await afterOneRound(
        `export const messages = { x: 'raw' };
        export function step({ x, prox, gradient }) {
          const point = x.map((_, c) => c / 3);
          const u = prox(point, 0.5);
          const slope = gradient(u);
          for (let c = 0; c < x.length; c++) x[c] = slope[c] + (u[c] - point[c]) / 0.5;
        }`,
        config,
      );
      for (const slope of slopes) for (const entry of slope) expect(Math.abs(entry)).toBeLessThan(1e-10);
      expect(new Set(prox.map(String)).size).toBeGreaterThan(10);
      // Differences of the value are the gradient.
      const nearby = await afterOneRound(
        `export const messages = { x: 'raw' };
        export function step({ x, value }) {
          const point = x.map((_, c) => c / 3);
          for (let c = 0; c < x.length; c++) {
            const [up, down] = [point.slice(), point.slice()];
            up[c] += 1e-5;
            down[c] -= 1e-5;
            x[c] = (value(up) - value(down)) / 2e-5;
          }
        }`,
        config,
      );
      nearby.forEach((g, i) => {
        expect(distance(g, gradient[i])).toBeLessThan(1e-6);
      });
      expect(new Set(value.map(String)).size).toBe(20);
    }
  });

  it('two gradients of one round can be held against each other', async () => {
    const found = await afterOneRound(
      `export const messages = { x: 'raw' };
      export function step({ x, gradient, prox }) {
        const zero = new Float64Array(x.length);
        const answers = [zero, x.map(() => 1), x.map(() => 2), x.map(() => 4)].map((at) => gradient(at));
        const [near, far] = [prox(zero, 1e-9), prox(x.map(() => 1), 1e-9)];
        for (let c = 0; c < x.length; c++) x[c] = answers[3][c] - answers[0][c] - 4 * (answers[1][c] - answers[0][c]);
        x[0] += far[0] - near[0];
      }`,
    );
    // Gradients of quadratics are affine; at a small t a prox stays where it is asked for.
    for (const [first, ...rest] of found) {
      expect(first).toBeCloseTo(1, 6);
      for (const entry of rest) expect(entry).toBeCloseTo(0, 12);
    }
  });

  it('mini-batches: others in every call and round, others in send than in step', async () => {
    const source = (which: string) => `
      export const messages = { sent: 'raw' };
      export function send({ x, gradient, out }) { out.sent.set(gradient(new Float64Array(x.length))); }
      export function step({ x, gradient, heard }) {
        const zero = new Float64Array(x.length);
        const first = heard.sent.own.slice();
        const second = gradient(zero).slice();
        const third = gradient(zero).slice();
        x.set({ first, second, third }['${which}']);
      }`;
    const found = await Promise.all(
      ['first', 'second', 'third'].map(async (which) => {
        const flow = { kind: 'custom', module: moduleFile(source(which)), batch: 2 };
        return (await run({ ...BATCHES, rounds: 2, flow })).x;
      }),
    );
    expect(new Set(found.map((x) => x.join())).size).toBe(3);
  });

  it('a directed graph: in-neighbours are heard, out-neighbours counted', async () => {
    const topology = { kind: 'random-digraph', nodes: 12, averageDegree: 5, seed: 2 };
    const { arcs } = generate(topology, 0);
    const found = await afterOneRound(
      `
      export const needs = { graph: 'directed', outNeighbours: true };
      export const messages = { count: { form: 'raw', length: 1 } };
      export function send({ out, outNeighbours }) { out.count[0] = outNeighbours; }
      export function step({ x, heard: { count: { own, each } } }) {
        x[0] = own[0];
        x[1] = each.length;
        x[2] = each.reduce((sum, { agent }) => sum + 2 ** agent, 0);
      }`,
      { topology },
    );
    found.forEach((x, i) => {
      const heard = Array.from(arcs!.inColumns.subarray(arcs!.inStart[i], arcs!.inStart[i + 1]));
      expect(Array.from(x)).toEqual([
        arcs!.outStart[i + 1] - arcs!.outStart[i],
        heard.length,
        heard.reduce((sum, j) => sum + 2 ** j, 0),
      ]);
    });
  });
});

describe('parameters', () => {
  const source = `
    export const parameters = {
      step: { auto: ({ l, lambdaMax, maxDegree, parameters }) => 1 / (l + lambdaMax + maxDegree), min: 0 },
      twice: { auto: ({ parameters: { step } }) => 2 * step },
      mixing: 0.1,
      variant: 'plain',
      bold: false,
    };
    export const messages = { x: 'raw' };
    export function step({ x, heard, gradient, parameters: { step, twice, mixing, variant, bold } }) {
      if (variant !== 'plain' || bold) throw new Error(variant + bold);
      const slope = gradient(x);
      for (let c = 0; c < x.length; c++) x[c] -= step * slope[c] + mixing * heard.x.laplacian[c] + 0 * twice;
    }`;
  const planned = async (parameters: Record<string, unknown>, rounds = 3) => {
    const flow = { kind: 'custom', module: moduleFile(source), ...parameters };
    return (await prepareRun(await parseConfig(complete({ flow, rounds })), 1)).report;
  };
  const gainsOf = async (parameters: Record<string, unknown>) =>
    (await planned({ tuning: 'formula', ...parameters })).gains as Record<string, number>;

  it('defaults, rules for auto in their order, and what the config says', async () => {
    // l is 10, lambdaMax of the torus 4 + (2 - 2 cos(4 pi / 5)) = 7.618, and everyone has 4 neighbours.
    const automatic = await gainsOf({});
    expect(automatic.step).toBeCloseTo(1 / (10 + 4 + 3.618 + 4), 3);
    expect(automatic.twice).toBeCloseTo(2 * automatic.step, 3);
    expect(automatic.mixing).toBe(0.1);
    expect(await gainsOf({ step: 0.01, mixing: 0.2 })).toEqual({ step: 0.01, twice: 0.02, mixing: 0.2 });
  });

  it('auto is tuned by trial runs of the flow itself', async () => {
    const { tuning, gains } = await planned({}, 300);
    expect(tuning?.method).toBe('pilot');
    expect(gains.step).not.toBe((await gainsOf({})).step);
  });
});

describe('a kernel of one`s own', () => {
  const own = { step: 0.02, alpha: 1, beta: 1, mu: 0.5 };

  it.each(COMPRESSORS)(
    'has the bits of the module without one, for any number of workers: $kind',
    async (compressor) => {
      const hash = async (name: string, workers: number) =>
        (await run({ compressor, flow: { kind: 'custom', module: example(name), ...own } }, workers))
          .stateHash;
      const plain = await hash('primal-dual', 1);
      for (const workers of [1, 2, 3, 5]) expect(await hash('primal-dual-wasm', workers)).toBe(plain);
    },
  );

  it('with threads as without', async () => {
    const flow = { kind: 'custom', module: example('primal-dual-wasm'), ...own };
    const { stateHash } = await run({ flow });
    for (const workers of [1, 2]) {
      expect((await runConfig({ ...complete({ flow }), workers })).summary.stateHash).toBe(stateHash);
    }
  });
});
