/**
 * `compressor: auto`: what it chooses is what a run takes, it chooses the same anywhere, what is chosen is
 * written out, and where it cannot choose it says so. Every candidate of the registry is a spec that its kind
 * takes.
 */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compressors, definitions } from '../../src/compress/registry.js';
import { loadRegistries } from '../../src/config/registries.js';
import { InputError, parseConfig, run, tune } from '../../src/index.js';
import { loadRun } from '../../src/program/flow/load-run.js';
import type { CompressorChoice } from '../../src/run/reports.js';
import { validateComponent } from '../../src/schema/component.js';
import { temporaryFolder } from '../support/run.js';

const RING = {
  topology: { kind: 'ring', nodes: 8 },
  cost: { kind: 'quadratic', dim: 16, condition: 4 },
  flow: { kind: 'primal-dual' },
  seed: 3,
  rounds: 4000,
} as const;
const FEW = [
  { kind: 'identity' },
  { kind: 'qsgd', levels: 15 },
  { kind: 'flatten', inner: { kind: 'sign', scaleBits: 32 } },
  { kind: 'top-k', k: 2 },
] as const;
const few = (purpose: string) => ({ kind: 'auto', for: purpose, among: FEW });

async function choiceOf(config: object): Promise<CompressorChoice> {
  const { choice } = await loadRun(await parseConfig(config as never));
  return choice!.report;
}

describe('every candidate', () => {
  it.each(Object.values(compressors).map((definition) => [definition.kind, definition] as const))(
    'of %s is a spec of its kind, in any dimension',
    async (kind, definition) => {
      const registries = await loadRegistries();
      for (const dim of [1, 2, 7, 64]) {
        for (const parameters of definition.candidates(dim)) {
          const { issues } = validateComponent(
            registries.compressors,
            { kind, ...parameters },
            ['compressor'],
            {
              nestedKey: 'inner',
            },
          );
          expect(issues).toEqual([]);
        }
      }
    },
  );

  it('of a kind that names none is one of its examples', () => {
    const { examples, candidates } = definitions().find(({ kind }) => kind === 'rand-k')!;
    expect(candidates(30)).toEqual(examples(30));
    expect(candidates(30).length).toBeGreaterThan(0);
  });
});

describe('the chosen compressor', () => {
  it('of one agent, who sends no bit, is one with the fewest rounds', async () => {
    const one = { ...RING, topology: { kind: 'complete', nodes: 1 } };
    const { candidates } = await choiceOf({ ...one, compressor: few('bits') });
    const [best] = candidates;
    expect([best?.bits, best?.ratio]).toEqual([0, 1]);
    for (const { rounds, ratio } of candidates) {
      expect(rounds).toBeGreaterThanOrEqual(best?.rounds as number);
      expect(ratio).toBeGreaterThanOrEqual(1);
    }
  });

  it('is not said to take nothing where none arrives', async () => {
    const flow = { kind: 'primal-dual', step: 5, alpha: 5, beta: 5 };
    const { why } = await choiceOf({ ...RING, flow, compressor: few('bits') });
    expect(why[0]).toMatch(/ is not seen to come to .*, and no other candidate is$/);
    expect(why.join(' ')).not.toContain('takes  ');
  });

  const network = { bandwidth: 1e4, latency: 0.01 };

  it.each(['rounds', 'bits', 'seconds'] as const)(
    'takes the fewest %s of all, to the round',
    async (purpose) => {
      const stop = { rmsError: 1e-5 };
      const report = await choiceOf({ ...RING, network, stop, compressor: few(purpose) });
      const [predicted] = report.candidates;
      const measured = await Promise.all(
        FEW.map(async (compressor) => {
          const { summary } = await run({ ...RING, network, stop, compressor }, { workers: 1 });
          const { rounds, bits, final } = summary;
          return { rounds, bits: bits.broadcast / 8, seconds: final.networkSeconds ?? Number.NaN };
        }),
      );
      const least = Math.min(...measured.map((taken) => taken[purpose]));
      expect(predicted![purpose]).toBe(least);
      expect(report.why[0]).toContain(report.compressor);
      // The next best takes more, and is told.
      const [, next] = report.candidates;
      expect(next!.ratio).toBeGreaterThanOrEqual(1);
      expect(report.why[1]).toContain(next!.compressor);
    },
  );

  it('is written out, with the reason, and the run is the same again without a choice', async () => {
    const folder = path.join(temporaryFolder(), 'run');
    const stop = { rmsError: 1e-4 };
    const chosen = await run({ ...RING, stop, compressor: few('bits') } as never, {
      outDir: folder,
      workers: 1,
    });
    const manifest = JSON.parse(await readFile(path.join(folder, 'manifest.json'), 'utf8'));
    expect(manifest.config.compressor).toEqual(FEW[2]);
    expect(manifest.config.flow.compress).toBe('error-memory');
    expect(manifest.plan.compressorChoice.candidates).toHaveLength(FEW.length);
    expect(chosen.summary.compressorChoice).toMatchObject({
      for: 'bits',
      predicted: { rounds: chosen.summary.rounds, bits: chosen.summary.bits.broadcast / 8 },
    });
    const again = await run({ ...manifest.config, workers: 2 });
    expect(again.summary.stateHash).toBe(chosen.summary.stateHash);
    expect(again.summary.compressorChoice).toBeUndefined();
  });

  it('stands in what tune gives back, gains beside it', async () => {
    const { config, report } = await tune({ ...RING, compressor: few('bits') } as never);
    expect(config.config['compressor']).toEqual(FEW[2]);
    expect(report!.compressorChoice!.compressor).toBe(report!.compressor);
    expect((config.config['flow'] as { step: unknown }).step).toBeTypeOf('number');
  });

  it('is chosen with gains that are given, which then are not tuned', async () => {
    const flow = { kind: 'primal-dual', compress: 'error-state', step: 0.1, alpha: 1, beta: 1 } as const;
    const stop = { rmsError: 1e-5 };
    const report = await choiceOf({ ...RING, flow, stop, compressor: few('rounds') });
    const rounds = await Promise.all(
      FEW.map(
        async (compressor) => (await run({ ...RING, flow, stop, compressor }, { workers: 1 })).summary.rounds,
      ),
    );
    // A trial looks every few rounds, of messages that tell an eighth of what there is every other one.
    expect(Math.abs(report.candidates[0]!.rounds! - Math.min(...rounds))).toBeLessThanOrEqual(1);
  });

  it.each(['lead', 'choco-gossip', 'c-gt', 'consensus'])('goes with %s', async (kind) => {
    const report = await choiceOf({ ...RING, flow: { kind }, compressor: few('bits') });
    expect(report.judgedBy).toBe('distance');
    expect(report.candidates[0]!.rounds).toBeGreaterThan(0);
  });
});

