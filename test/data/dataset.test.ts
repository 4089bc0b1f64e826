import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type DataSource, readDataset } from '../../src/data/dataset.js';
import { writeNpy } from '../../src/data/npy.js';
import { scratchFile, scratchFolder } from '../cost/support.js';

const read = (source: DataSource, more: object = {}) =>
  readDataset(source, { resolve: (path) => path, path: ['cost', 'data'], ...more });

/** The same three samples in every format: (1, 0) -> 1, (0, 2) -> -1, (3, 4) -> 1. */
const LIBSVM = '1 1:1\n-1 2:2\n1 1:3 2:4\n';
const CSV = '1,0,1\n0,2,-1\n3,4,1\n';

async function npyPair(): Promise<{ x: string; y: string }> {
  const folder = scratchFolder();
  await writeNpy(`${folder}/x.npy`, { shape: [3, 2], data: Float64Array.of(1, 0, 0, 2, 3, 4) });
  await writeNpy(`${folder}/y.npy`, { shape: [3], data: Float64Array.of(1, -1, 1) });
  return { x: `${folder}/x.npy`, y: `${folder}/y.npy` };
}

describe('readDataset', () => {
  it('reads the same samples from every format', async () => {
    const dense = { kind: 'dense', values: Float64Array.of(1, 0, 0, 2, 3, 4) };
    const common = { rows: 3, columnCount: 2, labels: Float64Array.of(1, -1, 1), groups: null };
    const lines = Uint32Array.of(1, 2, 3);
    expect(await read(scratchFile('d.csv', CSV))).toMatchObject({ ...common, matrix: dense, lines });
    expect(await read(scratchFile('d.TSV', CSV.replaceAll(',', '\t')))).toMatchObject({
      ...common,
      matrix: dense,
    });
    expect(await read(await npyPair())).toMatchObject({ ...common, matrix: dense, lines: null });
    expect(await read(scratchFile('d.libsvm', LIBSVM))).toMatchObject({
      ...common,
      lines,
      matrix: {
        kind: 'sparse',
        rowStart: Uint32Array.of(0, 1, 2, 4),
        columns: Uint32Array.of(0, 1, 0, 1),
        values: Float64Array.of(1, 2, 3, 4),
      },
    });
  });

  it('goes by `format` where the extension says nothing, or the wrong thing', async () => {
    expect(await read(scratchFile('d.txt', CSV), { format: 'csv' })).toMatchObject({ rows: 3 });
    expect(await read(scratchFile('d.csv', LIBSVM), { format: 'libsvm' })).toMatchObject({ rows: 3 });
    await expect(read('d', { format: 'arff' })).rejects.toThrow(
      'cost.format is "arff", expected one of libsvm, csv, tsv, npy',
    );
  });

  it('reads tables that are packed, by their inner extension', async () => {
    for (const name of ['d.csv.gz', 'D.CSV.GZ']) {
      expect(await read(scratchFile(name, gzipSync(CSV)))).toMatchObject({
        rows: 3,
        matrix: { kind: 'dense' },
      });
    }
    expect(await read(scratchFile('d.tsv.gz', gzipSync(CSV.replaceAll(',', '\t'))))).toMatchObject({
      rows: 3,
    });
  });

  it('refuses what cannot stand between cells', async () => {
    for (const delimiter of ['"', '\n', '\r', '\ufeff']) {
      await expect(read(scratchFile('d.csv', CSV), { delimiter })).rejects.toThrow(
        /^cost\.delimiter is ".*", expected a character that is no quote, line end or byte order mark/,
      );
    }
  });

  it('finds the group column in every format', async () => {
    expect(await read(scratchFile('d.libsvm', LIBSVM), { group: 2 })).toMatchObject({
      groups: ['0', '2', '4'],
      columnCount: 2,
    });
    expect(await read(await npyPair(), { group: 1 })).toMatchObject({
      groups: ['0', '2', '4'],
      columnCount: 2,
    });
    expect(await read(scratchFile('d.csv', CSV), { group: 1 })).toMatchObject({
      groups: ['0', '2', '4'],
      columnCount: 1,
    });
    await expect(read(scratchFile('d.libsvm', LIBSVM), { group: 0 })).rejects.toThrow(
      /no column 0; its columns are numbered 1\.\.2/,
    );
  });

  it('refuses labels that do not fit, and entries that are no numbers', async () => {
    const pair = await npyPair();
    await writeNpy(pair.y, { shape: [2], data: Float64Array.of(1, 1) });
    await expect(read(pair)).rejects.toThrow(
      /y\.npy has shape \(2,\), expected \(3,\): one label for each row of .*x\.npy/,
    );
    for (const shape of [
      [1, 3],
      [3, 1],
    ]) {
      await writeNpy(pair.y, { shape, data: Float64Array.of(1, -1, 1) });
      if (shape[0] === 3) expect(await read(pair)).toMatchObject({ labels: Float64Array.of(1, -1, 1) });
      else await expect(read(pair)).rejects.toThrow(/y\.npy has shape \(1, 3\), expected \(3,\)/);
    }
    await writeNpy(pair.y, { shape: [2], data: Float64Array.of(1, 1) });
    await writeNpy(pair.x, { shape: [2, 2], data: Float64Array.of(1, 2, Infinity, 4) });
    await expect(read(pair)).rejects.toThrow(
      /x\.npy: entry \[1, 0\] \(from 0\) is Infinity, expected a finite number/,
    );
    await writeNpy(pair.x, { shape: [0, 2], data: new Float64Array(0) });
    await expect(read(pair)).rejects.toThrow(/has no samples: its shape is \(0, 2\)/);
  });

  it('refuses a target where there is no choice of one', async () => {
    await expect(read(scratchFile('d', LIBSVM), { target: 1 })).rejects.toThrow(
      /cost\.target is 1, expected no target/,
    );
    await expect(read(await npyPair(), { target: 1 })).rejects.toThrow(
      /cost\.target is 1, expected no target/,
    );
  });

  it('refuses one file where two are needed, and two where one is', async () => {
    await expect(read('x.npy')).rejects.toThrow(/cost\.data is "x\.npy", expected two files/);
    await expect(read({ x: 'a', y: 'b' }, { format: 'csv' })).rejects.toThrow(
      /expected the name of one file/,
    );
  });
});
