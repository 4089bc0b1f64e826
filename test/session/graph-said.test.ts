/** What a run says of the graph that it reads: directions kept, forgotten or refused, and what was merged. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { prepareRun } from '../../src/session/prepare.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const file = (name: string, text: string) => {
  const at = path.join(folder, name);
  writeFileSync(at, text);
  return at;
};
const nodes = '<node id="a"/><node id="b"/><node id="c"/>';
const mixed = file(
  'mixed.graphml',
  `<graphml><graph edgedefault="directed">${nodes}<edge source="a" target="b"/><edge source="b" target="c" directed="false"/><edge source="c" target="a"/></graph></graphml>`,
);
const mutual = file(
  'mutual.gexf',
  `<gexf><graph><nodes>${nodes}</nodes><edges><edge source="a" target="b" type="mutual"/><edge source="b" target="c" type="mutual"/></edges></graph></gexf>`,
);
const undirected = file('undirected.gml', 'graph [ node [ id 0 ] node [ id 1 ] edge [ source 0 target 1 ] ]');
const average = { cost: { kind: 'average', dim: 1 }, rounds: 300 };
const pushSum = { ...average, flow: { kind: 'push-sum' } };
const primalDual = {
  cost: { kind: 'quadratic', dim: 1 },
  flow: { kind: 'primal-dual', step: 0.01, alpha: 1, beta: 1 },
  rounds: 3,
};
const warningsOf = async (topology: object, rest: object, more: object = {}) =>
  (await prepareRun(await parseConfig({ topology, ...rest, ...more }), 1)).report.warnings.join('\n');

describe('directions', () => {
  it('forgotten without a word about them in the config, the run says so', async () => {
    expect(await warningsOf({ file: mixed }, primalDual)).toContain(
      `${mixed} says that its edges have directions, and every arc is taken for an edge both ways`,
    );
    expect(await warningsOf({ file: mixed, directed: false }, primalDual)).toBe('');
    expect(await warningsOf({ file: undirected }, primalDual)).toBe('');
  });

  it('kept, they go to flows that can do with them: everyone reaches the average', async () => {
    for (const graph of [mixed, mutual]) {
      expect(await warningsOf({ file: graph, directed: true }, pushSum)).toBe('');
      const { final } = await runSequentially({ topology: { file: graph, directed: true }, ...pushSum }, 1);
      expect(final.rmsError).toBeLessThan(1e-9);
    }
  });

  it('undirected edges among arcs are said in the plan', async () => {
    const config = await parseConfig({ topology: { file: mixed, directed: true }, ...pushSum });
    expect((await prepareRun(config, 1)).report.topology).toBe(
      'mixed.graphml (read as directed, 1 undirected edge an arc each way)',
    );
  });

  it('kept, other flows refuse them', async () => {
    await expect(warningsOf({ file: mixed, directed: true }, primalDual)).rejects.toThrow(
      'needs every link to work in both directions, and the topology is directed',
    );
  });

  it('asked for in a file that says there are none', async () => {
    await expect(warningsOf({ file: undirected, directed: true }, pushSum)).rejects.toThrow(
      'this file says that its edges have no direction, expected a directed graph',
    );
  });
});

describe('parallel edges and self-loops', () => {
  const edge = (source: number, target: number, weight: number) =>
    `edge [ source ${source} target ${target} weight ${weight} ]`;
  const graph = file(
    'multi.gml',
    `graph [ node [ id 0 ] node [ id 1 ] node [ id 2 ] ${edge(0, 1, 2)} ${edge(1, 0, 3)} ${edge(1, 2, 1)} ${edge(2, 2, 9)} ]`,
  );

  it('are counted, and weights of the file add up', async () => {
    expect(await warningsOf({ file: graph }, primalDual)).toBe(
      `${graph}: 1 parallel edge counts as one with the edge between the same two nodes; 1 self-loop is left out`,
    );
    expect(await warningsOf({ file: graph }, primalDual, { weights: 'file' })).toContain(
      'between the same two nodes, with the sum of their weights;',
    );
  });

  it('weights of the file that are none stop a run that uses them, at their place', async () => {
    const zero = file(
      'zero.gml',
      'graph [ node [ id 0 ] node [ id 1 ]\nedge [ source 0 target 1 weight 0 ] ]',
    );
    expect(await warningsOf({ file: zero }, primalDual, { weights: 'metropolis' })).toBe('');
    await expect(warningsOf({ file: zero }, primalDual, { weights: 'file' })).rejects.toThrow(
      `${zero}:2: weight is "0", expected a positive, finite number`,
    );
  });
});