describe('without a distance', () => {
  it('the objective at what agents hold decides', async () => {
    const flow = { kind: 'choco-sgd' };
    const report = await choiceOf({ ...RING, flow, rounds: 300, compressor: few('bits') });
    expect(report.judgedBy).toBe('objective');
    expect(report.candidates[0]!.bits).toBeGreaterThan(0);
    expect(report.why.at(-1)).toContain('ends beside the optimum');
  });

  it('a graph too large for trial runs has the rule, which says so', async () => {
    const topology = { kind: 'ring', nodes: 5001 };
    const report = await choiceOf({ ...RING, topology, compressor: few('bits') });
    expect(report.judgedBy).toBe('rule');
    expect(report.compressor).toBe('flatten(sign(scaleBits=32))');
    expect(report.why.join()).toContain('5001 agents');
    const rounds = await choiceOf({ ...RING, topology, compressor: few('rounds') });
    expect(rounds.compressor).toBe('identity');
  });
});

describe('what cannot be chosen is refused', () => {
  it.each([
    [{ compressor: { kind: 'auto', for: 'seconds' } }, /no network/],
    [{ compressor: 'auto', flow: { kind: 'dgd' } }, /dgd sends its vectors as they are/],
    [{ compressor: 'auto', flow: { kind: 'primal-dual', compress: 'none' } }, /flow\.compress is "none"/],
    [{ compressor: { kind: 'flatten', inner: { kind: 'auto' } } }, /compressor\.inner\.kind is "auto"/],
    [{ compressor: { kind: 'auto', among: [] } }, /compressor\.among/],
    [{ compressor: { kind: 'auto', among: [{ kind: 'top-k' }] } }, /compressor\.among\[0\]\.k/],
  ])('%j', async (changed, message) => {
    await expect(parseConfig({ ...RING, ...changed } as never)).rejects.toThrow(message);
  });

  it('where none of the candidates goes with the run, the first reason is told', async () => {
    const loaded = await parseConfig({
      ...RING,
      compressor: { kind: 'auto', among: [{ kind: 'top-k', k: 99 }] },
    } as never);
    const error = await loadRun(loaded).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).hint).toContain('99');
  });

  it('and where they have unlike ones, that of most of them: what the cost lacks is no fault of the first', async () => {
    const among = [{ kind: 'top-k', k: 99 }, { kind: 'sign' }, { kind: 'identity' }];
    const rough = {
      kind: 'mlp' as const,
      data: 'examples/data/train.libsvm',
      hidden: [2],
      regularization: 0.1,
    };
    const loaded = await parseConfig({ ...RING, cost: rough, compressor: { kind: 'auto', among } } as never);
    const error = await loadRun(loaded).catch((error: unknown) => error);
    expect((error as InputError).hint).toMatch(/^sign: .*does not say how smooth it is/);
  });
});

describe('numbers sent in fewer bits', () => {
  it('are rounded on their way: half the bits are no state in float64', async () => {
    const wire = await run({ ...RING, rounds: 3, compressor: { kind: 'identity', wire: 'f32' } });
    const whole = await run({ ...RING, rounds: 3, flow: { ...RING.flow, compress: 'error-memory' } });
    expect(wire.summary.bits.perMessage).toBe(32 * 16);
    expect(wire.summary.stateHash).not.toBe(whole.summary.stateHash);
    const flow = { kind: 'primal-dual', compress: 'none' } as const;
    await expect(run({ ...RING, flow, compressor: { kind: 'identity', wire: 'f32' } })).rejects.toThrow(
      /flow\.compress/,
    );
  });
});
