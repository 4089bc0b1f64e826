/** Training: the search on a function whose best is known, the same policy for any jobs, and going on after a stop. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeGeneration } from '../../src/cli/learn.js';
import {
  POLICY_FORMAT,
  type Policy,
  type PolicyAction,
  policyFault,
  policyParameter,
} from '../../src/compress/policy.js';
import { evolve } from '../../src/learn/evolve.js';
import { makeLesson } from '../../src/learn/lesson.js';
import { parametersOf } from '../../src/learn/parameters.js';
import { cellOf } from '../../src/learn/problems.js';
import { learn } from '../../src/library/learn.js';
import { sottovoce } from '../support/command-line.js';

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

describe('what a search moves', () => {
  const family = { name: 'moved', features: [], rotate: null, steps: 2 as const, gains: [] };
  const movedBy = (action: PolicyAction, by: number) => {
    const { start, policy } = parametersOf({ ...family, actions: [action] });
    return policy(start.map(() => Math.log(by))).actions[0];
  };

  it('sizes keep digits of their own where they are small, and stay where policies may have them', () => {
    expect(movedBy({ do: 'signs', size: 0.733, checks: [] }, 1)).toMatchObject({ size: 0.733 });
    expect(movedBy({ do: 'signs', size: 0.733, checks: [] }, 1.1)).toMatchObject({ size: 0.8063 });
    expect(movedBy({ do: 'signs', size: 2e-5, checks: [] }, 1.23456)).toMatchObject({ size: 2.469e-5 });
    expect(movedBy({ do: 'signs', size: 1e6, checks: [] }, 1.1)).toMatchObject({ size: 1e6 });
    expect(movedBy({ do: 'compress', with: 0, factor: 3e-7 }, 2)).toMatchObject({ factor: 6e-7 });
    const sparse = movedBy({ do: 'sparse', threshold: 0, value: 1e-6, rice: 1 }, 1.5);
    expect(sparse).toMatchObject({ threshold: 0, value: 1.5e-6 });
    expect(movedBy({ do: 'signs', size: Number.MIN_VALUE, checks: [] }, 0.1)).toMatchObject({
      size: Number.MIN_VALUE,
    });
  });

  it.each([[[-1e-5, 1e-5]], [[1, 1 + 1e-6]], [[-1e6, 1e6]]])('levels ascend still: %j', (levels) => {
    for (const by of [0.3, 1, 1.7]) {
      const action = movedBy({ do: 'levels', levels }, by);
      const { gains: _, ...rest } = family;
      const policy: Policy = { ...rest, format: POLICY_FORMAT, actions: [action], weights: [[]] };
      expect(policyFault(policy, 0)).toBeNull();
      expect(policyParameter(z).safeParse(policy).success).toBe(true);
    }
  });

  it('gains stay within the bounds that the flow gives its own searches', async () => {
    const lesson = await makeLesson(
      {
        topology: { kind: 'directed-ring', nodes: 6 },
        cost: { kind: 'quadratic', dim: 4 },
        flow: { kind: 'push-pull' },
        learn: { graphs: [{ kind: 'directed-ring', nodes: 6 }], problems: 1 },
      },
      { name: 'bounds' },
    );
    const { start, policy } = parametersOf({ ...lesson.family, gains: [] });
    const [problem] = lesson.problems;
    const known = { ...problem, gains: { step: 0.1, alpha: 0.95 } } as typeof problem & object;
    const cell = await cellOf(lesson, known, policy(start), 'tried', { step: 1.2, alpha: 1.2 });
    expect(cell.loaded.config).toMatchObject({ flow: { step: 0.12, alpha: 1 } });
  });
});

describe('a policy', () => {
  const config = {
    topology: { kind: 'ring' as const, nodes: 6 },
    cost: { kind: 'quadratic' as const, dim: 16 },
    flow: { kind: 'primal-dual' as const, compress: 'error-state' as const, tuning: 'formula' as const },
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
    for (const { arrived } of whole.generations) expect([0, 1, 2, 3]).toContain(arrived);
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

  it.each([
    ['learn.features=[one, one]', 'learn.features is ["one","one"], expected each feature once'],
    [
      'learn.actions=[{ do: compress, with: 0, factor: 1 }]',
      'learn.actions[0].with is 0, expected compressors',
    ],
  ])('is refused before anything runs: %s', async (set, said) => {
    await expect(makeLesson(config, { name: 'set', set: [set] })).rejects.toThrow(said);
  });

  it('holds the content of a policy that its compressors name: it is written elsewhere', async () => {
    const { start, policy } = parametersOf({
      name: 'within',
      actions: [{ do: 'signs', size: 0.8, checks: [] }],
      features: [],
      rotate: 'exact',
      steps: 2,
      gains: [],
    });
    const file = join(folder, 'within.json');
    writeFileSync(file, JSON.stringify(policy(start)));
    const named = { ...config, learn: { ...config.learn, compressors: [{ kind: 'learned', policy: file }] } };
    const { compressors } = await makeLesson(named, { name: 'outside' });
    expect(compressors).toMatchObject([{ kind: 'learned', policy: { name: 'within' } }]);
  });

  it('is trained as --set says', async () => {
    const set = ['learn.problems=4', 'learn.seed=9', 'cost.dim=3'];
    const { spec, problems } = await makeLesson(config, { name: 'set', set });
    expect([spec.problems, spec.seed, spec.generations]).toEqual([4, 9, 2]);
    expect(problems.map(({ seed, cost }) => [seed, cost['dim']])).toEqual([9, 10, 11, 12].map((s) => [s, 3]));
    await expect(makeLesson(config, { name: 'set', set: ['learn.problems=0'] })).rejects.toThrow(
      '--set learn.problems=0: learn.problems is 0',
    );
  });

  it('is told in shares of those policies alone that arrive', () => {
    const of = { generations: 2, population: 3 };
    expect(describeGeneration({ generation: 1, best: Math.log(1.5), mean: 600, arrived: 1 }, of)).toBe(
      "generation 1 of 2: the best takes 150.0% of the first policy's bits; 1 of 3 policies reach the target on all problems",
    );
    expect(describeGeneration({ generation: 2, best: 700, mean: 712, arrived: 0 }, of)).toBe(
      'generation 2 of 2: 0 of 3 policies reach the target on all problems',
    );
  });

  it('is refused a place that cannot take it, before anything runs', async () => {
    writeFileSync(join(folder, 'family.yaml'), JSON.stringify(config));
    for (const [out, said] of [
      ['.', 'is a folder, expected a file for the policy'],
      ['family.yaml', 'is the config itself, expected another file for the policy'],
    ]) {
      const { status, stderr } = await sottovoce(folder, 'learn', 'family.yaml', '--out', out as string);
      expect([status, stderr]).toEqual([2, expect.stringContaining(said as string)]);
    }
    expect(readdirSync(folder).filter((name) => name.endsWith('.runs'))).toEqual([]);
    expect(JSON.parse(readFileSync(join(folder, 'family.yaml'), 'utf8'))).toEqual(config);
  });

  it('leaves nothing where it is refused in the first run', async () => {
    const { status, stderr } = await sottovoce(
      folder,
      ...['learn', 'family.yaml', '--out', 'none.json', '--quiet', '--jobs', '1'],
      ...['--set', 'learn.actions=[{ do: compress, with: 3, factor: 1 }]'],
    );
    expect([status, stderr]).toEqual([2, expect.stringContaining('actions[0].with is 3')]);
    expect(readdirSync(folder).filter((name) => name.startsWith('none'))).toEqual([]);
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
    [{ graphs: [] }, 'learn.graphs is a list ([]), expected a list of at least 1 entry'],
  ])('%j is refused', async (wrong, said) => {
    await expect(
      learn({ ...config, learn: { ...config.learn, ...wrong } as never }, { jobs: 1 }),
    ).rejects.toThrow(said);
  });
});
