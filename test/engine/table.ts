/** What every table test runs over: each registered compressor in a spec that fits dim 11, each flow with gains that suit it. */

import { fileURLToPath } from 'node:url';
import { compressors } from '../../dist/src/index.js';
import { loadModules, moduleUrl } from '../../dist/src/plugin/modules.js';

const ownModule = fileURLToPath(new URL('../../examples/04-own-compressor/two-level.mjs', import.meta.url));
// For the tests that plan by themselves; a run loads it on its own.
await loadModules([moduleUrl(ownModule)]);

/** Parameters for the kinds that have some; a kind that is missing here is used bare, so that a new line in the registry is tested at once. */
const parameters: Record<string, Record<string, unknown>> = {
  'top-k': { k: 3 },
  'rand-k': { k: 4 },
  threshold: { threshold: 0.4 },
  'uniform-quantize': { step: 0.5, rate: 0.98 },
  'saturated-quantize': { bits: 4, step: 0.3, rate: 0.999 },
  flatten: { inner: { kind: 'sign' } },
  'error-feedback': { inner: { kind: 'top-k', k: 8 } },
  every: { rounds: 2, inner: { kind: 'sign' } },
  'event-triggered': { threshold: { relative: 0.3, rate: 0.9 }, inner: { kind: 'sign' } },
  schedule: { until: [0.4], inner: [{ kind: 'top-k', k: 3 }, { kind: 'sign' }] },
  adaptive: {
    budget: 240,
    inner: [
      { kind: 'top-k', k: 1 },
      { kind: 'top-k', k: 4 },
    ],
  },
  scale: { factor: 0.7, inner: { kind: 'sign' } },
  custom: { module: ownModule },
};

export const compressorSpecs = Object.keys(compressors).map((kind) => ({ kind, ...parameters[kind] }));

export const flowSpecs = [
  { kind: 'primal-dual', compress: 'none', step: 0.05, alpha: 1, beta: 1 },
  { kind: 'primal-dual', compress: 'node-state', step: 0.05, alpha: 1, beta: 1 },
  { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5, mu: 0.9 },
  { kind: 'primal-dual', compress: 'observer', step: 0.02, alpha: 0.5, beta: 0.5 },
  { kind: 'primal-dual', compress: 'error-memory', step: 0.02, alpha: 0.5, beta: 0.5, gamma: 0.05 },
  { kind: 'consensus', compress: 'none', step: 0.1, alpha: 1 },
  { kind: 'consensus', compress: 'node-state', step: 0.02, alpha: 1 },
  { kind: 'consensus', compress: 'error-state', step: 0.005, alpha: 1 },
  { kind: 'consensus', compress: 'observer', step: 0.005, alpha: 1, mu: 0.7 },
];

/** Methods of other papers, with steps that bring them to x*: those that send their vectors as they are. */
const rivalSpecs: { kind: string; compress?: string; [parameter: string]: unknown }[] = [
  { kind: 'dgd', step: 0.4, decay: 0.9 },
  { kind: 'dgd', variant: 'diffusion', step: 0.4, decay: 0.9, localSteps: 2 },
  { kind: 'extra' },
  { kind: 'nids' },
  { kind: 'exact-diffusion' },
  { kind: 'diging' },
  { kind: 'admm' },
  { kind: 'admm', inner: 1 },
  { kind: 'pdmm', inner: 2 },
  { kind: 'power-gossip', shape: [11, 1] },
];

/** And those that compress. */
const compressedRivalSpecs: typeof rivalSpecs = [
  { kind: 'choco-gossip' },
  { kind: 'choco-sgd', step: 0.1, decayRounds: 20, gamma: 0.5 },
  { kind: 'lead' },
  { kind: 'beer' },
  { kind: 'c-gt' },
];
const rivalCompressors = [
  { kind: 'flatten', inner: { kind: 'sign' } },
  { kind: 'top-k', k: 5 },
];

const rivalEntry = (flow: (typeof rivalSpecs)[number], compressor: { kind: string }) => {
  const { kind, ...rest } = flow;
  return { flow, compressor, name: `${kind} ${JSON.stringify(rest)} ${compressor.kind}` };
};

export const rivals = [
  ...rivalSpecs.map((flow) => rivalEntry(flow, { kind: 'identity' })),
  ...compressedRivalSpecs.flatMap((flow) =>
    rivalCompressors.map((compressor) => rivalEntry(flow, compressor)),
  ),
];

/** Every flow with every compressor that it takes. */
export const combinations = flowSpecs.flatMap((flow) =>
  compressorSpecs
    .filter(({ kind }) => flow.compress !== 'none' || kind === 'identity')
    .map((compressor) => ({ flow, compressor, name: `${flow.kind} ${flow.compress} ${compressor.kind}` })),
);
