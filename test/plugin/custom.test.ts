/**
 * A user's own compressor: first by hand, then through the engine, then everything it can do wrong. The
 * engine's tables (test/engine) run the example's module in every flow.
 */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { philoxWords } from '../../kernels/reference/index.js';
import { STREAM_CUSTOM } from '../../src/compress/custom.js';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import type { CompressorSpec } from '../../src/compress/types.js';
import { loadModules, resolveModules } from '../../src/plugin/modules.js';
import { seedWords } from '../../src/runtime.js';
import { runOnThisThread, type Said } from '../support/command-line.js';
import { runConfig, temporaryFolder } from '../support/run.js';

const MAIN = path.resolve('dist/src/cli/main.js');
const EXAMPLE = fileURLToPath(new URL('../../examples/04-own-compressor/two-level.mjs', import.meta.url));
const folder = temporaryFolder();
const seed = seedWords(9);

let files = 0;
/** A module of its own: what a module is, is remembered by its address. */
function moduleFile(source: string): string {
  const file = path.join(folder, `module-${++files}.mjs`);
  writeFileSync(file, source);
  return file;
}

async function planned(spec: CompressorSpec, dim: number) {
  const resolved = resolveModules(spec, folder, ['compressor']);
  await loadModules(resolved.modules);
  const context = { agents: 4, dim, blockAgents: 1, seed, rounds: 10, path: ['compressor'] };
  return planCompressor(resolved.spec, context);
}

const GOOD = {
  plan: 'export function plan({ dim }) { return { messageBits: 64 * dim, linear: true }; }',
  encode: 'export function encode(error, message) { for (const entry of error) message.float64(entry); }',
  decode:
    'export function decode(message, out) { for (let c = 0; c < out.length; c++) out[c] = message.float64(); }',
};
const withParts = (parts: Partial<typeof GOOD>) => Object.values({ ...GOOD, ...parts }).join('\n');

describe('by hand', () => {
  it('two levels of four numbers', async () => {
    const plan = await planned({ kind: 'custom', module: EXAMPLE }, 4);
    expect(plan).toMatchObject({ messageBits: 136, slotBytes: 24, linear: false, contraction: 0.25 });
    const compress = referenceCompressor(plan, seed);
    // mean|e| is 2, the limit 2.46: 4 is large; 1, 1 and 2 are small, their mean 4/3.
    expect(Array.from(compress(Float64Array.of(1, -1, 2, -4), 0, 0))).toEqual([4 / 3, -4 / 3, 4 / 3, -4]);
  });

  it("random numbers are Philox's, by agent and round, the same for encode and decode", async () => {
    const module = moduleFile(
      withParts({
        encode: `export function encode(error, message, { random, sharedRandom, dim }) {
          for (let c = 0; c < dim; c++) message.float64(c === 0 ? sharedRandom.word() : random.word());
        }`,
        decode: `export function decode(message, out, { random, sharedRandom, dim }) {
          for (let c = 0; c < dim; c++) {
            const [sent, own] = [message.float64(), c === 0 ? sharedRandom.word() : random.word()];
            out[c] = sent === 0 ? 0 : sent === own ? own : -1;
          }
        }`,
      }),
    );
    const compress = referenceCompressor(await planned({ kind: 'custom', module }, 7), seed);
    const key = [seed.low, seed.high] as const;
    const expected = [
      philoxWords(1, 0xffffffff, 5, STREAM_CUSTOM, key)[0],
      ...philoxWords(6, 3, 5, STREAM_CUSTOM, key),
    ];
    expect(Array.from(compress(new Float64Array(7), 5, 3))).toEqual(expected);
  });

  it('bits of a message that varies are those that were written', async () => {
    const module = moduleFile(`
      export const plan = ({ dim }) => ({ maxMessageBits: 8 + 72 * dim });
      export const encode = (error, message) => {
        let count = 0;
        for (const entry of error) if (Math.abs(entry) > 0.1) count++;
        message.bits(count, 8);
        error.forEach((entry, c) => { if (Math.abs(entry) > 0.1) { message.bits(c, 8); message.float64(entry); } });
      };
      export const decode = (message, out) => {
        for (let count = message.bits(8); count > 0; count--) out[message.bits(8)] = message.float64();
      };`);
    const { summary } = await runConfig({
      ...BASE,
      compressor: { kind: 'custom', module },
      workers: 2,
      rounds: 400,
    });
    const { broadcast } = summary.bits;
    // 12 agents, 400 rounds: everyone says at least 8 bits a round, and whole entries beyond them.
    expect((broadcast - 12 * 400 * 8) % 72).toBe(0);
    expect(broadcast).toBeLessThan(12 * 400 * (8 + 72 * 6));
    expect(broadcast).toBeGreaterThan(12 * 400 * 8);
  });
});

const BASE = {
  topology: { kind: 'ring', nodes: 12 },
  cost: { kind: 'quadratic', dim: 6 },
  flow: { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5 },
  rounds: 200,
  seed: 3,
};

