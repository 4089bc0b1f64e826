/** agents.csv: which row of x.npy is which node, in every run folder. */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Papa from 'papaparse';
import { expect, test } from 'vitest';
import { writeAgentsCsv } from '../../src/output/agents-csv.js';
import { runConfig, temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
let runs = 0;
async function agentsOf(config: Record<string, unknown>): Promise<string> {
  const outDir = path.join(folder, `run-${runs++}`);
  await runConfig({ rounds: 2, ...config }, { outDir });
  return readFileSync(path.join(outDir, 'agents.csv'), 'utf8');
}
const file = (name: string, text: string) => {
  const at = path.join(folder, name);
  writeFileSync(at, text);
  return at;
};
const quadratic = {
  cost: { kind: 'quadratic', dim: 2 },
  flow: { kind: 'primal-dual', step: 0.01, alpha: 1, beta: 1 },
};

test('labels as in the graph file, quoted as RFC 4180 has it', async () => {
  const labels = ['Oslo, S', 'the "Hub"', ' space', '', 'two\nlines', 'Zürich'];
  const nodes = labels.map((label, id) => ({ id, label }));
  const links = labels.slice(1).map((_, at) => ({ source: 0, target: at + 1 }));
  const text = await agentsOf({
    topology: { file: file('g.json', JSON.stringify({ nodes, links })) },
    ...quadratic,
  });
  const { data, errors } = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });
  expect(errors).toEqual([]);
  expect(data).toEqual(
    labels.map((label, row) => ({ row: String(row), label, degree: row === 0 ? '5' : '1', samples: '' })),
  );
});

test('generated nodes are called by their numbers', async () => {
  expect(await agentsOf({ topology: { kind: 'path', nodes: 3 }, ...quadratic })).toBe(
    'row,label,degree,samples\n0,0,1,\n1,1,2,\n2,2,1,\n',
  );
});

test('numbers of a file stay those of the file, the largest component alone too', async () => {
  const graph = file('gaps.txt', '# Nodes: 6\n4 5\n5 2\n0 1\n');
  expect(await agentsOf({ topology: { file: graph, largestComponent: true }, ...quadratic })).toBe(
    'row,label,degree,samples\n0,2,1,\n1,4,1,\n2,5,2,\n',
  );
});

test('a file that counts from 1 without labels does so here', async () => {
  const header = '%%MatrixMarket matrix coordinate pattern symmetric\n4 4 2\n';
  const graph = file('m.mtx', `${header}3 2\n4 3\n`);
  expect(await agentsOf({ topology: { file: graph, largestComponent: true }, ...quadratic })).toBe(
    'row,label,degree,samples\n0,2,1,\n1,3,2,\n2,4,1,\n',
  );
  const links = { kind: 'schedule', graphs: [{ kind: 'path', nodes: 4 }] };
  expect(await agentsOf({ topology: { file: graph }, links, ...quadratic })).toBe(
    'row,label,degree,samples\n0,1,1,\n1,2,2,\n2,3,2,\n3,4,1,\n',
  );
});

test('samples that every agent holds, on a graph and around a server', async () => {
  const data = file('d.libsvm', '1 1:1\n-1 1:2\n1 2:1\n-1 2:3\n1 1:1 2:1\n');
  const cost = { kind: 'logistic', data, regularization: 0.1 };
  expect(await agentsOf({ topology: { kind: 'path', nodes: 2 }, cost, flow: quadratic.flow })).toBe(
    'row,label,degree,samples\n0,0,1,3\n1,1,1,2\n',
  );
  // Everyone around a server has the one row of x.npy.
  const program = { kind: 'parameter-server', agents: 2, gamma: 0.1, lambda: 1, batch: 'all' };
  expect(await agentsOf({ program, cost })).toBe('row,label,degree,samples\n0,0,1,3\n0,1,1,2\n');
});

test('the links of a schedule are those of all its graphs', async () => {
  const links = {
    kind: 'schedule',
    graphs: [
      { kind: 'star', nodes: 3 },
      { kind: 'path', nodes: 3 },
    ],
  };
  expect(await agentsOf({ topology: { kind: 'path', nodes: 3 }, links, ...quadratic })).toBe(
    'row,label,degree,samples\n0,0,2,\n1,1,2,\n2,2,2,\n',
  );
});

test('an empty label is not a missing field', () => {
  const at = path.join(folder, 'a.csv');
  writeAgentsCsv(at, [{ row: 0, label: '', degree: 0, samples: null }]);
  expect(readFileSync(at, 'utf8')).toBe('row,label,degree,samples\n0,"",0,\n');
});
