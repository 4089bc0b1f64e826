/**
 * Configs have types. What follows is checked by the compiler (`npm run check:types`): where a line below
 * `@ts-expect-error` is no error, that is one. At run time there is only the question whether the types are
 * up to date.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { loadRegistries } from '../../src/config/registries.js';
import { configJsonSchema } from '../../src/config/schema.js';
import type { CompressorInput, ConfigInput, CostInput, FlowInput } from '../../src/index.js';

test('src/library/specs.ts is what the definitions say', async () => {
  // @ts-expect-error a script has no types
  const { configTypes } = await import('../../scripts/config-types.mjs');
  const written = readFileSync(new URL('../../src/library/specs.ts', import.meta.url), 'utf8');
  const expected = configTypes(configJsonSchema(await loadRegistries()));
  expect(written === expected, 'run `npm run build:ts && npm run types:config`').toBe(true);
});

describe('what the compiler refuses', () => {
  const run = (config: ConfigInput) => config;
  const topology = { kind: 'ring', nodes: 8 } as const;
  const cost = { kind: 'quadratic', dim: 4 } as const;
  const flow = { kind: 'primal-dual' } as const;

  test('nothing of a config that is right', () => {
    run({ topology, cost, flow });
    run({ topology: { file: 'graph.gml', directed: true }, cost, flow, weights: 'metropolis' });
    run({
      topology,
      cost,
      flow,
      compressor: { kind: 'top-k', k: 2 },
      stop: { rmsError: 1e-6 },
      workers: 'auto',
    });
    run({
      topology,
      cost,
      flow,
      compressor: { kind: 'flatten', inner: { kind: 'sign', scale: 'unbiased' } },
    });
    run({
      topology,
      cost,
      flow: { kind: 'choco-sgd', gamma: 0.3, batch: 8 },
      links: { kind: 'drops', rate: 0.1 },
    });
    run({ program: { kind: 'parameter-server', agents: 4, gamma: 0.1, lambda: 'auto' }, cost });
    run({ topology, cost: { kind: 'custom', module: 'mine.mjs', whatever: [1, 2] }, flow });
  });

  test('kinds that there are not', () => {
    // @ts-expect-error no such compressor
    run({ topology, cost, flow, compressor: { kind: 'topk', k: 2 } });
    // @ts-expect-error no such flow
    run({ topology, cost, flow: { kind: 'primaldual' } });
    // @ts-expect-error no such graph
    run({ topology: { kind: 'circle', nodes: 8 }, cost, flow });
    // @ts-expect-error no such links
    run({ topology, cost, flow, links: { kind: 'drop', rate: 0.1 } });
  });

  test('parameters that are missing', () => {
    // @ts-expect-error no k
    run({ topology, cost, flow, compressor: { kind: 'top-k' } });
    // @ts-expect-error no nodes
    run({ topology: { kind: 'ring' }, cost, flow });
    // @ts-expect-error no cost
    run({ topology, flow });
    // @ts-expect-error no compressor inside
    run({ topology, cost, flow, compressor: { kind: 'flatten' } });
  });

  test('parameters with a typing error, or of another kind', () => {
    // @ts-expect-error alhpa
    run({ topology, cost, flow: { kind: 'primal-dual', alhpa: 1 } });
    // @ts-expect-error sign has no k
    run({ topology, cost, flow, compressor: { kind: 'sign', k: 2 } });
    // @ts-expect-error inside a composition, too
    run({ topology, cost, flow, compressor: { kind: 'flatten', inner: { kind: 'sign', sclae: 'mean' } } });
    // @ts-expect-error of everything
    run({ topology, cost, flow, seeds: 3 });
  });

  test('values of another type', () => {
    // @ts-expect-error a text
    run({ topology, cost, flow, compressor: { kind: 'top-k', k: '2' } });
    // @ts-expect-error no such mode
    run({ topology, cost, flow: { kind: 'primal-dual', compress: 'errors' } });
    // @ts-expect-error a flow beside a program
    run({ program: { kind: 'parameter-server', agents: 4, gamma: 0.1 }, cost, flow });
  });

  test('and a kind narrows the rest', () => {
    expectTypeOf<Extract<CompressorInput, { kind: 'top-k' }>['k']>().toEqualTypeOf<number>();
    expectTypeOf<CostInput['kind']>().extract<'logistic'>().toEqualTypeOf<'logistic'>();
    expectTypeOf<Extract<FlowInput, { kind: 'dgd' }>['variant']>().toEqualTypeOf<
      'dgd' | 'diffusion' | undefined
    >();
  });
});
