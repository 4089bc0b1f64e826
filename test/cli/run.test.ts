import { describe, expect, test } from 'vitest';
import { InputError, RunError } from '../../src/base/errors.js';
import { defaultDirectory, type RunDependencies, type RunOptions, runCommand } from '../../src/cli/run.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { LOADED } from '../report/fixtures.js';
import { type Fake, type FakeOptions, fakeSession } from './fake-session.js';

interface Rig {
  fake: Fake;
  out: () => string;
  err: () => string;
  exits: number[];
  signal(name: NodeJS.Signals): void;
  run(options?: RunOptions): Promise<number>;
}

function rig(fakeOptions: FakeOptions = {}, dependencies: Partial<RunDependencies> = {}): Rig {
  const fake = fakeSession(fakeOptions);
  const written = { out: '', err: '' };
  const exits: number[] = [];
  let listener: ((signal: NodeJS.Signals) => void) | null = null;
  const terminal: Terminal = {
    stdout: { write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.err += text) },
    env: {},
    debug: false,
  };
  const all: RunDependencies = {
    openSession: async () => ({
      session: fake.session,
      close: async () => {
        fake.closed = true;
      },
    }),
    load: async () => LOADED,
    onSignal(callback) {
      listener = callback;
      return () => {
        listener = null;
      };
    },
    newFolder: (base) => base,
    stopGraceMs: 50,
    exit: (code) => exits.push(code),
    now: () => new Date(2025, 0, 31, 14, 25, 30),
    ...dependencies,
  };
  return {
    fake,
    out: () => written.out,
    err: () => written.err,
    exits,
    signal: (name) => listener?.(name),
    run: (options = {}) => runCommand('profiles/ring.yaml', options, terminal, all),
  };
}

const ends = (summary = {}): FakeOptions => ({ onStart: (fake) => fake.end(summary) });

describe('a run that ends by itself', () => {
  test('prints the plan, then the summary, and closes', async () => {
    const { run, out, err, fake } = rig(ends());
    expect(await run()).toBe(0);
    expect(out().indexOf('memory ')).toBeLessThan(out().indexOf('converged'));
    expect(out()).toContain("agents' log10 gap");
    expect(out()).toMatch(/results {12}runs\/ring-20250131-142530\n/);
    expect(err()).toBe('');
    expect(fake.closed).toBe(true);
  });

  test('--json: the summary alone on stdout, the rest on stderr', async () => {
    const { run, out, err } = rig(ends());
    expect(await run({ json: true })).toBe(0);
    expect(JSON.parse(out())).toMatchObject({ status: 'converged', rounds: 812 });
    expect(err()).toContain('memory ');
  });

  test('--quiet: nothing', async () => {
    const { run, out, err } = rig(ends());
    expect(await run({ quiet: true })).toBe(0);
    expect(out() + err()).toBe('');
  });

  test('--out', async () => {
    const { run, fake } = rig(ends());
    await run({ out: '/somewhere/else' });
    expect(fake.prepared?.outDir).toBe('/somewhere/else');
  });

  test('options become changes of the config', async () => {
    let seen: unknown;
    const { run } = rig(ends(), {
      load: async (_file, changes) => {
        seen = changes;
        return LOADED;
      },
    });
    await run({ workers: 'auto', rounds: '1e3', set: ['flow.step=0.1'] });
    expect(seen).toEqual({
      set: ['flow.step=0.1'],
      overrides: [
        { path: ['workers'], value: 'auto', origin: '--workers auto' },
        { path: ['rounds'], value: 1000, origin: '--rounds 1e3' },
      ],
    });
  });

  test.each([
    ['finished', 0],
    ['diverged', 1],
    ['stopped', 130],
  ] as const)('status %s is exit code %i', async (status, code) => {
    expect(await rig(ends({ status })).run()).toBe(code);
  });

  test('a divergence says what to try, even to the quiet', async () => {
    const { run, err } = rig(ends({ status: 'diverged', rounds: 52, hint: 'try flow.step 0.01' }));
    expect(await run({ quiet: true })).toBe(1);
    expect(err()).toBe('error: the run diverged after 52 rounds\nhint: try flow.step 0.01\n');
  });
});

describe('what goes wrong', () => {
  test('a file that could not be written is said, even to the quiet', async () => {
    const incomplete = { 'x.npy': 'no space is left (ENOSPC)' };
    const { run, err } = rig(ends({ status: 'finished', incomplete }));
    expect(await run({ quiet: true, out: 'here' })).toBe(1);
    expect(err()).toBe('error: here: x.npy could not be written: no space is left (ENOSPC)\n');
  });

  test('bad input is 2, with its hint, and what was started meanwhile is closed', async () => {
    const { run, err, fake } = rig(ends(), {
      load: async () => {
        throw new InputError('ring.yaml:7:6: compressor.k is 12, expected 1..8 (dim)', { hint: 'try 8' });
      },
    });
    expect(await run()).toBe(2);
    expect(err()).toBe('error: ring.yaml:7:6: compressor.k is 12, expected 1..8 (dim)\nhint: try 8\n');
    expect(fake.prepared).toBeNull();
    expect(fake.closed).toBe(true);
  });

  test('bad input found while preparing, recognised by code after crossing threads', async () => {
    const error = Object.assign(new Error('b.npy: there is no such file'), { code: 'BAD_INPUT' });
    const { run, fake } = rig({ prepare: () => Promise.reject(error) });
    expect(await run()).toBe(2);
    expect(fake.closed).toBe(true);
  });

  test('a worker that fails is 1, with its cause', async () => {
    const cause = new Error('heap out of memory');
    const { run, err, out } = rig({
      onStart: (fake) => fake.fail(new RunError('WORKER_FAILED', 'worker 3 failed in round 52', { cause })),
    });
    expect(await run({ json: true })).toBe(1);
    expect(err()).toContain('error: worker 3 failed in round 52\ncaused by: heap out of memory\n');
    expect(JSON.parse(out())).toEqual({ status: 'failed', error: 'worker 3 failed in round 52' });
  });
});

