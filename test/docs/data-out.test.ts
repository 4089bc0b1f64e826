/**
 * The examples of docs/data-out.md, run as they stand where their program is there: DuckDB everywhere, Python and
 * its packages where they are installed.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/run.js';

const MAIN = path.resolve('dist/src/cli/main.js');
const page = readFileSync('docs/data-out.md', 'utf8');
const folder = temporaryFolder();
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, text]) => text as string,
  );
const python = (code: string) =>
  spawnSync('python3', ['-c', code], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, MPLBACKEND: 'Agg' },
  });
const has = (name: string) => python(`import ${name}`).status === 0;

beforeAll(() => {
  writeFileSync(
    path.join(folder, 'ring.yaml'),
    `topology: { kind: ring, nodes: 6 }
cost: { kind: quadratic, dim: 4 }
flow: { kind: primal-dual }
rounds: 2000
stop: { rmsError: 1.0e-4 }
`,
  );
  const commands = [...page.matchAll(/^ {4}sottovoce (.*)$/gm)].map(([, line]) => line as string);
  expect(commands).toHaveLength(2);
  for (const line of commands) {
    const run = spawnSync('bash', ['-c', `"${process.execPath}" "${MAIN}" ${line}`], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect([run.status, run.stderr]).toEqual([0, expect.anything()]);
  }
  copyFileSync('examples/11-data-out/read_run.py', path.join(folder, 'read_run.py'));
});

async function asked(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql.replaceAll("'study/", `'${folder}/study/`))).getRowObjects();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

describe('DuckDB', () => {
  test.each(blocks('sql'))('%s', async (sql) => {
    const rows = await asked(sql);
    expect(rows.map(({ label, seed }) => [label, seed])).toEqual(
      ['extra', 'one bit'].flatMap((label) => [1, 2, 3, 4].map((seed) => [label, seed])),
    );
  });

  test('curves.parquet has the medians of results.json where they meet the target', async () => {
    const { methods } = JSON.parse(readFileSync(path.join(folder, 'study/results.json'), 'utf8'));
    const ends = await asked(
      `select label, max(round) as last, min(rmsError) as least, min(seeds)::int as seeds
       from 'study/curves.parquet' where axis = 'round' group by label order by label`,
    );
    const cells = await asked(
      `select label, max(roundsToTarget) as last from 'study/results.parquet' group by label order by label`,
    );
    expect(ends.map(({ label, last, seeds }) => ({ label, last, seeds }))).toEqual(
      cells.map(({ label, last }) => ({ label, last, seeds: 4 })),
    );
    for (const { least } of ends) expect(least).toBeLessThanOrEqual(1e-4);
    expect(methods.map(({ label }: { label: string }) => label)).toEqual(['extra', 'one bit']);
  });
});

describe('Python', () => {
  const codes = blocks('python');
  test('has an example for each of its packages', () => expect(codes).toHaveLength(3));

  test.each(codes)('%s', (code) => {
    const needs = [...code.matchAll(/^(?:import|from) (\w+)/gm)].map(([, name]) => name as string);
    const missing = spawnSync('python3', ['--version']).error ? 'python3' : needs.find((name) => !has(name));
    if (missing !== undefined) {
      console.log(`not run: ${missing} is not installed`);
      return;
    }
    const { status, stderr, stdout } = python(code);
    expect([status, stderr]).toEqual([0, '']);
    if (needs.includes('read_run')) expect(stdout).toMatch(/^converged [\d.e-]+ 6\n$/);
  });

  test('read_run does without NumPy', () => {
    if (spawnSync('python3', ['--version']).error) return;
    const code = `import sys; sys.modules['numpy'] = None
from read_run import read_run
run = read_run('runs/one')
print(run['x'], type(run['trace']['gap']).__name__, run['agents'][0]['degree'])`;
    expect(python(code).stdout).toBe('None list 2\n');
  });
});