describe('in the engine', () => {
  it.each([
    { kind: 'custom', module: EXAMPLE },
    { kind: 'flatten', inner: { kind: 'custom', module: EXAMPLE, threshold: 1.1 } },
    { kind: 'custom', module: 'dithered.mjs' },
  ])('the same bits for 1 and 3 workers: $kind $module', async (compressor) => {
    writeFileSync(
      path.join(folder, 'dithered.mjs'),
      `export const plan = ({ dim }) => ({ messageBits: 64 + dim });
      export function encode(error, message, { random }) {
        const scale = Math.max(...error.map(Math.abs));
        message.float64(scale);
        for (const entry of error) message.bits(entry < scale * (2 * random.uniform() - 1) ? 1 : 0, 1);
      }
      export function decode(message, out) {
        const scale = message.float64();
        for (let c = 0; c < out.length; c++) out[c] = message.bits(1) ? -scale : scale;
      }`,
    );
    const { openSession, parseConfig } = await import('../../dist/src/index.js');
    const hashes = [];
    for (const workers of [1, 3]) {
      const { session, close } = await openSession();
      try {
        await session.prepare({
          config: await parseConfig({ ...BASE, compressor, workers }, { folder }),
          outDir: null,
        });
        hashes.push((await session.start()).summary.stateHash);
      } finally {
        await close();
      }
    }
    expect(hashes[0]).toBe(hashes[1]);
  });

  it('an identity written by a user is the identity, bit for bit', async () => {
    const own = await runConfig({
      ...BASE,
      compressor: { kind: 'custom', module: moduleFile(withParts({})) },
    });
    const ours = await runConfig({ ...BASE, compressor: { kind: 'identity' } });
    expect(own.summary.stateHash).toBe(ours.summary.stateHash);
    expect(own.summary.bits).toEqual(ours.summary.bits);
  });
});

function writeConfig(compressor: string): void {
  writeFileSync(
    path.join(folder, 'run.yaml'),
    `topology: { kind: ring, nodes: 12 }
cost: { kind: quadratic, dim: 6 }
flow: { kind: primal-dual, step: 0.02, alpha: 0.5, beta: 0.5 }
compressor: ${compressor}
rounds: 50
workers: 2
`,
  );
}

/** `sottovoce run` of a config with this module: exit code and message are the contract. */
function run(module: string, compressor = `{ kind: custom, module: ${module} }`): Promise<Said> {
  writeConfig(compressor);
  return runOnThisThread(folder, 'run.yaml', { quiet: true, out: 'out' });
}

/**
 * The same in a process of its own, with the coordinator's thread between the command line and the workers.
 */
function spawned(module: string): Said {
  writeConfig(`{ kind: custom, module: ${module} }`);
  return spawnSync(process.execPath, [MAIN, 'run', 'run.yaml', '--quiet', '--out', 'out'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 240_000,
    env: { ...process.env, NO_COLOR: '1', SOTTOVOCE_DEBUG: '' },
  });
}

describe('what a module does wrong in the run ends it: exit code 1, file, function, agent and round', () => {
  it.each([
    [
      'encode throws',
      { encode: 'export function encode(error) { error.nothing.here; }' },
      /module-\d+\.mjs:2:\d+: encode threw TypeError: Cannot read properties of undefined.* \(agent \d+, round 0\)/,
    ],
    [
      'encode throws later',
      {
        encode: `export function encode(error, message, { round, agent }) {
          if (round === 17 && agent === 8) throw new Error('seventeen');
          for (const entry of error) message.float64(entry);
        }`,
      },
      /module-\d+\.mjs:3:\d+: encode threw Error: seventeen \(agent 8, round 17\)/,
    ],
    [
      'encode writes past its message, field by field',
      {
        encode: 'export function encode(error, message) { for (let c = 0; c < 7; c++) message.float64(1); }',
      },
      /encode threw RangeError: bit 416 is past the end of a message of 384 bits \(agent \d+, round 0\)/,
    ],
    [
      'encode writes past its message, through the view',
      { encode: 'export function encode(error, message) { message.view.setFloat64(48, 1); }' },
      /encode threw RangeError: Offset is outside the bounds of the DataView \(agent \d+, round 0\)/,
    ],
    [
      'encode writes past its message, through the buffer',
      {
        encode:
          'export function encode(error, message) { new Uint8Array(message.view.buffer)[50] = 1; return 384; }',
      },
      /encode wrote past the 48 bytes of its message \(agent \d+, round 0\)/,
    ],
    [
      'encode writes too little',
      { encode: 'export function encode(error, message) { message.float64(1); }' },
      /encode made a message of 64 bits, expected 384 \(plan: messageBits\)/,
    ],
    [
      'encode returns a string',
      { encode: 'export function encode(error, message) { return "384"; }' },
      /encode returned string "384", expected the number of bits, or nothing/,
    ],
    [
      'encode is async',
      { encode: 'export async function encode(error, message) {}' },
      /encode returned a Promise \(it must not be async\)/,
    ],
    [
      'decode leaves NaN',
      {
        decode:
          'export function decode(message, out, { round }) { for (let c = 0; c < 6; c++) out[c] = message.float64(); out[2] /= round < 5 ? 1 : 0; out[2] *= round < 5 ? 1 : 0 }',
      },
      /decode left NaN in entry 2 of out, expected finite numbers \(agent \d+, round 5\)/,
    ],
    [
      'decode returns what it should fill in',
      {
        decode:
          'export function decode(message, out, { round }) { if (round > 1) return new Float64Array(6); }',
      },
      /decode returned a Float64Array, expected nothing: it fills out/,
    ],
    [
      'decode reads past the end',
      {
        decode:
          'export function decode(message, out, { round }) { for (let c = 0; c < 7 && round > 1; c++) message.float64(); }',
      },
      /decode threw RangeError: bit 416 is past the end of a message of 384 bits/,
    ],
  ])('%s', async (_, parts, expected) => {
    const { status, stderr } = await run(moduleFile(withParts(parts)));
    expect(stderr).toMatch(expected);
    expect(stderr).toMatch(/^error: worker \d failed: /);
    expect(status).toBe(1);
  });

  it('and so in a process', () => {
    const { status, stderr } = spawned(
      moduleFile(withParts({ encode: 'export function encode(error) {\n  error.nothing.here;\n}' })),
    );
    expect(stderr).toMatch(
      /^error: worker \d failed: .*module-\d+\.mjs:3:\d+: encode threw TypeError: .* \(agent \d+, round 0\)/,
    );
    expect(status).toBe(1);
  });
});

