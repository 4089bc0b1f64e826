/**
 * `sottovoce profile`, from a config to pages and text. One run is drawn and looked at from all
 * sides.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../dist/src/cli/main.js';
import type { Frame } from '../../src/profile/call-tree.js';
import type { ProfileComparison } from '../../src/profile/comparison.js';
import { differenceOf } from '../../src/profile/difference.js';
import { loadPage, type PageData, type PageFrame, pageFrame } from '../../src/profile/flame-graph.js';
import { temporaryFolder } from '../support/run.js';

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const folder = temporaryFolder();
const config = path.join(folder, 'three.yaml');
// Three agents on two workers: one of them has half of the other's work and waits for it.
writeFileSync(
  config,
  `topology: { kind: ring, nodes: 3 }
cost: { kind: quadratic, dim: 16384 }
flow: { kind: primal-dual, compress: error-state, step: 0.02, alpha: 1, beta: 1 }
compressor: { kind: flatten, inner: { kind: sign } }
rounds: 600
workers: 2
trace: { every: 300 }
`,
);

/** What a page would draw. */
function dataOf(html: string): PageData {
  const [, data] = /<script>const DATA = (.*);<\/script>/.exec(html)!;
  return JSON.parse(data);
}

/** All scripts of a page, one after the other. */
function scriptsOf(html: string): string[] {
  return Array.from(html.matchAll(/<script>(.*?)<\/script>/gs), ([, script]) => script);
}

function all(frame: PageFrame): PageFrame[] {
  return [frame, ...frame.children.flatMap(all)];
}

describe('a profile of a quick run on two workers', () => {
  const out = path.join(folder, 'out');
  const read = (name: string) => readFileSync(path.join(out, name), 'utf8');
  let result: { status: number | null; stdout: string; stderr: string };

  beforeAll(() => {
    // Pipes, so neither a terminal nor a browser.
    const args = [MAIN, 'profile', config, '--out', out, '--rounds', '600', '--interval', '200', '--json'];
    result = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 240_000 });
  });

  it('ends well, with JSON alone on stdout', () => {
    expect(result.status, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      format: 'sottovoce-profile/1',
      name: 'three',
      scope: 'loop',
      workers: 2,
      rounds: 600,
      threads: [{ thread: 'worker 0' }, { thread: 'worker 1' }],
    });
    expect(result.stdout).toBe(read('profile.json'));
  });

  it('writes the files it promises', () => {
    expect(readdirSync(out).sort()).toEqual([
      'hottest.txt',
      'merged.folded',
      'merged.html',
      'profile.json',
      'speedscope.json',
      'worker-0.cpuprofile',
      'worker-0.html',
      'worker-1.cpuprofile',
      'worker-1.html',
    ]);
  });

  it('names the kernels and the barrier, and almost everything else', () => {
    const { merged, threads } = JSON.parse(read('profile.json'));
    const shares = new Map<string, number>(
      merged.frames.map(({ name, share }: { name: string; share: number }) => [
        name.split(' src/')[0],
        share,
      ]),
    );
    for (const kernel of ['gatherSign', 'writeSigns', 'stepPrimalDualError', 'gradientQuadratic', 'radix8']) {
      expect(shares.get(`${kernel} [WASM]`), kernel).toBeGreaterThan(0);
    }
    expect(shares.get('barrierWait')! + (shares.get('barrierSpin') ?? 0)).toBeGreaterThan(0);
    // One worker has two agents, the other one.
    expect(Math.max(...threads.map(({ barrier }: { barrier: number }) => barrier))).toBeGreaterThan(0.1);
    expect(merged.unnamed).toBeLessThan(0.1);
    expect([...shares.keys()].some((name) => /piscina|inspector/.test(name))).toBe(false);
  });

  it('sums up to 100% in the text, for all threads and for each', () => {
    const tables = read('hottest.txt')
      .split('\n\n')
      .filter((section) => section.includes('self time in'));
    expect(tables).toHaveLength(3);
    for (const table of tables) {
      const rows = table.split('\n').filter((line) => line.includes('%') && !line.includes('  time '));
      const sum = rows.reduce((total, row) => total + Number.parseFloat(row), 0);
      expect(Math.abs(sum - 100)).toBeLessThan(1);
      expect(rows.length).toBeLessThanOrEqual(11);
    }
  });

  it('draws pages that stand alone: scripts that parse, no address, no path of this machine', () => {
    for (const name of ['merged.html', 'worker-0.html', 'worker-1.html']) {
      const html = read(name);
      expect(scriptsOf(html)).toHaveLength(2);
      for (const script of scriptsOf(html)) expect(() => new Script(script)).not.toThrow();
      expect(html).not.toMatch(/<(script|link|img)[^>]*\s(src|href)=/);
      expect(html).not.toContain(path.dirname(path.dirname(path.dirname(MAIN))));
      expect(html.length).toBeLessThan(150_000);
    }
    expect(read('merged.html')).toMatch(
      /<title>three, all threads<\/title>[\s\S]*3 agents, 3 edges, dim 16384/,
    );
  });

  it('hides no frame: each says what it is, and each has the time of what it called and its own', () => {
    const { trees, nsPerUs } = dataOf(read('merged.html'));
    expect(nsPerUs).toBeCloseTo(1000 / (3 * 16384 * 600), 12);
    expect(trees.map(({ label }) => label)).toEqual(['As one', 'By thread']);
    const [asOne, byThread] = trees.map(({ tree }) => tree);
    expect(byThread.children.map(({ name }) => name)).toEqual(['worker 0', 'worker 1']);
    expect(asOne.children.map(({ name }) => name.split(' ')[0])).toContain('runRounds');
    expect(asOne.value).toBeGreaterThan(0);
    // Rounding of each to a microsecond.
    expect(Math.abs(byThread.value - asOne.value)).toBeLessThan(all(byThread).length);
    for (const frame of [...all(asOne), ...all(byThread)]) {
      expect(frame.value).toBe(frame.children.reduce((sum, child) => sum + child.value, frame.self));
      const { name, kind } = frame;
      if (name.endsWith('[WASM]')) expect(kind).toBe('kernel');
      if (/^barrier(Wait|Spin)|^wait /.test(name)) expect(kind).toBe('waiting');
      if (/^(runRounds|block|round) /.test(name)) expect(kind).toBe('code');
    }
    const { trees: own } = dataOf(read('worker-1.html'));
    expect(own).toHaveLength(1);
    expect(own[0].tree.children[0].name).toMatch(/^runRounds workers\/round-loop\.ts:\d+$/);
  });

  it('overwrites an earlier profile, and nothing else', async () => {
    writeFileSync(path.join(out, 'worker-7.html'), 'of a run with more workers');
    writeFileSync(path.join(out, 'baseline.json'), '{}');
    expect(await profile(config, '--out', out, '--no-html', '--rounds', '20', '--quiet')).toMatchObject({
      code: 0,
    });
    expect(readdirSync(out).sort()).toEqual([
      'baseline.json',
      'hottest.txt',
      'merged.folded',
      'profile.json',
      'speedscope.json',
      'worker-0.cpuprofile',
      'worker-1.cpuprofile',
    ]);
    expect(JSON.parse(read('profile.json')).rounds).toBe(20);
  });
});

