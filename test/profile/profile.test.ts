/**
 * `sottovoce profile`, from a config to pages and text. Drawing costs two seconds, so one run is drawn and
 * looked at from all sides.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../dist/src/cli/main.js';
import type { Frame } from '../../src/profile/call-tree.js';
import { loadZeroX, pageFrom } from '../../src/profile/flame-graph.js';
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

interface PageNode {
  name: string;
  value: number;
  top: number;
  type: string;
  children: PageNode[];
}

/** What a page would draw: the tree of the last call in its script. */
function treesOf(html: string): { merged: PageNode; unmerged: PageNode } {
  const [, data] = /\n {4}visualizer\((\{.*\}), \{[^}]*\}\)\n/.exec(html)!;
  return JSON.parse(data);
}

function scriptOf(html: string): string {
  return html.slice(html.indexOf('<script>') + '<script>'.length, html.lastIndexOf('</script>'));
}

function all(node: PageNode): PageNode[] {
  return [node, ...node.children.flatMap(all)];
}

describe('a profile of a quick run on two workers', () => {
  const out = path.join(folder, 'out');
  const read = (name: string) => readFileSync(path.join(out, name), 'utf8');
  let result: { status: number | null; stdout: string; stderr: string };

  beforeAll(() => {
    // Pipes, so neither a terminal nor a browser.
    const args = [MAIN, 'profile', config, '--out', out, '--rounds', '600', '--interval', '200', '--json'];
    result = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 50_000 });
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

  it('draws pages that stand alone: a script that parses, no address, no path of this machine', () => {
    for (const name of ['merged.html', 'worker-0.html', 'worker-1.html']) {
      const html = read(name);
      expect(() => new Script(scriptOf(html))).not.toThrow();
      expect(html).not.toMatch(/<(script|link|img)[^>]*\s(src|href)=/);
      expect(html).not.toContain(path.dirname(path.dirname(path.dirname(MAIN))));
      expect(html.length).toBeLessThan(450_000);
    }
  });

  it('hides no frame: each says what it is, and each has the time of what it called and its own', () => {
    const { merged, unmerged } = treesOf(read('merged.html'));
    expect(merged.children.map(({ name }) => name)).toEqual(['worker 0', 'worker 1']);
    expect(unmerged.children.map(({ name }) => name.split(' ')[0])).toContain('runRounds');
    expect(merged.value).toBeGreaterThan(0);
    for (const node of [...all(merged), ...all(unmerged)]) {
      expect(['app', 'deps', 'core', 'wasm']).toContain(node.type);
      expect(node.value).toBe(node.children.reduce((sum, child) => sum + child.value, node.top));
    }
    const [single] = treesOf(read('worker-1.html')).unmerged.children;
    expect(single.name).toMatch(/^runRounds workers\/round-loop\.ts:\d+$/);
  });

  it('colours a hot frame red, whatever its share', () => {
    const html = read('merged.html');
    const script = scriptOf(html);
    // The function that turns hue, saturation and lightness into channels, as it stands in the page.
    const begin = script.indexOf('var hslToRgb = function');
    const source = script.slice(begin, script.indexOf('module.exports = hslToRgb', begin));
    const rgb = new Script(`${source}; hslToRgb`).runInNewContext() as (
      h: number,
      s: number,
      l: number,
    ) => number[];
    // 0x's formula for a frame with so many per cent of self time.
    const colour = (percent: number) => Array.from(rgb(10, (66 * (percent + 1)) / 100, 0.8));
    for (const percent of [0, 1, 5, 10, 30, 50, 100]) {
      const [red, green, blue] = colour(percent);
      for (const channel of [red, green, blue]) expect(channel >= 0 && channel <= 255).toBe(true);
      expect(red).toBeGreaterThan(Math.max(green, blue));
    }
    expect(colour(30)).toEqual([255, 0, 0]);
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
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 50_000 });
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

  it('says how to get 0x where it is missing', async () => {
    const missing = async () => {
      throw Object.assign(new Error("Cannot find package '0x'"), { code: 'ERR_MODULE_NOT_FOUND' });
    };
    await expect(loadZeroX([missing, missing])).rejects.toMatchObject({
      code: 'BAD_INPUT',
      hint: expect.stringMatching(/npm ci in .*--no-html/),
    });
  });
});

describe('the page', () => {
  const colours = ['red', 'green', 'blue'].map((name) => `Math.abs(Math.round(${name} * 255))`).join(', ');
  const page = `<html><head></head><body><script>
    f = [${colours}]; a = ' samples)' + ' samples)'
    if (state.renderMergedBtn && !state.visualizeCpuProfile) state.merged ? 'Unmerge' : 'Merge'
    visualizer({"merged":{},"unmerged":{}}, {})
   </script></body></html>`;
  const tree: Frame = {
    name: '</script><b>',
    kind: 'thread',
    file: null,
    selfUs: 1,
    samples: 1,
    children: [],
  };

  it('is not ended by a name', () => {
    const html = pageFrom(page).around(tree, 'a < b & c');
    expect(html.match(/<\/script>/g)).toHaveLength(1);
    expect(treesOf(html).merged.name).toBe('</script><b>');
    expect(html).toContain('<title>a &lt; b &amp; c</title>');
  });

  it.each([
    ['without a tree', page.replace('visualizer(', 'v('), 'it has no tree'],
    ['with other colours', page.replace('red *', 'r *'), 'stands there 2 times, expected 3'],
  ])('%s is refused', (_what, html, says) => {
    expect(() => pageFrom(html)).toThrow(says);
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