describe('interrupts', () => {
  test('the first Ctrl-C stops after the round, with a summary', async () => {
    const { run, signal, out, err, fake } = rig({ onStart: () => setTimeout(() => signal('SIGINT'), 5) });
    expect(await run()).toBe(130);
    expect(err()).toContain('stopping after this round…');
    expect(out()).toContain('stopped  ring of eight');
    expect(fake.stops).toBe(1);
    expect(fake.closed).toBe(true);
  });

  test('SIGTERM is 143', async () => {
    const { run, signal } = rig({ onStart: () => setTimeout(() => signal('SIGTERM'), 5) });
    expect(await run()).toBe(143);
  });

  test('a closed terminal is 129', async () => {
    const { run, signal, out } = rig({ onStart: () => setTimeout(() => signal('SIGHUP'), 5) });
    expect(await run()).toBe(129);
    expect(out()).toContain('stopped  ring of eight');
  });

  test('what still moves is waited for: rounds, and results on their way', async () => {
    const { run, signal, err, fake } = rig({
      obedient: false,
      onStart: () => setTimeout(() => signal('SIGINT'), 5),
    });
    let asked = 0;
    fake.session.progress = async () => {
      asked++;
      if (asked === 8) fake.end({ status: 'stopped' });
      return { round: Math.min(asked, 4), rounds: 1000, paused: false, ending: asked >= 4, last: null };
    };
    expect(await run()).toBe(130);
    expect(err()).not.toContain('incomplete');
  });

  test('a round of our own is waited for, however long it takes, and so is a call that changes', async () => {
    const { run, signal, err, fake } = rig({
      obedient: false,
      onStart: () => setTimeout(() => signal('SIGINT'), 5),
    });
    let asked = 0;
    fake.session.progress = async () => {
      asked++;
      if (asked === 16) fake.end({ status: 'stopped' });
      const calling = asked < 8 ? null : String(asked);
      return { round: 3, rounds: 1000, paused: false, calling, last: null };
    };
    expect(await run()).toBe(130);
    expect(err()).not.toContain('incomplete');
  });

  test('how long the ending takes is said once of each part that is worth it', async () => {
    const { run, signal, err, fake } = rig({
      obedient: false,
      onStart: () => setTimeout(() => signal('SIGINT'), 5),
    });
    let asked = 0;
    fake.session.progress = async () => {
      asked++;
      if (asked === 8) fake.end({ status: 'stopped' });
      const writing =
        asked < 4 ? { what: 'the hash', secondsLeft: 0.2 } : { what: 'x.npy', secondsLeft: 8 - asked };
      return { round: 3, rounds: 1000, paused: false, ending: true, writing, last: null };
    };
    expect(await run()).toBe(130);
    expect(err()).not.toContain('the hash');
    expect(err().match(/writing x\.npy, about 4 s \(again to leave at once\)/g)).toHaveLength(1);
  });

  test("a user's function that does not return is given up after a while", async () => {
    const { run, signal, err, fake } = rig({
      obedient: false,
      onStart: () => setTimeout(() => signal('SIGINT'), 5),
    });
    fake.session.progress = async () => ({ round: 3, rounds: 9, paused: false, calling: '7 0', last: null });
    expect(await run()).toBe(130);
    expect(err()).toContain('its results are incomplete');
    expect(fake.closed).toBe(true);
  });

  test('the second one leaves at once', async () => {
    const { run, signal, exits, fake } = rig({
      obedient: false,
      onStart: () =>
        setTimeout(() => {
          signal('SIGINT');
          signal('SIGINT');
          fake.end({ status: 'stopped' });
        }, 5),
    });
    await run();
    expect(exits).toEqual([130]);
  });

  test('while preparing there is no round to wait for', async () => {
    const { run, signal, fake } = rig({
      prepare: () => new Promise(() => setTimeout(() => signal('SIGINT'), 5)),
    });
    expect(await run()).toBe(130);
    expect(fake.closed).toBe(true);
    expect(fake.stops).toBe(0);
  });
});

test('a folder is named after the config and the second', () => {
  const now = new Date(2025, 0, 31, 14, 25, 30);
  expect(defaultDirectory(LOADED, 'a/b.yaml', now)).toBe('runs/b-20250131-142530');
  const named = { ...LOADED, config: { ...LOADED.config, name: '../Ring of 8: one bit!' } };
  expect(defaultDirectory(named, 'a/b.yaml', now)).toBe('runs/ring-of-8-one-bit-20250131-142530');
});
