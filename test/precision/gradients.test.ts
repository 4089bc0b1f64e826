/**
 * Gradients in float32 over samples: of flows that keep every agent's gradient in a row, rows one after the
 * other. A kernel that writes further than its row shows in the neighbours' numbers, and by partition.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bindKernels } from '../../kernels/bindings.js';
import { compileKernels } from '../../src/run/kernels.js';
import { seededRandom } from '../kernels/harness.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const AGENTS = 5;
/** Around the lines of float32 (16 numbers) and of float64 (8). */
const FEATURES = [1, 5, 8, 9, 16, 17, 33];
const rms = (x: Float64Array) => Math.sqrt(x.reduce((sum, entry) => sum + entry * entry, 0) / x.length);

function writeSamples(folder: string, features: number): string {
  const random = seededRandom(features);
  const lines = Array.from({ length: 60 }, () => {
    const values = Array.from({ length: features }, () => (2 * random() - 1).toFixed(3));
    return [...values, Number(values[0]) > 0.4 * (random() - 0.5) ? 1 : 0].join(',');
  });
  const file = path.join(folder, `samples-${features}.csv`);
  writeFileSync(file, `${[...values(features), 'y'].join(',')}\n${lines.join('\n')}\n`);
  return file;
}

const values = (features: number) => Array.from({ length: features }, (_, c) => `a${c}`);

const flows = [
  { kind: 'primal-dual', step: 0.05, alpha: 0.5, beta: 0.5 },
  { kind: 'extra', step: 0.1, mixing: 0.2 },
  { kind: 'nids', step: 0.1, mixing: 0.2 },
  { kind: 'diging', step: 0.05, mixing: 0.2 },
  { kind: 'choco-sgd', step: 0.1, gamma: 0.5, mixing: 0.2 },
  { kind: 'beer', step: 0.05, gamma: 0.5, mixing: 0.2 },
  { kind: 'lead', step: 0.1, gamma: 0.5, alpha: 1, mixing: 0.2 },
];

describe('gradients over samples in float32', () => {
  for (const kind of ['ridge', 'huber', 'logistic', 'nonconvex-logistic', 'softmax']) {
    it(`${kind}, dense: next to float64 under every flow, the same bits for any number of workers`, async () => {
      const folder = temporaryFolder();
      for (const [at, features] of FEATURES.entries()) {
        const data = writeSamples(folder, features);
        const flow = flows[at % flows.length];
        for (const each of new Set([flow, flows[(at + 3) % flows.length]])) {
          const config = {
            topology: { kind: 'ring', nodes: AGENTS },
            cost: { kind, data, target: 'y', regularization: 0.01, storage: 'dense', solve: false },
            flow: each,
            rounds: 12,
          };
          const double = await runSequentially(config, 1);
          const single = await runSequentially({ ...config, precision: 'float32' }, 1);
          const name = `${each.kind}, ${features} features`;
          const apart = rms(single.x.map((entry, c) => entry - double.x[c])) / rms(double.x);
          expect(apart, name).toBeLessThan(1e-5);
          for (const workers of [2, 3]) {
            const other = await runSequentially({ ...config, precision: 'float32' }, workers);
            expect(other.stateHash, `${name}, ${workers} workers`).toBe(single.stateHash);
          }
        }
      }
    });
  }

  it('the kernel of dense rows writes its row and nothing behind it', async () => {
    const module = await compileKernels('float32');
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const kernels = bindKernels(module, memory);
    for (const n of FEATURES) {
      const stride = 4 * 16 * Math.ceil(n / 16);
      const [samples, labels, scratch, x, rows, out] = [128, 192, 256, 1024, 4096, 8192];
      new Uint32Array(memory.buffer, samples, 2).set([0, 5]);
      new Float64Array(memory.buffer, labels, 5).fill(1);
      new Float32Array(memory.buffer, x, n).fill(0);
      new Float32Array(memory.buffer, rows, 5 * 64).fill(0);
      for (let r = 0; r < 5; r++) new Float32Array(memory.buffer, rows + r * stride, n).fill(r + 1);
      const behind = new Uint8Array(memory.buffer, out + stride, 1024).fill(0xa5);
      const square = 0;
      // biome-ignore format: addresses, sizes and gains, as the kernel takes them
      kernels.gradientLinearDense(square, 0, 0, 1, x, stride, samples, rows, stride, labels, out, stride, n, 1, 0, scratch, 0, 0);
      expect([...new Float32Array(memory.buffer, out, n)]).toEqual(Array(n).fill(-15));
      expect(behind.every((byte) => byte === 0xa5)).toBe(true);
    }
  });
});
