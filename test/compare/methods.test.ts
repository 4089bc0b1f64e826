/** Axes of a grid as people write them. */

import { describe, expect, it } from 'vitest';
import { type GridInputs, makeGrid } from '../../src/compare/grid.js';
import { isInputError } from '../../src/index.js';

const CONFIG = {
  topology: { kind: 'ring', nodes: 6 },
  cost: { kind: 'quadratic', dim: 4 },
  flow: { kind: 'primal-dual' },
  compressor: { kind: 'sign' },
};
const grid = async (inputs: Omit<GridInputs, 'configs'>, configs: object[] = [CONFIG]) =>
  (await makeGrid({ configs, ...inputs })).cells;
const refusal = (inputs: Omit<GridInputs, 'configs'>) =>
  grid(inputs).then(
    () => null,
    (error: unknown) => (isInputError(error) ? (error as Error).message : error),
  );

describe('a list of methods', () => {
  it('has flows with their compressors, under their labels', async () => {
    const cells = await grid({ methods: 'extra; one bit: lead + flatten(sign); primal-dual(mu=0.4)' });
    expect(cells.map(({ label }) => label)).toEqual(['extra', 'one bit', 'primal-dual(mu=0.4) + sign']);
    expect(cells.map(({ loaded }) => [loaded.config.flow, loaded.config.compressor])).toMatchObject([
      [{ kind: 'extra' }, { kind: 'identity' }],
      [{ kind: 'lead' }, { kind: 'flatten', inner: { kind: 'sign' } }],
      [{ kind: 'primal-dual', mu: 0.4 }, { kind: 'sign' }],
    ]);
  });

  it('takes a + and a colon inside of parentheses, braces and quotes as they are', async () => {
    const cells = await grid({
      methods: '{ kind: lead, step: 1e-2 } + { kind: top-k, k: 1 }; dgd(step=1e+0)',
    });
    expect(cells.map(({ loaded }) => loaded.config.flow)).toMatchObject([{ step: 0.01 }, { step: 1 }]);
  });

  it('is refused with two of one name, without a flow, and beside a grid', async () => {
    expect(await refusal({ methods: 'a: extra; a: lead' })).toContain('has two called a');
    expect(await refusal({ methods: '+ sign' })).toContain('expected flow, or flow + compressor');
    expect(await refusal({ methods: 'lead + sign + sign' })).toContain('expected flow, or flow + compressor');
    expect(await refusal({ methods: 'lead;' })).toContain('entry 2 of --methods is empty');
    expect(await refusal({ methods: 'leed' })).toContain('did you mean lead');
    expect(await refusal({ methods: 'extra', flows: 'lead' })).toContain('--methods and --flows are given');
  });
});

describe('a full grid', () => {
  it('has a flow that takes no compressor once, with identity', async () => {
    const cells = await grid({ compressors: 'sign; top-k(k=2)', flows: 'extra; lead' });
    expect(cells.map(({ label }) => label)).toEqual(['extra', 'lead + sign', 'lead + top-k(k=2)']);
    expect(cells[0]?.loaded.config.compressor).toEqual({ kind: 'identity' });
    expect(cells.map(({ method }) => method)).toEqual([0, 1, 2]);
  });

  it('calls methods by what they differ in', async () => {
    const labels = async (inputs: Omit<GridInputs, 'configs'>, configs?: object[]) =>
      (await grid(inputs, configs)).map(({ label }) => label);
    expect(await labels({ compressors: 'sign; identity' })).toEqual(['sign', 'identity']);
    expect(await labels({ flows: 'lead; choco-sgd(step=0.1)' })).toEqual(['lead', 'choco-sgd(step=0.1)']);
    const [one, other] = [400, 500].map((rounds) => ({ ...CONFIG, rounds, name: `for ${rounds}` }));
    expect(await labels({}, [one, other])).toEqual(['for 400', 'for 500']);
    expect(await labels({ compressors: 'sign; identity' }, [one, other])).toEqual([
      'sign (for 400)',
      'identity (for 400)',
      'sign (for 500)',
      'identity (for 500)',
    ]);
  });
});

describe('graphs', () => {
  it('are problems of their own, on which a method has the same name', async () => {
    const graphs = 'ring(nodes=20); small: { kind: torus, rows: 3, columns: 3 }; data/town.graphml; net';
    const cells = await grid({ graphs, methods: 'extra; lead', seeds: [1, 2], folder: '/somewhere/else' });
    expect(cells.map(({ problem }) => problem)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    expect([...new Set(cells.map(({ graph }) => graph))]).toEqual(['ring(nodes=20)', 'small', 'town', 'net']);
    expect([...new Set(cells.map(({ label }) => label))]).toEqual(['extra', 'lead']);
    expect(cells.at(-5)?.loaded.config.topology).toEqual({ file: 'data/town.graphml' });
    expect(new Set(cells.map(({ method }) => method)).size).toBe(8);
  });

  it('are called as their configs name them where there is no list', async () => {
    const [cell] = await grid({});
    expect([cell?.graph, cell?.label]).toEqual(['ring(nodes=6)', 'sign']);
  });
});
