/**
 * report.html of every kind of run: there, whole, harmless whatever stands in a config, and the same again from
 * the folder's files.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compare, run } from '../../src/index.js';
import { makeReport } from '../../src/library/report.js';
import { checkFolder } from '../../src/output/check-folder.js';
import { asJson, asText } from '../../src/page/html.js';
import type { ReportPayload } from '../../src/page/payload.js';
import { runPage } from '../../src/page/run-page.js';
import { graphFromEdges } from '../../topology/graph.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const quadratic = { kind: 'quadratic', dim: 4 } as const;
const primalDual = { kind: 'primal-dual', step: 0.05, alpha: 1, beta: 1 } as const;
const ring = { topology: { kind: 'ring', nodes: 6 }, cost: quadratic, flow: primalDual } as const;
const EVIL = '</script><img src=x onerror=alert(1)>';

let runs = 0;
async function reportOf(config: Parameters<typeof run>[0], options: Parameters<typeof run>[1] = {}) {
  const outDir = path.join(folder, `run-${++runs}`);
  const { summary } = await run({ workers: 1, ...(config as object) } as Parameters<typeof run>[0], {
    ...options,
    outDir,
  });
  return { outDir, summary, html: readFileSync(path.join(outDir, 'report.html'), 'utf8') };
}

function dataOf(html: string): ReportPayload {
  const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html) ?? [];
  return JSON.parse(json as string);
}

/** What a browser would take for its structure is ours alone. */
function expectWhole(html: string) {
  expect(html.startsWith('<!DOCTYPE html>')).toBe(true);
  expect(html.trimEnd().endsWith('</html>')).toBe(true);
  expect(html.match(/<script/g)).toHaveLength(2);
  expect(html.match(/<\/script/g)).toHaveLength(2);
  expect(html).not.toContain('<img');
  for (const [, tag] of html.matchAll(/ (?:src|href)="([^"]*)"/g)) expect(tag).toMatch(/^#/);
  expect(html).toContain("default-src 'none'");
  const [, script] = /<script>(.*?)<\/script>/s.exec(html) ?? [];
  const hash = createHash('sha256')
    .update(script as string)
    .digest('base64');
  expect(html).toContain(`script-src 'sha256-${hash}'`);
}

describe('text in a page', () => {
  it('is text, whatever it holds', () => {
    expect(asText(EVIL)).toBe('&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;');
    expect(asText(`"'&\u001b[2J`)).toBe('&quot;&#39;&amp;\\u001b[2J');
    expect(asJson({ [EVIL]: '<!--' })).not.toContain('<');
    expect(JSON.parse(asJson({ [EVIL]: '<!--\u2028' }))).toEqual({ [EVIL]: '<!--\u2028' });
  });

  it('in names and labels, too', async () => {
    const edges = [
      [EVIL, 'b'],
      ['b', 'c'],
      ['c', EVIL],
    ] as [string, string][];
    const { html, outDir } = await reportOf({ ...ring, name: EVIL, topology: { edges }, rounds: 5 });
    expectWhole(html);
    expect(dataOf(html).network?.labels).toContain(EVIL);
    expect(checkFolder(outDir).problems).toEqual([]);
  });
});