describe('--whole', () => {
  it('has every thread from its start: parsing and preparation as well as the loop', async () => {
    const out = path.join(folder, 'whole');
    const { code, stderr } = await profile(
      config,
      '--whole',
      '--no-html',
      '--quiet',
      '--rounds',
      '50',
      '--out',
      out,
    );
    expect(code, stderr).toBe(0);
    const { scope, rounds, threads } = JSON.parse(readFileSync(path.join(out, 'profile.json'), 'utf8'));
    expect({ scope, rounds }).toEqual({ scope: 'whole', rounds: 50 });
    expect(threads.map(({ thread }: { thread: string }) => thread)).toEqual([
      'main',
      'coordinator',
      'worker 0',
      'worker 1',
    ]);
    const names = (at: number): string[] => threads[at].frames.map(({ name }: { name: string }) => name);
    expect(names(0).some((name) => name.includes('node:internal/modules'))).toBe(true);
    expect(names(2)).toContain('stepPrimalDualError [WASM]');
    // A main thread waits for the run most of the time.
    expect(threads[0].idleSeconds).toBeGreaterThan(0);
  });

  it('refuses a bad config with the words and the exit code of a run', () => {
    const args = [MAIN, 'profile', config, '--whole', '--no-html', '--out', path.join(folder, 'never')];
    args.push('--set', 'topology.nodes=-3');
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 240_000 });
    expect(status).toBe(2);
    expect(stderr).toContain('topology.nodes is -3');
    expect(existsSync(path.join(folder, 'never'))).toBe(false);
  });
});

/** The command line on this thread. */
async function profile(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  const code = await main(['profile', ...args], {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: { NO_COLOR: '1' },
    debug: false,
  });
  return { code, stdout, stderr };
}

