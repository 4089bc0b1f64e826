/** trace.parquet holds what trace.csv holds, as others read it. */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { readTraceRows, traceLine } from '../../src/output/trace-file.js';
import { writeTraceParquet } from '../../src/output/trace-parquet.js';
import { COLUMNS } from '../../src/trace/ring.js';
import type { TraceRow } from '../../src/trace/row.js';
import { row } from '../report/fixtures.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();

async function asked(sql: string) {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(sql);
    return { rows: reader.getRowObjects(), types: reader.columnTypes().map(String) };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function written(name: string, rows: Iterable<TraceRow>): Promise<string> {
  const csv = path.join(folder, `${name}.csv`);
  const lines = Array.from(rows, traceLine);
  writeFileSync(csv, `${COLUMNS.join(',')}\n${lines.join('')}`);
  const file = path.join(folder, `${name}.parquet`);
  const { bytes } = await writeTraceParquet(csv, file);
  expect(bytes).toBe(readFileSync(file).length);
  return file;
}

test('DuckDB reads the same numbers, and null where a field is empty', async () => {
  const file = await written('small', [
    row(0),
    row(5, { gap: 1e-300, rmsError: Number.POSITIVE_INFINITY }),
    row(9),
  ]);
  const { rows, types } = await asked(`select * from '${file}'`);
  expect(types).toEqual(COLUMNS.map((name) => (name === 'round' ? 'INTEGER' : 'DOUBLE')));
  const expected = [...readTraceRows(file.replace('.parquet', '.csv'))].map((each) =>
    Object.fromEntries(COLUMNS.map((name) => [name, Number.isNaN(each[name]) ? null : each[name]])),
  );
  expect(rows).toEqual(expected);
});

test('a run without a row is a table without one', async () => {
  const file = await written('empty', []);
  expect((await asked(`select count(*) as n from '${file}'`)).rows).toEqual([{ n: 0n }]);
});

test('many rows are several groups, one after the other in memory', async () => {
  const count = 70_000;
  const file = await written(
    'long',
    Array.from({ length: count }, (_, k) => row(k, { gap: 1 / (k + 1) })),
  );
  const { rows } = await asked(
    `select count(*)::int as n, max(round) as last, sum(1 / gap) as total, count(accuracy)::int as known from '${file}'`,
  );
  expect(rows).toEqual([
    { n: count, last: count - 1, total: expect.closeTo((count * (count + 1)) / 2, 0), known: 0 },
  ]);
  const groups = await asked(
    `select count(distinct row_group_id)::int as groups from parquet_metadata('${file}')`,
  );
  expect(groups.rows).toEqual([{ groups: 9 }]);
});