describe('every run has one', () => {
  const KINDS: [string, Parameters<typeof run>[0], RegExp][] = [
    ['a flow', { ...ring, rounds: 20 }, /6 agents did all 20 rounds/],
    ['one that converged', { ...ring, rounds: 5000, stop: { rmsError: 1e-3 } }, /as asked/],
    [
      'a parameter server',
      {
        program: { kind: 'parameter-server', agents: 4, lambda: 0.3, gamma: 0.05 },
        cost: quadratic,
        rounds: 10,
      },
      /up to the server/,
    ],
    [
      'consensus, whose gap is rounding',
      {
        topology: { kind: 'grid', rows: 3, columns: 3 },
        cost: { kind: 'average', dim: 2, seed: 1 },
        flow: { kind: 'consensus', step: 0.1, alpha: 1 },
        rounds: 50,
      } as never,
      /consensus error/,
    ],
    ['random links', { ...ring, links: { kind: 'drops', rate: 0.2 }, rounds: 10 } as never, /Links change/],
    ['float32', { ...ring, precision: 'float32', rounds: 10 }, /float32/],
    ['one that diverged', { ...ring, flow: { ...primalDual, step: 1e12 }, rounds: 50 }, /diverged/],
    ['one agent', { ...ring, topology: { kind: 'path', nodes: 1 }, rounds: 5 }, /1 agent/],
    ['two agents', { ...ring, topology: { kind: 'path', nodes: 2 }, rounds: 5 }, /1 edge/],
    [
      'a directed graph',
      {
        topology: { kind: 'directed-ring', nodes: 5 },
        cost: quadratic,
        flow: { kind: 'push-sum' },
        rounds: 10,
      } as never,
      /arcs/,
    ],
  ];

  it.each(KINDS)('%s', async (_, config, says) => {
    const { html, summary, outDir } = await reportOf(config);
    expectWhole(html);
    expect(html.replace(/<[^>]*>/g, '')).toMatch(says);
    expect(html).toContain(summary.stateHash);
    const data = dataOf(html);
    for (const { series } of data.panels)
      for (const { values } of series)
        for (const value of values) expect(value === null || Number.isFinite(value)).toBe(true);
    expect(checkFolder(outDir).intact).toContain('report.html');
    expect(statSync(path.join(outDir, 'report.html')).size).toBeLessThan(500_000);
  });

  it('a run that was stopped before its first round', async () => {
    const controller = new AbortController();
    controller.abort();
    const outDir = path.join(folder, 'stopped');
    await run({ ...ring, workers: 1, rounds: 100 } as Parameters<typeof run>[0], {
      outDir,
      signal: controller.signal,
    }).catch(() => {});
    if (existsSync(path.join(outDir, 'summary.json')))
      expectWhole(readFileSync(path.join(outDir, 'report.html'), 'utf8'));
  });

  it('unless its config says no', async () => {
    const outDir = path.join(folder, 'without');
    const { summary } = await run({ ...ring, report: false, rounds: 5, workers: 1 }, { outDir });
    expect(existsSync(path.join(outDir, 'report.html'))).toBe(false);
    expect(summary.files).not.toHaveProperty('report.html');
    const other = await run({ ...ring, rounds: 5, workers: 1 }, { outDir: path.join(folder, 'with') });
    const digest = (name: string) =>
      JSON.parse(readFileSync(path.join(folder, name, 'manifest.json'), 'utf8')).configDigest;
    expect(digest('without')).toBe(digest('with'));
    expect(other.summary.stateHash).toBe(summary.stateHash);
  });

  it('a network of too many edges is a matrix', async () => {
    const { html } = await reportOf({
      ...ring,
      topology: { kind: 'random-regular', nodes: 4000, degree: 4 },
      rounds: 2,
    } as never);
    const { network, tiles } = dataOf(html);
    expect(network).toBe(null);
    expect(tiles?.side).toBe(160);
    expect(html).toContain('adjacency matrix');
    expect(html.length).toBeLessThan(500_000);
  });

  it('of agents that are not drawn one by one nobody is kept: a million take a tenth of the run', async () => {
    const { outDir, summary } = await reportOf({ ...ring, rounds: 2 });
    const rim = new Uint32Array(3999);
    const agent = { label: '', degree: 0 };
    function* oneAtATime() {
      for (let at = 0; at < 4000; at++) {
        agent.degree = at === 0 ? 3999 : 1;
        yield agent;
      }
    }
    const html = runPage({
      manifest: JSON.parse(readFileSync(path.join(outDir, 'manifest.json'), 'utf8')),
      summary,
      rows: [],
      rowCount: 0,
      graph: {
        graph: graphFromEdges(
          4000,
          rim,
          rim.map((_, at) => at + 1),
        ),
        weights: null,
      },
      noGraph: null,
      agents: oneAtATime(),
      disagreement: Float64Array.from({ length: 4000 }, (_, at) => (at === 7 ? Number.NaN : at)),
      noDisagreement: null,
      workers: null,
    });
    const said = (pattern: RegExp) => html.match(pattern)?.[0];
    expect(said(/An agent has .*? at most/)).toBe(
      'An agent has 2 neighbours on average, 1 at least and 3,999 at most',
    );
    expect(said(/In the end an agent is .*?numbers/)).toBe(
      'In the end an agent is 2000 from the mean of all (median; rms over coordinates), the nearest 0, the farthest 4000. 1 agent left no finite numbers',
    );
  });
});

