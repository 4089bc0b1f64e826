/**
 * `profile --against...`: repeats in processes of their own, alone and in turns, from the command and from a
 * program. What the figures are is for `told-apart.mjs`; here is that they are of what they say.
 */

import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../dist/src/cli/main.js';
import { type ConfigInput, type ProfileOptions, profile } from '../../dist/src/index.js';
import { turnOf } from '../../src/library/against.js';
import { findBuild } from '../../src/library/turns.js';
import { unfoldStacks } from '../../src/profile/stacks.js';
import { temporaryFolder } from '../support/run.js';
import { ALL } from '../support/some.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);
const read = (...parts: string[]) => readFileSync(at(...parts), 'utf8');
const CONFIG = {
  name: 'few',
  topology: { kind: 'ring', nodes: 20 },
  cost: { kind: 'quadratic', dim: 64 },
  flow: { kind: 'primal-dual', step: 0.02, alpha: 1, beta: 1 },
  rounds: 50,
  stop: { rmsError: 1 },
  workers: 1,
} satisfies ConfigInput;
const config = at('few.yaml');
writeFileSync(config, JSON.stringify(CONFIG));

async function command(...args: string[]) {
  let stdout = '';
  let stderr = '';
  const code = await main(['profile', config, '--no-html', ...args], {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: { NO_COLOR: '1' },
    debug: false,
  });
  return { code, stdout, stderr };
}
const SHORT = ['--repeats', '2', '--seconds', '0.2'];

