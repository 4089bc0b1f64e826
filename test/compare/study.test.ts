/** Section `study` of a config: a whole comparison in one file. */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../src/compare/grid.js';
import { studyInputs } from '../../src/compare/study.js';
import { isInputError, loadConfig } from '../../src/index.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const BASE = `cost: { kind: quadratic, dim: 4 }
flow: { kind: primal-dual }
topology: { kind: ring, nodes: 6 }
`;

function write(study: string, base = BASE, name = 'study.yaml'): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${base}study:\n${study.replaceAll(/^/gm, '  ')}\n`);
  return file;
}

async function cellsOf(file: string, given: Parameters<typeof studyInputs>[1] = {}) {
  const { inputs, tune } = await studyInputs([file], given);
  const { cells, target } = await makeGrid(inputs);
  return { cells, target, tune };
}

const WHOLE = `graphs:
  ring: ring(nodes=8)
  mine: { file: data/net.edges }
methods:
  EXTRA: extra
  one bit: lead + flatten(sign)
  as specs: { flow: { kind: dgd, step: 0.1 } }
seeds: 1..3
target: { gap: 1.0e-6 }
tune: 7`;

describe('a study', () => {
  it('is graphs, methods, seeds and target, all in one file', async () => {
    const { cells, target, tune } = await cellsOf(write(WHOLE, BASE, 'deep/study.yaml'));
    expect([cells.length, target, tune]).toEqual([18, { quantity: 'gap', bound: 1e-6 }, 7]);
    expect([...new Set(cells.map(({ label }) => label))]).toEqual(['EXTRA', 'one bit', 'as specs']);
    expect([...new Set(cells.map(({ graph }) => graph))]).toEqual(['ring', 'mine']);
    expect(cells.at(-1)?.loaded.config).toMatchObject({
      topology: { file: path.join('data', 'net.edges') },
      flow: { kind: 'dgd', step: 0.1 },
      seed: 3,
    });
  });

  it('yields to whoever asks for something else', async () => {
    const { cells } = await cellsOf(write(WHOLE), {
      seeds: [9],
      flows: 'lead; dgd',
      graphs: 'torus(rows=3, columns=3)',
    });
    expect(cells.map(({ label, graph, seed }) => [label, graph, seed])).toEqual([
      ['lead', 'torus(rows=3, columns=3)', 9],
      ['dgd', 'torus(rows=3, columns=3)', 9],
    ]);
  });

  it('is as --set has it', async () => {
    const { inputs, tune } = await studyInputs([write(WHOLE)], {}, ['study.seeds=4..5', 'study.tune=2']);
    expect([inputs.seeds, tune]).toEqual([[4, 5], 2]);
    await expect(studyInputs([write(WHOLE)], {}, ['study.seeds=x'])).rejects.toThrow('--set study.seeds=x');
  });

  it('is no part of the config of a run', async () => {
    const { config } = await loadConfig(write(WHOLE));
    expect(config['study']).toBeUndefined();
    expect(config.topology).toMatchObject({ kind: 'ring', nodes: 6 });
  });

  it('may be of other configs', async () => {
    writeFileSync(path.join(folder, 'one.yaml'), BASE);
    writeFileSync(path.join(folder, 'two.yaml'), `${BASE}rounds: 77\n`);
    const { cells } = await cellsOf(write('configs: [one.yaml, two.yaml]', '', 'both.yaml'));
    expect(cells.map(({ loaded }) => loaded.config.rounds)).toEqual([1000, 77]);
  });

  it.each([
    ['seeds: 1..x', 'study.yaml:5:10: study.seeds is "1..x": expected whole numbers: 1..10, or 1,2,5..7'],
    ['method: extra', 'did you mean methods'],
    ['target: { gap: 1, rmsError: 1 }', 'study.target has 2 quantities, expected one'],
    ['methods: { a: leed }', 'did you mean lead'],
  ])('%s is refused', async (study, message) => {
    const refusal = await cellsOf(write(study)).catch((error: unknown) => error);
    expect(isInputError(refusal)).toBe(true);
    expect((refusal as Error).message).toContain(message);
  });

  it('may come from a program', async () => {
    const config = {
      cost: { kind: 'quadratic', dim: 4 },
      study: { graphs: ['ring(nodes=5)'], methods: 'extra; lead' },
    };
    const { inputs } = await studyInputs([config], {});
    expect((await makeGrid(inputs)).cells.map(({ label }) => label)).toEqual(['extra', 'lead']);
    await expect(studyInputs([{ study: { seeds: -1 } }], {})).rejects.toThrow('study.seeds is -1');
  });

  it('stands alone', async () => {
    const file = write(WHOLE);
    await expect(studyInputs([file, file], {})).rejects.toThrow('has a section study, expected it alone');
  });
});
