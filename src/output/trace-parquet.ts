/**
 * trace.parquet: the rows of trace.csv with their types, for pandas, polars, DuckDB and R. Made of trace.csv when
 * a run is over, so that a run that went on has all of its rows in it. A group of rows at a time is in memory,
 * however many there are.
 */

import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { type Written, writeWholeLater } from '../../topology/whole-file.js';
import { COLUMNS } from '../trace/ring.js';
import type { TraceRow } from '../trace/row.js';
import { readTraceRows } from './trace-file.js';

/** 65,536 rows took 120 MB while they were written, which is as much as a whole small run. */
const GROUP_ROWS = 8192;
/** Up to so many rows, compressing them takes longer than anything else in the end of a run, and saves a sixth. */
const PLAIN_ROWS = 4096;

/** Throws what the file system throws, with `path`. */
export function writeTraceParquet(csv: string, file: string): Promise<Written> {
  return writeWholeLater(file, parquetPieces(readTraceRows(csv)));
}

/** A column for each of trace.csv: round as INT32, the others as DOUBLE; null where there is no number. */
function* parquetPieces(rows: Iterable<TraceRow>): Generator<Uint8Array> {
  const writer = new ByteWriter();
  const taken = (): Uint8Array => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    return bytes;
  };
  const schema = schemaFromColumnData({ columnData: columnsOf([]) });
  const parquet = new ParquetWriter({ writer, schema, createdBy: 'sottovoce' });
  let group: TraceRow[] = [];
  for (const row of rows) {
    group.push(row);
    if (group.length < GROUP_ROWS) continue;
    parquet.write({ columnData: columnsOf(group), rowGroupSize: GROUP_ROWS });
    yield taken();
    group = [];
  }
  if (group.length > 0) parquet.write({ columnData: columnsOf(group), rowGroupSize: GROUP_ROWS });
  parquet.finish();
  yield taken();
}

const PLAIN = { codec: 'UNCOMPRESSED', encoding: 'PLAIN', statistics: false } as const;

function columnsOf(rows: readonly TraceRow[]) {
  return COLUMNS.map((name) => ({
    name,
    data: rows.map((row) => (Number.isNaN(row[name]) ? null : row[name])),
    type: name === 'round' ? ('INT32' as const) : ('DOUBLE' as const),
    nullable: name !== 'round',
    ...(rows.length <= PLAIN_ROWS && PLAIN),
  }));
}
