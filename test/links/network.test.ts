/**
 * Networks whose edges differ: rounds last as long as the slowest link that is up, by figures that can be
 * checked by hand.
 */

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const base = {
  topology: { kind: 'path', nodes: 4 },
  cost: { kind: 'quadratic', dim: 8 },
  flow: { kind: 'primal-dual', step: 0.01, alpha: 1, beta: 1 },
  rounds: 10,
  trace: { every: 10 },
};
const secondsOf = async (config: object, workers = 1) =>
  (await runSequentially({ ...base, ...config }, workers)).final.networkSeconds;

describe('a round lasts as long as its slowest link', () => {
  it('512 bits: 20 ms + 512 us on two links, 10 ms + 51.2 ms on the slow one', async () => {
    const edges = [{ between: [1, 2], bandwidth: '10 kbit/s', latency: '10 ms' }];
    const network = { bandwidth: '1 Mbit/s', latency: '20 ms', edges };
    expect(await secondsOf({ network })).toBeCloseTo(10 * (0.01 + 0.0512), 12);
    expect(await secondsOf({ network: { ...network, edges: [] } })).toBeCloseTo(10 * (0.02 + 512e-6), 12);
  });

  it('the same from a table, with labels, empty cells and units', async () => {
    const graph = path.join(folder, 'cities.csv');
    const table = path.join(folder, 'links.csv');
    await writeFile(graph, 'source,target\nBerlin,Paris\nParis,Oslo\nOslo,Rome\n');
    await writeFile(
      table,
      'target,source,latency,bandwidth\nParis,Oslo,10 ms,10 kbit/s\nRome,Oslo,,2 Mbit/s\n',
    );
    const network = { bandwidth: 1e6, latency: 0.02, edges: table };
    expect(await secondsOf({ topology: { file: graph }, network })).toBeCloseTo(10 * (0.01 + 0.0512), 12);
  });

  it('messages of varying length: the longest need not be the slowest', async () => {
    // Rounds 0, 4 and 8 speak, 134 bits each; 7 rounds are silent and take the largest latency.
    const compressor = { kind: 'every', rounds: 4, inner: { kind: 'top-k', k: 2 } };
    const edges = [{ between: [0, 1], bandwidth: 1000, latency: 0 }];
    const network = { bandwidth: 1e6, latency: 0.02, edges };
    expect(await secondsOf({ network, compressor })).toBeCloseTo(3 * 0.134 + 7 * 0.02, 12);
    expect(await secondsOf({ network, compressor }, 3)).toBe(await secondsOf({ network, compressor }));
  });

  it('a link that is down is not waited for, one that comes back carries what was missed', async () => {
    const pairs = path.join(folder, 'pair.edges');
    const rest = path.join(folder, 'rest.edges');
    await writeFile(pairs, '# Nodes: 4\n0 1\n');
    await writeFile(rest, '# Nodes: 4\n1 2\n2 3\n');
    // Rounds 0 and 2: 0-1 is up; rounds 1 and 3: the others. One float64 a message, and a state is no shorter
    // than the one that was missed.
    const config = {
      links: { kind: 'schedule', graphs: [{ file: pairs }, { file: rest }] },
      cost: { kind: 'quadratic', dim: 1 },
      flow: { kind: 'primal-dual', compress: 'error-state', step: 0.01, alpha: 1, beta: 1 },
      rounds: 4,
      network: { bandwidth: 64, latency: 0, edges: [{ between: [2, 3], bandwidth: 32 }] },
    };
    const { final } = await runSequentially({ ...base, ...config }, 2);
    // 0: 64 bits. 1: 128, since one message was missed; on 2-3 at half the rate. 2: 128. 3: 128, at half the
    // rate.
    expect(final.networkSeconds).toBeCloseTo(1 + 4 + 2 + 4, 12);
    expect(final.bitsLinks).toBe(2 * 64 + 4 * 128 + 2 * 128 + 4 * 128);
    expect(final.bitsBroadcast).toBe(2 * 64 + 3 * 128 + 2 * 128 + 3 * 128);
  });
});

