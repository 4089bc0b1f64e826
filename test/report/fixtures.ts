import type { LoadedConfig } from '../../src/run/config.js';
import type { PlanReport, Summary } from '../../src/run/reports.js';
import type { TraceRow } from '../../src/trace/row.js';

export const LOADED: LoadedConfig = {
  config: {
    topology: { kind: 'ring', nodes: 8 },
    weights: 'unit',
    cost: { kind: 'quadratic', dim: 40 },
    flow: {
      kind: 'primal-dual',
      compress: 'error-state',
      step: 'auto',
      alpha: 'auto',
      beta: 'auto',
      eta: 1,
      mu: 1,
    },
    compressor: { kind: 'sign' },
    rounds: 1000,
    stop: { gap: 1e-6 },
    seed: 7,
    workers: 'auto',
    trace: { every: 5, sample: 'auto' },
    layout: { order: 'auto', block: 'auto' },
  },
  file: null,
  folder: '/somewhere',
  source: null,
};

export const PLAN: PlanReport = {
  name: 'ring of eight',
  agents: 8,
  edges: 8,
  dim: 40,
  workers: 2,
  rounds: 1000,
  topology: 'ring(nodes=8)',
  cost: 'quadratic, drawn',
  flow: 'primal-dual, error-state',
  compressor: 'sign',
  links: null,
  layout: { order: { chosen: 'given', why: 'as asked for', given: null, rcm: null }, blockAgents: 8 },
  arenaBytes: 1.07 * 2 ** 30,
  processBytes: 1.2 * 2 ** 30,
  spectrum: { lambda2: 0.5857864376, lambdaMax: 4 },
  gains: { step: 0.05, alpha: 1, beta: 1, eta: 1, mu: 1 },
  tuning: null,
  bits: { perMessage: 104, uncompressedPerMessage: 2560 },
  optimum: { value: 0.378775243, gradientNorm: 3e-16, method: 'Newton', iterations: 6 },
  warnings: [],
};

export const SUMMARY: Summary = {
  status: 'converged',
  rounds: 812,
  agents: 8,
  dim: 40,
  edges: 8,
  workers: 2,
  seconds: 0.42,
  roundsPerSecond: 1933.3,
  stateHash: 'ab'.repeat(32),
  bits: { perMessage: 104, broadcast: 675_584, links: 1_351_168, uncompressedBroadcast: 16_629_760 },
  final: {
    objective: 0.37877622,
    optimum: 0.378775243,
    gap: 9.8e-7,
    rmsError: 1e-3,
    consensusError: 1.234567e-4,
    networkSeconds: null,
    accuracy: null,
    agentsGapMean: 2.1e-6,
    agentsGapWorst: 7.5e-6,
    gradientNorm: 3.3e-4,
    meanGradientNorm: 1.1e-4,
  },
  warnings: [],
};

export function row(round: number, values: Partial<TraceRow> = {}): TraceRow {
  return {
    round,
    objective: 1,
    gap: 0.1,
    rmsError: 0.01,
    consensusError: 0.001,
    observerError: Number.NaN,
    bitsBroadcast: 832 * round,
    bitsLinks: 1664 * round,
    seconds: 0.25,
    networkSeconds: Number.NaN,
    bitsUp: Number.NaN,
    bitsDown: Number.NaN,
    accuracy: Number.NaN,
    agentsGapMean: 0.2,
    agentsGapWorst: 0.4,
    gradientNorm: 0.03,
    meanGradientNorm: 0.02,
    ...values,
  };
}
