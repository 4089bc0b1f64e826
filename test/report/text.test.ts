import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { formatCount } from '../../src/base/count.js';
import {
  coloursFor,
  formatBits,
  formatQuantity,
  formatSaving,
  formatSeconds,
} from '../../src/base/format.js';
import { formatPlan } from '../../src/report/plan.js';
import { formatSummary } from '../../src/report/summary.js';
import { PLAN, SUMMARY } from './fixtures.js';

const plain = pc.createColors(false);

test('units', () => {
  expect([0, 72, 999, 1000, 675_584, 16_629_760, 1e12].map(formatBits)).toEqual([
    '0 bit',
    '72 bit',
    '999 bit',
    '1 kbit',
    '676 kbit',
    '16.6 Mbit',
    '1 Tbit',
  ]);
  expect(formatBits(999_600)).toBe('1 Mbit');
  expect([0.0042, 0.9999, 12.34, 59.99, 75, 3723].map(formatSeconds)).toEqual([
    '4.2 ms',
    '1 s',
    '12.3 s',
    '1 min 0 s',
    '1 min 15 s',
    '1 h 2 min',
  ]);
  expect(
    [0.37877624, 9.8e-7, 1234, 123_456, 1e9, 0, Number.NaN, Number.POSITIVE_INFINITY].map((x) =>
      formatQuantity(x),
    ),
  ).toEqual(['0.3788', '9.8e-7', '1234', '123,500', '1e9', '0', 'unknown', 'infinite']);
  expect(formatCount(1933.3)).toBe('1,933');
});

test('savings', () => {
  expect(formatSaving(104, 2560)).toBe('25x fewer');
  expect(formatSaving(1000, 2560)).toBe('2.6x fewer');
  expect(formatSaving(2560, 1000)).toBe('2.6x more');
  expect(formatSaving(64, 64)).toBeNull();
  expect(formatSaving(0, 64)).toBeNull();
});

test('colours only on a terminal, and not where they are declined', () => {
  const painted = (tty: boolean, env: NodeJS.ProcessEnv) => coloursFor({ isTTY: tty }, env).red('x') !== 'x';
  expect(painted(true, {})).toBe(true);
  expect(painted(false, {})).toBe(false);
  expect(painted(true, { NO_COLOR: '1' })).toBe(false);
  expect(painted(true, { TERM: 'dumb' })).toBe(false);
});

test('the plan: memory first', () => {
  expect(formatPlan(PLAN, plain)).toBe(`ring of eight
  memory      1.07 GiB shared, about 1.20 GiB in all
  topology    ring(nodes=8): 8 agents, 8 edges, lambda2 0.5858, lambdaMax 4
  cost        quadratic, drawn (dim 40)
  flow        primal-dual, error-state; step 0.05, alpha 1, beta 1, eta 1, mu 1
  compressor  sign: 104 bits a message, 25x fewer than 2,560 uncompressed
  optimum     0.37877524 (Newton, 6 iterations, gradient 3e-16)
  run         up to 1,000 rounds on 2 workers`);
});

test('a plan says what cores there were to choose from, once', () => {
  const coreLimit = 'cgroup quota 2.5 of 64 cores';
  const of = (whyWorkers: string) => formatPlan({ ...PLAN, coreLimit, whyWorkers }, plain);
  expect(of('a round takes 3 us on one')).toContain(
    'on 2 workers (a round takes 3 us on one)\n  cores       cgroup quota 2.5 of 64 cores',
  );
  expect(of(`${coreLimit}; a round takes 3 ms on one`)).not.toContain('\n  cores');
  expect(formatPlan({ ...PLAN, coreLimit: null }, plain)).not.toContain('\n  cores');
});

test('a plan without what it cannot know', () => {
  const text = formatPlan(
    {
      ...PLAN,
      spectrum: null,
      optimum: null,
      workers: 1,
      bits: { perMessage: null, uncompressedPerMessage: 2560 },
      warnings: ['sign is not linear'],
    },
    plain,
  );
  expect(text).not.toMatch(/lambda|optimum|NaN|null|undefined/);
  expect(text).toContain('sign: bits vary from message to message (2,560 uncompressed)');
  expect(text).toContain('on 1 worker\nwarning: sign is not linear');
});

describe('the summary', () => {
  const extras = { name: 'ring of eight', directory: 'runs/ring', gaps: [1, 0.1, 0.01, 1e-6] };

  test('of a run that converged', () => {
    expect(
      formatSummary(SUMMARY, extras, plain),
    ).toBe(`converged  ring of eight: 812 rounds in 420 ms (1,933 rounds/s)
  objective          0.378776, optimum 0.378775
  agents' gap        2.1e-6 in the mean, 7.5e-6 the worst
  gap of the mean    9.8e-7
  gradient norm      3.3e-4
  error              0.001 (rms distance to the optimum)
  consensus error    1.235e-4
  bits a message     104
  bits in total      676 kbit broadcast, 25x fewer than uncompressed; 1.35 Mbit over links
  agents' log10 gap  █▇▆▁ 0.0 to -6.0 by round
  results            runs/ring`);
  });

  test('of a run with links in its config: what the rounds would have taken on them', () => {
    const final = { ...SUMMARY.final, networkSeconds: 75.2 };
    const text = formatSummary({ ...SUMMARY, final }, { name: 'ring', directory: 'runs/ring' }, plain);
    expect(text).toMatch(/\n {2}network +1 min 15 s on the links of the config\n/);
  });

  test('of a run that diverged: what to try, and no invented numbers', () => {
    const text = formatSummary(
      {
        ...SUMMARY,
        status: 'diverged',
        final: {
          objective: null,
          optimum: null,
          gap: null,
          rmsError: null,
          consensusError: null,
          networkSeconds: null,
          accuracy: null,
          agentsGapMean: null,
          agentsGapWorst: null,
          gradientNorm: null,
          meanGradientNorm: null,
        },
        warnings: ['step is above the limit'],
        hint: 'try flow.step 0.01',
      },
      { name: 'ring', directory: null },
      plain,
    );
    expect(text.split('\n')[0]).toMatch(/^diverged {2}ring: /);
    expect(text).toContain('warning: step is above the limit\nhint: try flow.step 0.01');
    expect(text).not.toMatch(/null|NaN|results|gap/);
  });
});
