/** Training: the search on a function whose best is known, the same policy for any jobs, and going on after a stop. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { evolve } from '../../src/learn/evolve.js';
import { learn } from '../../src/library/learn.js';

const folder = mkdtempSync(join(tmpdir(), 'sottovoce-learn-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the search', () => {
  const best = [1, -2, 0.5];
  const cost = (x: ArrayLike<number>) =>
    best.reduce((sum, at, j) => sum + 10 ** j * ((x[j] as number) - at) ** 2, 0);

  it('finds the bottom of a bowl that is a hundred times as steep one way as another', () => {
    const evolution = evolve([0, 0, 0], [1, 1, 1], 8, 3);
    for (let generation = 0; generation < 120; generation++) evolution.tell(evolution.ask().map(cost));
    expect(cost(evolution.mean())).toBeLessThan(1e-6);
  });

  it('is the same again, and another with another seed', () => {
    const draw = (seed: number) => {
      const evolution = evolve([0, 0, 0], [1, 1, 1], 4, seed);
      for (let generation = 0; generation < 3; generation++) evolution.tell(evolution.ask().map(cost));
      return Array.from(evolution.mean());
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });
});

describe('a policy', () => {
  const config = {
    topology: { kind: 'ring' as const, nodes: 6 },
    cost: { kind: 'quadratic' as const, dim: 16 },
    flow: { kind: 'primal-dual' as const, compress: 'error-state' as const },
    learn: {
      graphs: [{ kind: 'random-regular', nodes: 6, degree: 3 }],
      problems: 2,
      validation: 1,
      generations: 2,
      population: 3,
      target: 1e-3,
    },
  };

  it('is the same for any jobs, and after a stop in the middle', async () => {
    const whole = await learn(config, { jobs: 1 });
    expect(whole.policy).not.toBeNull();
    expect(whole.generations).toHaveLength(2);
    const ratios = whole.training?.ratios ?? [];
    expect(whole.training?.worst).toBe(Math.max(...ratios.map((ratio) => ratio ?? Number.POSITIVE_INFINITY)));

    const runsDir = join(folder, 'runs');
    const stop = new AbortController();
    let cells = 0;
    const stopped = await learn(config, {
      jobs: 2,
      runsDir,
      signal: stop.signal,
      onCell: () => {
        if (++cells === 7) stop.abort();
      },
    });
    expect(stopped.policy).toBeNull();
    const again = await learn(config, { jobs: 2, runsDir });
    expect(JSON.stringify(again)).toBe(JSON.stringify(whole));
  });

  it('is never worse on its problems than the best action alone', async () => {
    const { training } = await learn({ ...config, learn: { ...config.learn, generations: 0 } }, { jobs: 1 });
    expect(training?.median).toBe(1);
  });

  it.each([
    [{ actions: [{ do: 'silence' }] }, 'silence alone'],
    [{ population: 1 }, 'learn.population is 1'],
    [{ graphs: [{ kind: 'rign', nodes: 5 }] }, 'did you mean ring?'],
    [{ genrations: 3 }, 'genrations'],
  ])('%j is refused', async (wrong, said) => {
    await expect(
      learn({ ...config, learn: { ...config.learn, ...wrong } as never }, { jobs: 1 }),
    ).rejects.toThrow(said);
  });
});