describe('bad input is refused before anything runs', () => {
  const file = path.join(folder, 'a-file');
  const full = path.join(folder, 'full');
  writeFileSync(file, '');
  mkdirSync(full);
  writeFileSync(path.join(full, 'thesis.tex'), '');

  it.each([
    [['nowhere.yaml'], 'nowhere.yaml: there is no such file'],
    [[config, '--interval', '10'], '--interval is 10, expected a whole number of microseconds in 50..100000'],
    [[config, '--seconds', '0'], '--seconds is 0, expected a number in (0, 3600].'],
    [[config, '--set', 'rounds=no'], 'rounds'],
    [[config, '--out', file], 'a-file is a file, expected a folder'],
    [[config, '--out', path.join(file, 'below')], 'part of the path is a file'],
    [[config, '--out', full], 'holds more than a profile (thesis.tex)'],
  ])('%j', async (args, says) => {
    const { code, stderr } = await profile(...args, '--no-html');
    expect(stderr).toContain(says);
    expect(code).toBe(2);
    expect(readdirSync(full)).toEqual(['thesis.tex']);
  });

  it('lasts as long as it is told, though the run would be over at once', async () => {
    const out = path.join(folder, 'lasting');
    const args = ['--seconds', '0.2', '--set', 'stop.rmsError=1e9', '--set', 'rounds=1'];
    expect((await profile(config, '--out', out, '--no-html', '-q', ...args)).code).toBe(0);
    expect(JSON.parse(readFileSync(path.join(out, 'profile.json'), 'utf8')).rounds).toBeGreaterThan(1);
    const { code, stderr } = await profile(config, '--seconds', 'soon');
    expect({ code, says: stderr.includes('--seconds is soon, expected a number') }).toEqual({
      code: 2,
      says: true,
    });
  });

  it('says so where the build has no pages', () => {
    const nowhere = pathToFileURL(path.join(folder, 'nowhere.js'));
    expect(() => loadPage(nowhere)).toThrow('built without its pages');
    try {
      loadPage(nowhere);
    } catch (error) {
      expect(error).toMatchObject({ code: 'BAD_INPUT', hint: expect.stringContaining('--no-html') });
    }
  });
});

describe('the page', () => {
  const frame = (name: string, selfUs: number, children: Frame[] = []): Frame => ({
    name,
    kind: name.includes('WASM') ? 'wasm' : 'app',
    file: null,
    selfUs,
    samples: 1,
    children,
  });

  it('is not ended by a name, nor by a title', () => {
    const tree = pageFrame(frame('</script><b>', 1));
    const text = { title: 'a < b & "c"', about: '</p><script>', notes: [] };
    const html = loadPage().around({ trees: [{ label: 'one', tree }], nsPerUs: null }, text);
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(dataOf(html).trees[0].tree.name).toBe('</script><b>');
    expect(html).toContain('<title>a &lt; b &amp; &quot;c&quot;</title>');
  });

  describe('of differences', () => {
    // Half of the rounds: what was before counts half.
    const now = {
      tree: frame('all', 0, [frame('loop a.ts:9', 10, [frame('gather [WASM]', 60)])]),
      coordinates: 50,
    };
    const before = {
      tree: frame('all', 0, [
        frame('loop a.ts:5', 20, [frame('gather [WASM]', 80), frame('gone [WASM]', 8)]),
      ]),
      coordinates: 100,
    };
    const comparison = (told: boolean) =>
      ({
        frames: [{ name: 'gather [WASM]', told }],
        roundsPerSecond: { now: { samples: told ? 10 : 2 } },
      }) as unknown as ProfileComparison;

    it('counts both for the same work, whatever the line, and names what is gone', () => {
      const { tree, gone } = differenceOf(now, before, comparison(false));
      expect(all(tree).map(({ name, value, self, difference }) => [name, value, self, difference])).toEqual([
        ['all', 70, 0, 0],
        ['loop a.ts:9', 70, 10, 0],
        ['gather [WASM]', 60, 60, 20],
      ]);
      expect(gone).toEqual([{ name: 'gone [WASM]', ns: 80 }]);
    });

    it('colours what is beyond chance alone, where that is known', () => {
      const less = {
        ...now,
        tree: frame('all', 0, [frame('loop a.ts:9', 40, [frame('gather [WASM]', 10)])]),
      };
      const { tree } = differenceOf(less, before, comparison(true));
      expect(all(tree).map(({ difference }) => difference)).toEqual([0, 0, -30]);
    });
  });
});

it('the command is taught', async () => {
  const { code, stdout } = await profile('--help');
  expect(code).toBe(0);
  for (const word of ['merged.html', 'hottest.txt', 'barrierWait', '--whole', 'Examples:', 'Exit codes']) {
    expect(stdout).toContain(word);
  }
  // It sends its readers there.
  expect(existsSync('docs/flame-graphs.md')).toBe(true);
});
