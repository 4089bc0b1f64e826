/**
 * Parameter servers: every pair of links, optimiser and schedule that is programmed apart; and a problem for
 * them.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { normals, seededRandom } from '../kernels/harness.js';
import { temporaryFolder } from '../support/run.js';

/**
 * Uneven parts (37 samples for 5 agents), a dimension that no power of two is, and mini-batches: whatever a
 * partition could spoil.
 */
export const DIM = 11;
export const AGENTS = 5;

function dataset(count: number, dim: number) {
  const random = seededRandom(4);
  const rows = Array.from({ length: count }, () => normals(dim, random));
  const labels = rows.map((row) => (row[0] + 0.5 * row[1] + random() - 0.5 > 0 ? 1 : -1));
  const file = path.join(temporaryFolder(), 'samples.libsvm');
  const line = (row: Float64Array, r: number) =>
    `${labels[r]} ${Array.from(row, (entry, c) => `${c + 1}:${entry}`).join(' ')}`;
  writeFileSync(file, `${rows.map(line).join('\n')}\n`);
  return { file, rows, labels };
}

/** The data in a folder that is gone after the file's tests, and the configs that read them. */
export function serverProblem() {
  const samples = dataset(37, DIM);
  const config = (program: Record<string, unknown>, rounds = 12) => ({
    program: { kind: 'parameter-server', agents: AGENTS, gamma: 0.2, ...program },
    cost: { kind: 'logistic', data: samples.file, regularization: 0.01 },
    rounds,
    seed: 7,
    trace: { every: 4 },
  });
  return { samples, config };
}

const oneBit = { kind: 'one-bit', lambda: 0.3 };
export const PROGRAMS: Record<string, Record<string, unknown>> = {
  'FO-SGD': { lambda: 0.3 },
  'FO-SGD, nothing padded': { lambda: 0.3, flatten: 'exact' },
  'FO-SGD, parts of 4': { lambda: 0.3, flatten: 4 },
  'FO-SGD, uplink only': { lambda: 0.3, downlink: 'none' },
  'FO-SGD, lambda from the norm': { amplitude: 2 },
  'FO-SGD, schedules': {
    lambda: { kind: '1/sqrt(k)', initial: 0.5, after: 3 },
    gamma: { kind: 'cosine', initial: 0.5, final: 0.1 },
  },
  'FO-SGD, momentum at the server': { lambda: 0.3, optimizer: { kind: 'momentum' } },
  'FO-SGD, momentum at everyone': {
    lambda: 0.3,
    optimizer: { kind: 'momentum', nesterov: true, side: 'all' },
  },
  'FO-SGD, Adam at everyone': { lambda: 0.3, gamma: 0.01, optimizer: { kind: 'adam', side: 'all' } },
  'not flattened': { lambda: 0.3, flatten: false },
  'flattened up only': { uplink: { kind: 'flatten', inner: oneBit }, downlink: oneBit },
  'flattened down only': { uplink: oneBit, downlink: { kind: 'flatten', inner: oneBit } },
  'two rotations': {
    uplink: { kind: 'flatten', inner: oneBit },
    downlink: { kind: 'flatten', size: 'exact', inner: { kind: 'sign' } },
  },
  'fixed signs': {
    uplink: { kind: 'flatten', signs: 'fixed', inner: oneBit },
    downlink: { kind: 'flatten', signs: 'fixed', inner: { kind: 'sign', scale: 'unit' } },
    gamma: 0.05,
  },
  SGD: { uplink: { kind: 'identity' } },
  'SGD, batches': { uplink: { kind: 'identity' }, batch: 3 },
  'signSGD, majority': {
    uplink: { kind: 'sign', scale: 'unit' },
    downlink: { kind: 'sign', scale: 'unit' },
    gamma: 0.05,
  },
  'EF-signSGD': { uplink: { kind: 'error-feedback', inner: { kind: 'sign' } } },
  QSGD: { uplink: { kind: 'qsgd', levels: 4 } },
  TernGrad: { uplink: { kind: 'terngrad' } },
  DRIVE: { uplink: { kind: 'flatten', inner: { kind: 'sign', scale: 'unbiased' } } },
  'top-k, error feedback': { uplink: { kind: 'error-feedback', inner: { kind: 'top-k', k: 3 } } },
  DoubleSqueeze: {
    uplink: { kind: 'error-feedback', inner: { kind: 'sign' } },
    downlink: { kind: 'error-feedback', inner: { kind: 'sign' } },
  },
  'lengths that vary': {
    uplink: { kind: 'threshold', threshold: 0.5 },
    downlink: { kind: 'threshold', threshold: 0.5 },
  },
};
