/** `sweep()` and `map()` of the library give what the commands give. */

import { describe, expect, it } from 'vitest';
import { map, sweep } from '../../dist/src/index.js';

const config = {
  topology: { kind: 'ring', nodes: 6 },
  cost: { kind: 'quadratic', dim: 2, condition: 2 },
  flow: { kind: 'primal-dual', compress: 'none', step: 0.2, alpha: 1, beta: 1 },
  rounds: 600,
} as const;

describe('sweep()', () => {
  it('has the points, ranked, and calls back after every run', async () => {
    let called = 0;
    const { points, ranking, rows, complete } = await sweep(config, {
      grid: { 'flow.step': { from: 0.05, to: 0.4, count: 4, scale: 'log' }, 'flow.beta': [0.5, 1] },
      jobs: 2,
      onCell: () => called++,
    });
    expect([complete, points.length, rows.length, called >= 8]).toEqual([true, 8, 8, true]);
    const rounds = ranking.map((number) => points[number]!.rounds!.median);
    expect(rounds).toEqual([...rounds].sort((a, b) => a - b));
    expect(points[ranking[0]!]!.command).toMatch(/^sottovoce run config --set flow\.step=/);
  });

  it('is ended by a signal, by what onCell throws, and by bad input before it begins', async () => {
    const grid = { 'flow.step': '0.001..0.002:log:40' };
    const ended = await sweep(config, {
      grid,
      rounds: 100_000,
      signal: AbortSignal.timeout(300),
      earlyStop: false,
    });
    expect(ended.complete).toBe(false);
    const onCell = () => {
      throw new Error('enough');
    };
    await expect(sweep(config, { grid, onCell })).rejects.toThrow('enough');
    await expect(sweep(config, { grid: {} })).rejects.toThrow('grid has no axis');
    await expect(sweep(config, { grid: { 'flow.stpe': [1] } })).rejects.toThrow('did you mean step?');
    await expect(sweep(config, { grid, jobs: 0 })).rejects.toThrow('jobs is 0');
  });
});

describe('map()', () => {
  it('has a picture, the predicted boundary, and how far they agree', async () => {
    const { svg, boundary, agreement, caption } = await map(config, {
      x: { path: 'flow.step', values: '0.05..1:log:4' },
      y: { path: 'flow.beta', values: [0.5, 1, 2] },
      jobs: 2,
    });
    expect(svg).toContain('predicted boundary');
    expect(boundary!.exact && boundary!.pieces.length > 0).toBe(true);
    expect(agreement!.cells).toBe(12);
    expect(caption).toContain('of 12 cells');
    await expect(map(config, { x: { path: 'flow.step', values: [1] } } as never)).rejects.toThrow(
      'y is no axis',
    );
  });
});
