/** From two files to who holds what: the rows of a group are at the node of its name, and nowhere else. */

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();

/** x of every agent after one small step from 0 down (a x - y)^2 / 2: proportional to a y of its own rows. */
async function slopes(graph: string, table: string, more: { topology?: object; split?: object } = {}) {
  const [file, data] = [path.join(folder, 'graph.csv'), path.join(folder, 'data.csv')];
  await writeFile(file, graph);
  await writeFile(data, table);
  const config = {
    topology: { file, ...more.topology },
    cost: {
      kind: 'least-squares',
      data,
      regularization: 0,
      split: { kind: 'by-column', column: 'who', ...more.split },
    },
    flow: { kind: 'dgd', step: 1e-9 },
    rounds: 1,
  };
  const x = [...(await runSequentially(config, 2)).x];
  return x.map((entry) => Math.round((entry / Math.max(...x)) * 30));
}

describe('by-column', () => {
  const ring = 'source,target\nBerlin,Paris\nParis,Oslo\nOslo,Berlin\n';
  const rows = (...names: string[]) =>
    `who,a,y\n${names.map((name, k) => `${name},1,${10 * (k + 1)}\n`).join('')}`;

  it('whatever the order of the rows', async () => {
    expect(await slopes(ring, rows('Berlin', 'Oslo', 'Paris'))).toEqual([10, 30, 20]);
    expect(await slopes(ring, rows('Paris', 'Berlin', 'Oslo'))).toEqual([20, 10, 30]);
  });

  it('refused where names differ, and in order where that is said', async () => {
    const other = rows('berlin', 'oslo', 'paris');
    await expect(slopes(ring, other)).rejects.toThrow(
      /data\.csv:2: column who is "berlin", expected the name/,
    );
    expect(await slopes(ring, other, { split: { groups: 'in-order' } })).toEqual([10, 20, 30]);
  });

  it('codes with leading zeros are names', async () => {
    const codes = 'source,target\n01001,10001\n10001,01003\n01003,01001\n';
    expect(await slopes(codes, rows('01003', '01001', '10001'))).toEqual([20, 10, 30]);
    await expect(slopes(codes, rows('1003', '1001', '10001'))).rejects.toThrow('column who is "1003"');
  });

  it('numbers of a file are names, in its largest component too', async () => {
    const apart = 'source,target\n0,1\n2,3\n3,4\n';
    const topology = { largestComponent: true };
    expect(await slopes(apart, rows('4', '2', '3'), { topology })).toEqual([20, 30, 10]);
    await expect(slopes(apart, rows('0', '1', '2'), { topology })).rejects.toThrow(
      'column who is "0", expected the name of a node: 2 of 3 groups are not (groups: "0", "1", "2"; nodes: "2", "3", "4")',
    );
  });
});