describe('ends of edges are names', () => {
  const city = (names: string[]) => {
    const nodes = names.map((label, id) => ({ id, label }));
    return JSON.stringify({ nodes, links: names.slice(1).map((_, at) => ({ source: at, target: at + 1 })) });
  };
  const between = (graph: string, a: string | number, b: string | number) =>
    secondsOf({ topology: { file: graph }, network: { bandwidth: 1, edges: [{ between: [a, b] }] } });

  it('numbers of a file that counts from 1 are those of the file', async () => {
    const graph = path.join(folder, 'from1.txt');
    await writeFile(graph, '1 2\n2 3\n');
    await between(graph, 2, 3);
    await expect(between(graph, 0, 1)).rejects.toThrow(
      'names 0, expected the label of an agent ("1", "2", "3")',
    );
  });

  it('a name that two agents have names neither, and nothing but a whole number is one', async () => {
    const twice = path.join(folder, 'twice.json');
    await writeFile(twice, city(['A', 'B', 'A']));
    await expect(between(twice, 'A', 'B')).rejects.toThrow(
      'names "A", expected a name that one agent has: two are called so',
    );
    const edges = (name: string) => secondsOf({ network: { bandwidth: 1, edges: [{ between: [name, 1] }] } });
    for (const name of ['', '0x0', '00', '1e0', '-1', '4']) {
      await expect(edges(name), name).rejects.toThrow('expected an agent, 0..3');
    }
  });
});