describe('what can be known before the run is refused before it: exit code 2, and the line of the config', () => {
  beforeAll(() => writeFileSync(path.join(folder, 'notes.txt'), ''));

  const refusals: [string, string, RegExp][] = [
    [
      'a missing file',
      'no-such.mjs',
      /run\.yaml:4:\d+: compressor\.module: .*no-such\.mjs: there is no such file/,
    ],
    ['a folder', '.', /this is a folder, expected a module/],
    [
      'a syntax error',
      moduleFile('export function plan() {\n  return {{;\n}'),
      /module-\d+\.mjs:2: cannot be loaded: SyntaxError/,
    ],
    [
      'a module that throws',
      moduleFile('\nthrow new Error("no");'),
      /module-\d+\.mjs:2:7: cannot be loaded: Error: no/,
    ],
    [
      'an import that is not there',
      moduleFile('import "./gone.mjs";'),
      /cannot be loaded: Error: Cannot find module/,
    ],
    [
      'no decode',
      moduleFile(GOOD.plan + GOOD.encode),
      /exports no function decode, expected plan, encode and decode/,
    ],
    [
      'plan throws',
      moduleFile(
        withParts({ plan: 'export function plan() { throw new Error("bits is 40, expected 1..32"); }' }),
      ),
      /module-\d+\.mjs:1:\d+: plan threw Error: bits is 40, expected 1\.\.32/,
    ],
    [
      'plan returns nothing',
      moduleFile(withParts({ plan: 'export function plan() {}' })),
      /plan returned nothing, expected an object such as/,
    ],
    [
      'plan returns bits under another name',
      moduleFile(withParts({ plan: 'export const plan = () => ({ bits: 3 });' })),
      /plan returned an unknown bits, expected messageBits, maxMessageBits, linear, contraction, data/,
    ],
    [
      'plan returns half a bit',
      moduleFile(withParts({ plan: 'export const plan = () => ({ messageBits: 3.5 });' })),
      /plan returned messageBits 3\.5, expected a whole number/,
    ],
    [
      'plan returns functions',
      moduleFile(withParts({ plan: 'export const plan = () => ({ messageBits: 384, data: () => 1 });' })),
      /plan returned data that cannot be sent to workers/,
    ],
    [
      'silence that is not zero',
      moduleFile(withParts({ decode: 'export function decode(message, out) { out.fill(1); }' })),
      /decode makes 1 of entry 0 of a message whose bits are all zero, expected 0/,
    ],
    [
      'chance of its own',
      moduleFile(
        withParts({
          encode:
            'export function encode(error, message) { for (const entry of error) message.float64(entry * Math.random()); }',
        }),
      ),
      /encode makes two different messages of the same error, agent and round, expected the same one/,
    ],
  ];
  it.each(refusals)('%s', async (_, module, expected) => {
    const { status, stderr } = await run(module);
    expect(stderr).toMatch(expected);
    expect(stderr).toMatch(/^error: run\.yaml:4:\d+: /);
    expect(status).toBe(2);
  });

  it('and so in a process', () => {
    const { status, stderr } = spawned(moduleFile(GOOD.plan + GOOD.encode));
    expect(stderr).toMatch(
      /^error: run\.yaml:4:\d+: .*exports no function decode, expected plan, encode and decode/,
    );
    expect(status).toBe(2);
  });

  it('nested: the path leads to the inner module', async () => {
    const { status, stderr } = await run('', '{ kind: flatten, inner: { kind: custom, module: gone.mjs } }');
    expect(stderr).toMatch(/compressor\.inner\.module: .*gone\.mjs: there is no such file/);
    expect(status).toBe(2);
  });
});