describe('again, from the files of a folder', () => {
  it('is the same to the byte, and the summary knows it', async () => {
    const { html, outDir } = await reportOf({ ...ring, rounds: 30 });
    rmSync(path.join(outDir, 'report.html'));
    expect(checkFolder(outDir).problems.map(({ file }) => file)).toEqual(['report.html']);
    expect(await makeReport(outDir)).toBe(path.join(outDir, 'report.html'));
    expect(readFileSync(path.join(outDir, 'report.html'), 'utf8')).toBe(html);
    expect(checkFolder(outDir).problems).toEqual([]);
  });

  it('of a run that was killed, and of an earlier version with fewer columns', async () => {
    const { outDir } = await reportOf({ ...ring, rounds: 30 });
    const old = path.join(folder, 'old');
    cpSync(outDir, old, { recursive: true });
    for (const name of ['summary.json', 'report.html', 'x.npy', 'agents.csv']) rmSync(path.join(old, name));
    const lines = readFileSync(path.join(old, 'trace.csv'), 'utf8').split('\n');
    writeFileSync(
      path.join(old, 'trace.csv'),
      lines.map((line) => line.split(',').slice(0, 4).join(',')).join('\n'),
    );
    const html = readFileSync(await makeReport(old), 'utf8');
    expectWhole(html);
    expect(html).toContain('ended before it was over');
    expect(dataOf(html).panels.length).toBeGreaterThan(0);
  });

  it('elsewhere, with the folder left as it is', async () => {
    const { outDir } = await reportOf({ ...ring, rounds: 5 });
    const before = readFileSync(path.join(outDir, 'summary.json'), 'utf8');
    const file = await makeReport(outDir, path.join(folder, 'elsewhere.html'));
    expectWhole(readFileSync(file, 'utf8'));
    expect(readFileSync(path.join(outDir, 'summary.json'), 'utf8')).toBe(before);
  });

  it('no folder of a run is refused with what was expected', async () => {
    const empty = path.join(folder, 'empty');
    mkdirSync(empty);
    await expect(makeReport(empty)).rejects.toThrow('is no folder of a run, a comparison or a sweep');
    await expect(makeReport(path.join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'BAD_INPUT' });
    writeFileSync(path.join(empty, 'manifest.json'), '{ "format": "other" }');
    await expect(makeReport(empty)).rejects.toThrow('is no folder');
  });
});

describe('of a comparison', () => {
  it('has its table, curves and who wins, and is made again', async () => {
    const outDir = path.join(folder, 'study');
    await compare(
      [
        {
          topology: { kind: 'ring', nodes: 6 },
          cost: quadratic,
          flow: { kind: 'primal-dual' },
          rounds: 3000,
          stop: { rmsError: 1e-4 },
          name: EVIL,
        },
      ] as never,
      { compressors: ['identity', 'sign'], seeds: [1, 2], trials: 0, jobs: 1, outDir },
    );
    const html = readFileSync(path.join(outDir, 'report.html'), 'utf8');
    expectWhole(html);
    expect(html.replace(/<[^>]*>/g, '')).toMatch(/needs the fewest rounds|no method arrived/);
    const [panel] = dataOf(html).panels;
    expect(panel?.series[0]?.low).toBeDefined();
    expect(panel?.series[0]?.axes?.map(({ key }) => key)).toContain('bits');
    rmSync(path.join(outDir, 'report.html'));
    expect(readFileSync(await makeReport(outDir), 'utf8')).toBe(html);
  });
});