describe('refused', () => {
  it.each([
    [
      [{ between: [0, 2], bandwidth: 1 }],
      'network.edges[0] is between 0 and 2, which the topology does not link',
    ],
    [[{ between: [0, 9] }], 'network.edges[0] names 9, expected an agent, 0..3'],
    [[{ between: [0, 1], bandwidth: '1 Mbit' }], 'network.edges'],
  ])('%j', async (edges, message) => {
    await expect(secondsOf({ network: { bandwidth: 1, edges } })).rejects.toThrow(message);
  });

  const table = path.join(folder, 'table.csv');
  const graph = path.join(folder, 'places.csv');
  const secondsWith = async (rows: string, nodes = 'Berlin,Paris\nParis,Oslo\nOslo,Rome\n', more = {}) => {
    await writeFile(graph, `source,target\n${nodes}`);
    await writeFile(table, rows);
    const topology = { file: graph, ...more };
    const flow = 'directed' in more ? { kind: 'push-sum' } : base.flow;
    const cost = 'directed' in more ? { kind: 'average', dim: 8 } : base.cost;
    return secondsOf({ topology, flow, cost, network: { bandwidth: 1e6, latency: 0, edges: table } });
  };

  it.each([
    [
      'a decimal comma makes a cell more',
      'source,target,latency\nBerlin,Paris,0,5 s\n',
      ':2: the row has 4 cells ("Berlin", "Paris", "0", "5 s"), expected 3: source, target, latency',
    ],
    [
      'a cell too few, after a name of two lines',
      '# of the links\nsource,target,latency\n"Ber\nlin",Paris,1 s\nParis,1 s\n',
      ':5: the row has 2 cells',
    ],
    ['a cell too many', 'source,target,latency\n\nBerlin,Paris,1 s,\n', ':3: the row has 4 cells'],
    [
      'a decimal comma between semicolons',
      'source;target;latency\nBerlin;Paris;0,5 s\n',
      ':2: latency is "0,5 s": expected a number >= 0 with a unit',
    ],
    ['a separator of thousands', 'source,target,bandwidth\nBerlin,Paris,"1,000 bit/s"\n', ':2: bandwidth is'],
    ['a negative latency', 'source,target,latency\nBerlin,Paris,-1 s\n', ':2: latency is "-1 s"'],
    ['hexadecimal', 'source,target,latency\nBerlin,Paris,0x10\n', ':2: latency is "0x10"'],
    [
      'a unit in the header',
      'source,target,latency_ms\nBerlin,Paris,5\n',
      ':1: the header is "source,target,lat',
    ],
    ['a column twice', 'source,target,latency,latency\nBerlin,Paris,1,2\n', ':1: the header is'],
    ['nothing but ends', 'source,target\nBerlin,Paris\n', ':1: the header is "source,target"'],
    [
      'an unknown node',
      'source,target,latency\nBerlin,paris,1\n',
      ':2: names "paris", expected the label of',
    ],
    ['an empty name', 'source,target,latency\n,Paris,1\n', ':2: names "", expected the label of'],
    ['no link', 'source,target,latency\nBerlin,Oslo,1\n', ':2: is between "Berlin" and "Oslo", which the'],
    [
      'an edge with two values',
      'source,target,latency\nBerlin,Paris,1\nParis,Berlin,2\n',
      ':3: is between "Paris" and "Berlin" again, with other values than',
    ],
    ['nothing', '', ' is empty, expected source,target'],
    [
      'what steers a terminal',
      'source,target,latency\n\u001b[31mBerlin,Paris,1\n',
      ':2: names "\\u001b[31mBerlin", expected',
    ],
    ['a quote that never ends', 'source,target,latency\nBerlin,"Paris,1\n', ':2: quoted field unterminated'],
  ])('a table: %s', async (_, rows, message) => {
    const refused = secondsWith(rows);
    await expect(refused).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(refused).rejects.toThrow(`table.csv${message}`);
  });

  it.each([
    ['semicolons', 'Source;Target;Latency\nParis;Berlin;0.5 s\n'],
    ['tabs and CR alone', '"source"\t"target"\t"latency"\rBerlin\tParis\t500 ms\r'],
    ['CR LF, a comment, an empty line', '\uFEFF# ours\r\nlatency,target,source\r\n\r\n0.5,Paris,Berlin\r\n'],
    ['an edge from both ends', 'source,target,latency\nBerlin,Paris,0.5\nParis,Berlin,0.5\n'],
  ])('but reads %s', async (_, rows) => {
    expect(await secondsWith(rows)).toBeCloseTo(10 * (0.5 + 512e-6), 12);
  });

  it('names with # in front are names where the graph has such, and comments elsewhere', async () => {
    const rows = 'source,target,latency\n#a,b,0.5\n';
    expect(await secondsWith(rows, 'a,b\n')).toBeCloseTo(10 * 512e-6, 12);
    const tags = path.join(folder, 'tags.json');
    await writeFile(tags, '{"nodes":[{"id":"#a"},{"id":"b"}],"links":[{"source":"#a","target":"b"}]}');
    const network = { bandwidth: 1e6, latency: 0, edges: table };
    expect(await secondsOf({ topology: { file: tags }, network })).toBeCloseTo(10 * (0.5 + 512e-6), 12);
  });

  it('numbers are written as the graph has them', async () => {
    for (const [name, message] of [
      ['01', 'names "01", expected an agent, 0..3'],
      ['1.0', 'names "1.0"'],
      ['', 'names ""'],
      ['1e0', 'names "1e0"'],
    ]) {
      await writeFile(table, `source,target,latency\n0,${name},1\n`);
      await expect(secondsOf({ network: { bandwidth: 1, edges: table } })).rejects.toThrow(message);
    }
  });

  it('where the graph is directed, a row is the arc from source to target', async () => {
    const both = 'a,b\nb,a\nb,c\nc,a\n';
    const directed = { directed: true };
    const of = (rows: string) => secondsWith(`source,target,latency\n${rows}`, both, directed);
    const plain = await of('a,b,0\n');
    expect((await of('a,b,1\nb,a,3\n')) - plain).toBeCloseTo(10 * 3, 2);
    expect((await of('a,b,1\n')) - plain).toBeCloseTo(10 * 1, 2);
    await expect(of('c,b,1\n')).rejects.toMatchObject({
      message: expect.stringContaining(':2: is between "c" and "b", which the topology does not link'),
      hint: expect.stringContaining('the other direction'),
    });
  });
});
