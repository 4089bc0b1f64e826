/**
 * A signal to every command that takes its time: the first ends it in good order, with what there is; the
 * second leaves at once. Nothing is half-written, earlier results stay or are replaced whole, nothing is left
 * in the place for temporary files, and the next command can have the folder.
 *
 * Here two commands with one signal each; all with all of them, with `npm run test:chaos`.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/run.js';
import { ALL } from '../support/some.js';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const folder = temporaryFolder();
const temporary = join(folder, 'tmp');
mkdirSync(temporary);
const long =
  'topology: { kind: ring, nodes: 25 }\ncost: { kind: quadratic, dim: 4 }\nflow: { kind: primal-dual, step: 0.05, alpha: 1, beta: 0.3 }\nrounds: 100000000\nworkers: 1\n';
writeFileSync(join(folder, 'long.yaml'), long);
writeFileSync(join(folder, 'short.yaml'), long.replace('100000000', '20'));

const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof CODES;
const signals = (one: Signal): Signal[] => (ALL ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : [one]);

interface Running {
  child: ChildProcess;
  /** Everything that it has printed. */
  printed(): string;
  /** As a shell has it. */
  ended: Promise<number>;
}

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: { ...process.env, _: 'node', NO_COLOR: '1', TMPDIR: temporary },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part) => {
      text += part;
    });
  }
  const ended = new Promise<number>((resolve) => {
    child.once('close', (code, signal) =>
      resolve(code ?? 128 + os.constants.signals[signal as NodeJS.Signals]),
    );
  });
  return { child, printed: () => text, ended };
}

async function until(isSo: () => boolean, { child }: Running): Promise<void> {
  while (!isSo() && child.exitCode === null && child.signalCode === null) await sleep(5);
}

const names = (within = '.') => readdirSync(join(folder, within)).sort();
const hidden = (within = '.') => names(within).filter((name) => name.startsWith('.'));
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

describe('compare', () => {
  const args = (config: string) =>
    ['compare', config, '--out', 'study', '--tune', '0', '--target', 'rmsError=1e-300'] as const;
  const RESULTS = ['results.csv', 'results.json', 'results.parquet'];

  it.each(signals('SIGTERM'))('%s ends the cells, and the next one has the folder', async (signal) => {
    const running = start(...args('long.yaml'));
    await until(() => running.printed().includes('1 cell to run'), running);
    running.child.kill(signal);
    expect(await running.ended).toBe(CODES[signal]);
    expect(hidden('study')).toEqual([]);
    expect(names('study')).toEqual(expect.arrayContaining(RESULTS));
    if (!ALL) return;
    const twice = start(...args('long.yaml'));
    await until(() => twice.printed().includes('1 cell to run'), twice);
    twice.child.kill(signal);
    twice.child.kill(signal);
    expect(await twice.ended).toBe(CODES[signal]);
    expect(hidden('study').filter((name) => name.includes('lock'))).toEqual([]);
    const next = start(...args('short.yaml'));
    expect(await next.ended).toBe(0);
    expect(hidden('study')).toEqual([]);
    expect(JSON.parse(read('study/results.json')).complete).toBe(true);
  });

  it.runIf(ALL)('before it has a folder makes none', async () => {
    const running = start('compare', 'long.yaml', '--out', 'never');
    await sleep(50);
    running.child.kill('SIGINT');
    expect(await running.ended).toBe(130);
    if (existsSync(join(folder, 'never'))) expect(hidden('never')).toEqual([]);
  });
});

describe('a file that is named', () => {
  // Long enough to be caught at it.
  const nodes = ALL ? 3_000_000 : 600_000;
  const generate = () =>
    start('topology', 'generate', 'ring', '--nodes', String(nodes), '--out', 'g.graphml');
  const isWriting = () => hidden().some((name) => name.endsWith('.part'));

  it.each(signals('SIGINT'))('is written to its end after %s, and not at all after two', async (signal) => {
    writeFileSync(join(folder, 'g.graphml'), 'earlier');
    const twice = generate();
    await until(isWriting, twice);
    twice.child.kill(signal);
    await until(() => twice.printed().includes('again to leave at once'), twice);
    twice.child.kill(signal);
    expect(await twice.ended).toBe(CODES[signal]);
    expect(hidden()).toEqual([]);
    if (!ALL) expect(read('g.graphml')).toMatch(/^earlier$|<\/graphml>\n$/);
    const once = generate();
    await until(isWriting, once);
    once.child.kill(signal);
    expect([0, CODES[signal]]).toContain(await once.ended);
    expect(hidden()).toEqual([]);
    expect(read('g.graphml')).toMatch(/<\/graphml>\n$/);
  });

  it.each(ALL ? [0, 100, 200, 300, 400, 500, 600, 700, 800, 900] : [300])(
    'tune --write: the earlier config, or the new one, after %i ms',
    async (ms) => {
      const auto = long.replace('step: 0.05, alpha: 1, beta: 0.3', 'step: auto');
      writeFileSync(join(folder, 'auto.yaml'), auto);
      writeFileSync(join(folder, 'tuned.yaml'), 'earlier\n');
      const running = start('tune', 'auto.yaml', '--write', 'tuned.yaml');
      await sleep(ms);
      running.child.kill('SIGTERM');
      expect([0, 143]).toContain(await running.ended);
      expect(hidden()).toEqual([]);
      expect(read('tuned.yaml')).toMatch(/^earlier\n$|^topology(.*\n)+workers: 1\n$/);
    },
  );
});

