/**
 * Schedules of graphs in files: nodes are agents by name, whatever the order and the format in which a file
 * says them.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { writeNpy } from '../../src/data/npy.js';
import { prepareRun } from '../../src/session/prepare.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const file = (name: string, text: string) => {
  const at = path.join(folder, name);
  writeFileSync(at, text);
  return at;
};
const values = path.join(folder, 'values.npy');
await writeNpy(values, { shape: [4, 1], data: Float64Array.of(0, 1, 10, 100) });

const day = file('day.csv', 'source,target\nA,B\nB,C\nC,D\n');
const base = {
  cost: { kind: 'average', dim: 1 },
  init: values,
  flow: { kind: 'consensus', step: 0.5, alpha: 1 },
  rounds: 1,
};
const configOf = (topology: string | object, graphs: (string | object)[]) => {
  const spec = (one: string | object) => (typeof one === 'string' ? { file: one } : one);
  return { ...base, topology: spec(topology), links: { kind: 'schedule', graphs: graphs.map(spec) } };
};
const endOf = async (topology: string | object, ...graphs: (string | object)[]) => [
  ...(await runSequentially({ ...configOf(topology, graphs), rounds: graphs.length }, 2)).x,
];
const warningsOf = async (topology: string, ...graphs: string[]) =>
  (await prepareRun(await parseConfig(configOf(topology, graphs)), 1)).report.warnings.join('\n');
const refusal = (topology: string, ...graphs: string[]) =>
  expect(async () => prepareRun(await parseConfig(configOf(topology, graphs)), 1)).rejects;

describe('nodes are agents by name', () => {
  // D-C, C-A, A-B by hand: A 0 -> 0 + (10 + 1)/2, B 1 -> 1/2, C 10 -> 10 + (90 - 10)/2, D 100 -> 100 - 90/2.
  const expected = [5.5, 0.5, 50, 55];
  it.each([
    ['night.csv', 'source,target\nD,C\nC,A\nA,B\n'],
    [
      'night.gml',
      'graph [ node [ id 9 label "D" ] node [ id 8 label "C" ] node [ id 7 label "B" ] node [ id 6 label "A" ] edge [ source 9 target 8 ] edge [ source 8 target 6 ] edge [ source 6 target 7 ] ]',
    ],
    [
      'night.json',
      '{"nodes": [{"id": "C"}, {"id": "D"}, {"id": "A"}, {"id": "B"}], "links": [{"source": "C", "target": "D"}, {"source": "C", "target": "A"}, {"source": "B", "target": "A"}]}',
    ],
    [
      'night.graphml',
      '<graphml><graph><node id="D"/><node id="B"/><node id="A"/><node id="C"/><edge source="D" target="C"/><edge source="C" target="A"/><edge source="A" target="B"/></graph></graphml>',
    ],
  ])('%s', async (name, text) => {
    expect(await endOf(day, file(name, text))).toEqual(expected);
  });

  it('numbers are names too', async () => {
    // Agents 3, 5, 8, 9 in this order; 9-8, 8-3, 3-5 is D-C, C-A, A-B.
    const numbered = file('numbered.txt', '3 5\n5 8\n8 9\n');
    expect(await endOf(numbered, file('reversed.txt', '9 8\n8 3\n3 5\n'))).toEqual(expected);
  });

  it('numbers are those of the file: Matrix Market counts from 1', async () => {
    const mtx = (name: string, entries: string) =>
      file(name, `%%MatrixMarket matrix coordinate pattern symmetric\n4 4 3\n${entries}`);
    // Agents 1, 2, 3, 4 are A, B, C, D.
    const path = mtx('day.mtx', '2 1\n3 2\n4 3\n');
    for (const night of [file('night.txt', '4 3\n3 1\n1 2\n'), mtx('night.mtx', '4 3\n3 1\n2 1\n')]) {
      expect(await endOf(path, night)).toEqual(expected);
    }
    await refusal(path, file('zero.txt', '0 1\n1 2\n')).toThrow(
      /has a node "0", expected the name of an agent \(1\.\.4\)/,
    );
  });

  it('generated graphs are numbered as the agents are', async () => {
    expect(await endOf(day, { kind: 'path', nodes: 4 })).toEqual(await endOf(day, day));
  });

  it('one after the other, each by its own names', async () => {
    const pairs = file('pairs.csv', 'source,target\nC,D\nB,A\n');
    const across = file('across.csv', 'source,target\nD,A\nC,B\n');
    // A, B = 1/2; C, D = 55; then A, D and B, C meet.
    expect(await endOf(day, pairs, across)).toEqual([27.75, 27.75, 27.75, 27.75]);
  });
});

describe('directed graphs', () => {
  const forth = { file: file('forth.csv', 'source,target\nB,A\nC,B\nD,C\nA,D\n'), directed: true };
  const back = { file: file('back.csv', 'source,target\nD,A\nC,D\nB,C\nA,B\n'), directed: true };
  const skip = { file: file('skip.csv', 'source,target\nA,C\nC,A\nB,D\nD,B\n'), directed: true };
  const chord = { file: file('chord.csv', 'source,target\nB,A\nC,B\nA,C\n'), directed: true };

  it('arcs by name: a pulls towards whom it hears in that round', async () => {
    // A, B, C, D = 0, 1, 10, 100: first A hears B, B C, C D, D A, then the other way round.
    expect(await endOf(day, forth)).toEqual([0.5, 5.5, 55, 50]);
    expect(await endOf(day, forth, back)).toEqual([25.25, 3, 30.25, 52.5]);
  });

  it('an edge among arcs is one each way', async () => {
    const edges = file('edges.csv', 'source,target\nA,C\nB,D\n');
    expect(await endOf(day, forth, edges)).toEqual(await endOf(day, forth, skip));
  });

  it('of balanced graphs, whose union is not balanced, consensus ends at the average', async () => {
    // All arcs together: A hears B and C, B hears C, C hears A and D, D hears A; A is heard by two, C by two,
    // D by one.
    const config = { ...configOf(day, [forth, chord]), rounds: 200 };
    for (const entry of (await runSequentially(config, 2)).x) expect(entry).toBeCloseTo(27.75, 10);
    const automatic = { ...config, flow: { kind: 'consensus', tuning: 'formula' }, rounds: 2000 };
    for (const entry of (await runSequentially(automatic, 1)).x) expect(entry).toBeCloseTo(27.75, 10);
  });

  it('refused: consensus over graphs that are not balanced, a union that is not strongly connected', async () => {
    const one = { file: file('one.csv', 'source,target\nA,B\n'), directed: true };
    await expect(endOf(day, forth, one)).rejects.toThrow(
      'consensus with compress none needs everyone to hear as many as hear it, and agent A does not',
    );
    const both = { file: file('both.csv', 'source,target\nA,B\nB,A\n'), directed: true };
    await expect(endOf(day, one, both)).rejects.toThrow(/not strongly connected/);
    await expect(endOf(day, forth, back, one)).rejects.toThrow('which has graphs that are not balanced');
  });
});

it('agents that a file does not name have no links while it lasts, which is said', async () => {
  const some = file('some.csv', 'source,target\nD,C\n');
  expect((await endOf(day, some, day)).length).toBe(4);
  expect(await warningsOf(day, some, day)).toContain(`2 agents ("A", "B") are not in ${some}`);
  const one = await runSequentially(configOf(day, [some, day]), 1);
  expect([...one.x]).toEqual([0, 1, 55, 55]);
});

describe('refused, with the file and the name', () => {
  it('a name that no agent has', async () => {
    const other = file('other.csv', 'source,target\nA,B\nB,Z\n');
    await refusal(day, other).toThrow(
      `links.graphs[0]: ${other} has a node "Z", expected the name of an agent ("A", "B", "C", "D")`,
    );
  });

  it('wholly other names, as many as there are agents', async () => {
    await refusal(day, day, file('wholly.csv', 'source,target\nw,x\nx,y\ny,z\n')).toThrow(
      /links\.graphs\[1\]: .*wholly\.csv has a node "w"/,
    );
  });

  it('numbers where the agents have names, and the other way round', async () => {
    const numbers = file('from0.txt', '0 1\n1 2\n2 3\n');
    await refusal(day, numbers).toThrow(/has a node "0", expected the name of an agent \("A"/);
    await refusal(numbers, day).toThrow(/has a node "A", expected the name of an agent \(0\.\.3\)/);
    await refusal(numbers, file('from1.txt', '1 2\n2 3\n3 4\n')).toThrow(/has a node "4"/);
  });

  it('a name that two agents have, unless the files say the same in the same order', async () => {
    const twice = (last: string) =>
      `graph [ node [ id 0 label "A" ] node [ id 1 label "A" ] node [ id 2 label "B" ] node [ id 3 label "${last}" ] edge [ source 0 target 1 ] edge [ source 1 target 2 ] edge [ source 2 target 3 ] ]`;
    const gml = file('twice.gml', twice('C'));
    await refusal(gml, file('twice.csv', 'source,target\nA,B\nB,C\n')).toThrow(/"A", a name that two have/);
    expect(await endOf(gml, gml)).toEqual(await endOf(day, day));
  });
});

it('what was dropped from a file is said, of the topology and of every graph of a schedule', async () => {
  const messy = file('messy.csv', 'source,target\nA,B\nA,B\nB,C\nC,D\nD,D\nA,B\n');
  const warnings = await warningsOf(messy, messy);
  expect(
    warnings.split('\n').filter((line) => line.includes('2 parallel edges count as one with')),
  ).toHaveLength(2);
  expect(warnings).toContain('1 self-loop is left out');
});