describe('a profile with repeats', () => {
  beforeAll(async () => {
    expect(await command(...SHORT, '-q', '--out', at('before'))).toMatchObject({ code: 0 });
  });

  it('notes each: rounds timed without the profiler, frames, and how fast the machine was', () => {
    const { repeats, comparison, merged, rounds, seconds } = JSON.parse(read('before', 'profile.json'));
    expect(comparison).toBeNull();
    expect(repeats).toHaveLength(2);
    for (const { nsPerRound, profiledNsPerRound, yardstickNs, frames } of repeats) {
      expect(nsPerRound).toBeGreaterThan(0);
      expect(nsPerRound).toBeLessThan(5 * profiledNsPerRound);
      expect(yardstickNs).toBeGreaterThan(1e5);
      expect(frames['primalDualDense [WASM]']).toBeGreaterThan(0);
    }
    // Beyond the rounds of the config, and its stop.
    expect(rounds).toBeGreaterThan(50);
    expect(merged.seconds).toBeGreaterThan(0.3 * seconds);
  });

  it('leaves its stacks, for tools and for a later profile', () => {
    const tree = unfoldStacks(read('before', 'merged.folded'), 'merged.folded');
    expect(tree.name).toBe('all threads');
    expect(tree.children.map(({ name }) => name.replace(/:\d+$/, ''))).toContain(
      'runRounds workers/round-loop.ts',
    );
  });

  it('is compared with, even into the same folder; two repeats are no verdict', async () => {
    cpSync(at('before'), at('same'), { recursive: true });
    const { code, stdout } = await command(...SHORT, '--against', at('same'), '--out', at('same'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/this build, against .*same: 2 repeats, against 2 that were recorded/);
    expect(stdout).toContain('the machine itself: a fixed loop takes');
    expect(stdout).toContain('so few repeats say nothing of it: give 8 or more');
    const { comparison, repeats } = JSON.parse(read('same', 'profile.json'));
    expect(comparison).toMatchObject({ verdict: 'unknown', inTurns: false, warnings: [] });
    expect(repeats).toHaveLength(2);
    expect(stdout).toContain(read('same', 'comparison.txt').trim());
  });

  it.runIf(ALL)('so is a baseline of profiles/: the same run, recorded by npm run profile', async () => {
    const { comparison } = await profile('profiles/ring-topk.yaml', {
      against: 'profiles/ring-topk',
      repeats: 1,
      seconds: 0.2,
    });
    expect(comparison?.before).toBe('profiles/ring-topk');
    expect(comparison?.warnings.filter((warning) => /agents|edges|dim|compressor/.test(warning))).toEqual([]);
    expect(
      comparison?.frames.find(({ name }) => name === 'encodeSparse [WASM]')?.before.median,
    ).toBeGreaterThan(0);
  });

  it.runIf(ALL)('one that was recorded once is shown beside it, and says what it lacks', async () => {
    await command('--seconds', '0.2', '-q', '--out', at('once'));
    const { comparison } = await profile(config, { against: at('once'), repeats: 1, seconds: 0.1 });
    expect(comparison?.verdict).toBe('unknown');
    expect(comparison?.warnings).toEqual(['it was recorded once: record it with --repeats 10 for a verdict']);
    expect(comparison?.frames.map(({ name }) => name)).toContain('primalDualDense [WASM]');
  });
});

describe('in turns', () => {
  it('another config: each side has its own work', async () => {
    const other = { ...CONFIG, name: 'wide', cost: { kind: 'quadratic', dim: 1024 } } satisfies ConfigInput;
    const options = { againstConfig: other, repeats: 1, seconds: 0.1 } as const;
    const { comparison, report } = await profile(
      { ...CONFIG, cost: { kind: 'quadratic', dim: 64 } },
      options,
    );
    expect(comparison).toMatchObject({ now: 'few', before: 'wide', inTurns: true, drift: null });
    // 16 times the coordinates.
    expect(comparison?.change.estimate).toBeLessThan(-0.5);
    expect(report.dim).toBe(64);
    expect(report.comparison).toEqual(comparison);
  });

  it('another build: its own files run, and its frames have their names', async () => {
    const copy = at('copy');
    mkdirSync(copy);
    cpSync(path.join(root, 'dist'), path.join(copy, 'dist'), { recursive: true });
    cpSync(path.join(root, 'package.json'), path.join(copy, 'package.json'));
    symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
    const { comparison } = await profile(config, { againstBuild: copy, repeats: 1, seconds: 0.2 });
    expect(comparison?.before).toContain('copy');
    const dense = comparison?.frames.find(({ name }) => name === 'primalDualDense [WASM]');
    expect(dense?.now.median).toBeGreaterThan(0);
    expect(dense?.before.median).toBeGreaterThan(0);
    // Nothing of it is in a file that only a machine knows.
    expect(comparison?.frames.filter(({ name }) => /dist\/|\/tmp/.test(name))).toEqual([]);
  });

  it('a run that fails says so', async () => {
    const bad = {
      ...CONFIG,
      flow: { kind: 'primal-dual', step: 1e6, alpha: 1, beta: 1 },
    } satisfies ConfigInput;
    const refused = profile({ ...bad, cost: { kind: 'quadratic', dim: 4 } }, { repeats: 1, seconds: 0.1 });
    await expect(refused).rejects.toThrow(/the run ended \(diverged\) after \d+ rounds/);
  });

  it('ends when it is told to', async () => {
    const signal = AbortSignal.timeout(300);
    await expect(profile(config, { repeats: 50, signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('a turn', () => {
  const ns = 1000;
  it('is a round without the time in which its worker was put aside', () => {
    const threads = [
      { onCoreNs: 5, putAsideNs: 900 },
      { onCoreNs: 600, putAsideNs: 300 },
    ];
    expect(turnOf({ rounds: 10, ns, threads }, 1)).toEqual({ ns: 70, onCoreNs: 60, putAside: 0.3 });
  });

  it('is no shorter than its worker was on a core, and no longer than the clock says', () => {
    // Put aside before the first round.
    expect(turnOf({ rounds: 1, ns, threads: [{ onCoreNs: 800, putAsideNs: 900 }] }, 1).ns).toBe(800);
    expect(turnOf({ rounds: 1, ns, threads: [{ onCoreNs: 1100, putAsideNs: 0 }] }, 1).ns).toBe(1000);
  });

  it('counts time asleep, which no core saw', () => {
    expect(turnOf({ rounds: 1, ns, threads: [{ onCoreNs: 400, putAsideNs: 0 }] }, 1).ns).toBe(1000);
  });

  it('of two workers loses what either was put aside; where nothing is known, the clock counts', () => {
    const threads = [
      { onCoreNs: 600, putAsideNs: 100 },
      { onCoreNs: 500, putAsideNs: 200 },
    ];
    expect(turnOf({ rounds: 1, ns, threads }, 2).ns).toBe(700);
    expect(turnOf({ rounds: 4, ns, threads: [] }, 2)).toEqual({ ns: 250, onCoreNs: null, putAside: null });
  });
});

describe('is refused before anything runs', () => {
  it.each([
    [
      ['--against', 'a', '--against-build', 'b'],
      '--against and --against-build are given, expected one of them',
    ],
    [['--against', at('nowhere')], 'nowhere holds no profile: it has no profile.json'],
    [['--against-build', folder], 'holds no built copy of this package'],
    [['--against-config', at('none.yaml')], 'none.yaml: there is no such file'],
    [['--repeats', '0'], '--repeats is 0, expected a whole number in 1..1000'],
    [['--repeats', '2', '--whole'], '--whole is given with --repeats'],
    [['--against-build', root, '--rounds', '10'], '--rounds is given with --against-build'],
    [['--fail-slower', '5%'], '--fail-slower is given alone'],
    [['--fail-slower', '5', '--against', 'a'], '--fail-slower is 5, expected a percentage such as 5%'],
    [
      ['--fail-slower', '5%', '--repeats', '7', '--against', 'a'],
      '--repeats is 7 with --fail-slower, expected 8 or more',
    ],
  ])('%j', async (args, says) => {
    const { code, stderr } = await command(...args);
    expect(stderr).toContain(says);
    expect(code).toBe(2);
  });

  it.each<[ProfileOptions, string]>([
    [{ failSlower: 0.05 }, 'failSlower is given alone, expected what to compare with as well'],
    [{ failSlower: 5, against: 'a' }, 'failSlower is 5, expected a part in 0..1 such as 0.05'],
    [{ failSlower: -0.1, against: 'a' }, 'failSlower is -0.1, expected'],
    [{ failSlower: '5%' as unknown as number, against: 'a' }, 'failSlower is "5%", expected'],
    [{ failSlower: 0.05, repeats: 7, againstBuild: 'b' }, 'repeats is 7 with failSlower, expected 8 or more'],
  ])('%j, of a program', async (options, says) => {
    await expect(profile(config, options)).rejects.toThrow(says);
  });

  it.each([
    ['no json', '{', 'is no JSON'],
    ['other', '{"format":"sottovoce-profile/9"}', 'has the format sottovoce-profile/9'],
    ['null', 'null', 'names no format, expected sottovoce-profile/1'],
    ['its format alone', '{"format":"sottovoce-profile/1"}', 'has no merged.frames, expected the whole file'],
    [
      'its frames alone',
      '{"format":"sottovoce-profile/1","scope":"loop","merged":{"frames":[]}}',
      'has no machine, expected the whole file',
    ],
    ['whole', '{"format":"sottovoce-profile/1","scope":"whole","merged":{"frames":[]}}', 'a whole run'],
  ])('a profile.json that is %s', async (name, text, says) => {
    mkdirSync(at(name));
    writeFileSync(at(name, 'profile.json'), text);
    await expect(profile(config, { against: at(name) })).rejects.toThrow(says);
  });

  it('options of a program', async () => {
    await expect(profile(config, { repeats: 0 })).rejects.toThrow('repeats is 0');
    await expect(profile(config, { repeats: 2, rounds: 5 })).rejects.toThrow('rounds is given with repeats');
    await expect(profile(config, { against: 'a', againstBuild: 'b' })).rejects.toThrow(
      'expected one of them',
    );
  });

  it('a build is found by its folder, by its dist, and where npm put it', () => {
    const { index } = findBuild(root);
    expect(findBuild(path.join(root, 'dist')).index).toBe(index);
    const installed = at('prefix', 'node_modules', 'sottovoce');
    mkdirSync(path.join(installed, 'dist', 'src'), { recursive: true });
    writeFileSync(path.join(installed, 'dist', 'src', 'index.js'), '');
    expect(findBuild(at('prefix')).index).toContain('prefix/node_modules/sottovoce/dist/src/index.js');
  });
});