describe.runIf(ALL)('certify', () => {
  it.each(signals('SIGTERM'))('%s: an earlier picture stays', async (signal) => {
    writeFileSync(join(folder, 'c.svg'), 'earlier');
    const running = start('certify', 'identity', 'flatten(sign)', '--dim', '200000', '--picture', 'c.svg');
    await sleep(ALL ? 2500 : 600);
    running.child.kill(signal);
    const before = Date.now();
    expect(await running.ended).toBe(CODES[signal]);
    expect(Date.now() - before).toBeLessThan(10_000);
    expect(hidden()).toEqual([]);
    if (!running.printed().includes('identity')) expect(read('c.svg')).toBe('earlier');
  });

  it.runIf(ALL)('what was certified before is shown', async () => {
    let printed = '';
    // The first has been certified after some seconds, on a busy machine after more.
    for (const seconds of [20, 60, 180]) {
      const running = start('certify', 'identity', 'flatten(sign)', '--dim', '300000', '--json');
      await sleep(1000 * seconds);
      running.child.kill('SIGINT');
      expect(await running.ended).toBe(130);
      printed = running.printed();
      if (!printed.includes('nothing was certified')) break;
    }
    expect(printed).toContain('interrupted: what follows was certified before');
  });
});

describe.runIf(ALL)('bench', () => {
  it.each(signals('SIGHUP'))('%s: earlier figures stay, and nothing else does', async (signal) => {
    writeFileSync(join(folder, 'b.json'), 'earlier');
    const running = start('bench', 'startup', '--json', 'b.json');
    await until(() => readdirSync(temporary).length > 0, running);
    running.child.kill(signal);
    expect(await running.ended).toBe(CODES[signal]);
    expect(running.printed()).toContain('interrupted: nothing was written');
    expect(read('b.json')).toBe('earlier');
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe.runIf(ALL)('profile', () => {
  const profile = (...more: string[]) => start('profile', 'long.yaml', '--no-html', '--out', 'prof', ...more);

  it.each(signals('SIGINT'))(
    '%s: a profile of what there was; an earlier one stays until then',
    async (signal) => {
      const first = profile('--seconds', '60');
      await until(() => first.printed().includes('recording for'), first);
      await sleep(300);
      first.child.kill(signal);
      expect(await first.ended).toBe(CODES[signal]);
      const before = existsSync(join(folder, 'prof')) ? names('prof') : [];
      expect(before).toEqual(expect.arrayContaining(['hottest.txt', 'profile.json']));
      expect(hidden('prof')).toEqual([]);
      const { recorded } = JSON.parse(read('prof/profile.json')).time;
      const second = profile('--seconds', '60');
      await until(() => second.printed().includes('recording for'), second);
      second.child.kill(signal);
      second.child.kill(signal === 'SIGINT' ? 'SIGTERM' : 'SIGINT');
      expect([CODES.SIGINT, CODES.SIGTERM, CODES[signal]]).toContain(await second.ended);
      expect(names('prof').filter((name) => !name.startsWith('.'))).toEqual(before);
      if (JSON.parse(read('prof/profile.json')).time.recorded === recorded) {
        expect(statSync(join(folder, 'prof', 'hottest.txt')).size).toBeGreaterThan(0);
      }
      expect(readdirSync(temporary)).toEqual([]);
    },
  );
});

describe.runIf(ALL)('resume', () => {
  it.each(signals('SIGTERM'))(
    '%s: what the run has then is there, and can be gone on with',
    async (signal) => {
      const out = `gone-on-${signal}`;
      const running = start('run', 'long.yaml', '-q', '--out', out);
      await until(() => existsSync(join(folder, out, 'trace.csv')), running);
      running.child.kill(signal);
      expect(await running.ended).toBe(CODES[signal]);
      const rounds = () => JSON.parse(read(`${out}/summary.json`)).rounds as number;
      const before = rounds();
      for (const times of [1, 2]) {
        const resumed = start('resume', out);
        await until(() => /round|workers/.test(resumed.printed().replace(/going on after.*/, '')), resumed);
        await sleep(300);
        for (let i = 0; i < times; i++) resumed.child.kill(signal);
        expect(await resumed.ended).toBe(CODES[signal]);
        expect(rounds()).toBeGreaterThanOrEqual(before);
      }
      const last = start('resume', out, '--rounds', String(rounds() + 50), '-q');
      expect(await last.ended).toBe(0);
      expect(hidden(out)).toEqual([]);
    },
  );
});
