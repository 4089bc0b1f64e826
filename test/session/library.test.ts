/**
 * The library as a program meets it: errors it can tell apart, calls that make no sense, and an end without
 * `close()`.
 */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import {
  type CompressorModule,
  InputError,
  isInputError,
  isRunError,
  openSession,
  parseConfig,
  RunError,
} from '../../src/index.js';
import { RunSession } from '../../src/session/run-session.js';
import { temporaryFolder } from '../support/run.js';

const CONFIG = {
  topology: { kind: 'ring', nodes: 4 },
  cost: { kind: 'quadratic', dim: 2 },
  flow: { kind: 'primal-dual', step: 0.1, alpha: 1, beta: 1 },
  rounds: 20,
  workers: 1,
};
const folder = temporaryFolder();

async function rejection(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error) => error,
  );
}

describe('over the thread', () => {
  test('what the user can mend is an InputError with its place, what failed is a RunError', async () => {
    const { session, close } = await openSession();
    try {
      const config = await parseConfig({ ...CONFIG, compressor: { kind: 'top-k', k: 12 } });
      const refused = await rejection(session.prepare({ config, outDir: null }));
      expect(refused).toBeInstanceOf(InputError);
      expect(isInputError(refused)).toBe(true);
      expect(isRunError(refused)).toBe(false);
      expect(refused).toMatchObject({ name: 'InputError', code: 'BAD_INPUT', path: ['compressor', 'k'] });
      expect(refused.message).toContain('compressor.k is 12');

      // The session is as new after a refusal.
      const fault = { worker: 0, round: 3, kind: 'throw' } as const;
      await session.prepare({ config: await parseConfig(CONFIG), outDir: null, fault });
      const failed = await rejection(session.start());
      expect(failed).toBeInstanceOf(RunError);
      expect(isRunError(failed)).toBe(true);
      expect(failed).toMatchObject({ name: 'RunError', code: 'WORKER_FAILED' });
      expect((failed.cause as Error).message).toContain('fault on purpose');
    } finally {
      await close();
    }
  });

  test('a config that was not parsed, or not awaited, is told what to call', async () => {
    const opened = await openSession();
    const { session } = opened;
    const cases: [unknown, RegExp][] = [
      [{ config: CONFIG, outDir: null }, /prepare was given config .*expected .*parseConfig/],
      [await parseConfig(CONFIG), /prepare was given a loaded config, expected \{ config/],
      [{ config: parseConfig(CONFIG), outDir: null }, /not plain data/],
      [{ config: await parseConfig(CONFIG) }, /outDir missing, expected a folder, or null/],
      [undefined, /config missing, expected/],
    ];
    for (const [options, message] of cases) {
      const error = await rejection(session.prepare(options as never));
      expect(error).toBeInstanceOf(InputError);
      expect(error.message).toMatch(message);
    }
    expect((await rejection(session.subscribe(5 as never))).message).toMatch(
      /subscribe was given 5, expected a function/,
    );

    await opened[Symbol.asyncDispose]();
    await opened.close();
    const late = await rejection(session.progress());
    expect(late).toBeInstanceOf(RunError);
    expect(late.message).toMatch(/progress\(\) was called after close\(\).*openSession\(\)/);
  });

  test('close() ends what is under way with a sentence', async () => {
    const { session, close } = await openSession();
    await session.prepare({
      config: await parseConfig({ ...CONFIG, rounds: 1e8 }),
      outDir: join(folder, 'closed'),
    });
    const running = rejection(session.start());
    await session.pause();
    await close();
    expect((await running).message).toMatch(/closed while this call was under way/);
  });

  test.each([
    [
      'after an error that was caught',
      'await session.prepare({ config, outDir: null }).catch(() => {});',
      { flow: { kind: 'nonsense' } },
    ],
    [
      'after a run with a subscriber',
      'await session.prepare({ config, outDir: null }); await session.subscribe(() => {}); await session.start();',
      {},
    ],
    ['with nothing done', '', {}],
  ])('a program without close() ends by itself, %s', async (_name, use, change) => {
    const file = join(folder, 'program.mjs');
    const library = new URL('../../dist/src/index.js', import.meta.url);
    const parsed = await parseConfig(CONFIG);
    const loaded = { ...parsed, config: { ...parsed.config, ...change } };
    writeFileSync(
      file,
      `import { openSession } from '${library}';\nconst { session } = await openSession();\nconst config = ${JSON.stringify(loaded)};\n${use}\nconsole.log('end of the program');\n`,
    );
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
      encoding: 'utf8',
      timeout: 240_000,
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'end of the program\n', stderr: '' });
  });
});

describe('calls in an order that makes no sense', () => {
  test('say what to call instead', async () => {
    const session = new RunSession();
    expect((await rejection(session.start())).message).toMatch(/call prepare\(\) first/);
    expect((await rejection(session.step(1))).message).toMatch(/call start\(\) first/);
    expect((await rejection(session.inspect(0))).message).toMatch(/call start\(\) first/);
    const config = await parseConfig(CONFIG);
    const preparing = session.prepare({ config, outDir: null });
    expect((await rejection(session.prepare({ config, outDir: null }))).message).toMatch(
      /await the first prepare/,
    );
    expect((await rejection(session.start())).message).toMatch(/await prepare\(\) before start\(\)/);
    await preparing;
    expect((await rejection(session.prepare({ config, outDir: null }))).message).toMatch(/prepared already/);
    const running = session.start();
    expect((await rejection(session.start())).message).toMatch(/started already.*openSession/);
    expect((await rejection(session.step(0))).message).toMatch(/step is 0, expected/);
    expect((await rejection(session.inspect(4))).message).toMatch(/agent is 4, expected 0\.\.3/);
    expect((await running).summary.status).toBe('finished');
  });

  test('a subscriber that throws ends its own subscription, with a warning, and nothing else', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const session = new RunSession();
    await session.prepare({ config: await parseConfig(CONFIG), outDir: null });
    const rounds: number[] = [];
    await session.subscribe(() => {
      throw new TypeError('mine');
    });
    await session.subscribe((rows) => rounds.push(...rows.map(({ round }) => round)));
    expect((await session.start()).summary.status).toBe('finished');
    expect(rounds.at(-1)).toBe(20);
    expect(warned.mock.calls).toEqual([[expect.stringContaining('told no more: TypeError: mine')]]);
    warned.mockRestore();
  });
});

describe('a module of the user', () => {
  test('in TypeScript is one', async () => {
    const file = join(folder, 'mine.ts');
    writeFileSync(file, 'export const plan: () => object = () => ({ messageBits: 1 });\n');
    const config = await parseConfig({ ...CONFIG, compressor: { kind: 'custom', module: file } });
    const error = await rejection(new RunSession().prepare({ config, outDir: null }));
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(/mine\.ts: exports no function encode/);
  });

  test('in another language is told what is expected', async () => {
    const file = join(folder, 'mine.py');
    writeFileSync(file, 'pass\n');
    const config = await parseConfig({ ...CONFIG, cost: { kind: 'custom', module: file } });
    const error = await rejection(new RunSession().prepare({ config, outDir: null }));
    expect(error.message).toMatch(
      /cost\.module: .*mine\.py: is a \.py file, expected a module \(\.mjs or \.ts\)/,
    );
  });

  test('may have an encode that is declared to return nothing', () => {
    const encode = (error: Float64Array, message: { float64(x: number): void }): void =>
      message.float64(error[0]);
    const typed: CompressorModule['encode'] = encode;
    expect(typed).toBe(encode);
  });
});
