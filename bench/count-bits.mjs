/**
 * What does a server's sum cost when a gradient is one bit a coordinate, and not a float32?
 *
 *     node bench/count-bits.mjs [--repeats N] [--out FILE.json]
 *
 * 1,000 workers, d = 1,048,576, one thread, one run, the two taking turns. Bits: `countSigns` and
 * `meanSigns`, the engine's own kernels, over all 1,000 packed messages (131 MB) to the mean as float64.
 * Float32: a loop that adds gradients to a float32 sum, in chunks that stay in the second cache, four
 * gradients a pass, compiled to WebAssembly SIMD by hand below, which is what a server would do. 1,000
 * gradients of float32 would be 4.2 GB, more than a 32-bit memory holds, so it adds the same 128 (537 MB,
 * more than any cache) again and again; its time is that of 1,000. Build first: `npm run build`.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import asc from 'assemblyscript/asc';
import { bindKernels } from '../dist/kernels/bindings.js';
import { COUNT_SCRATCH_BYTES } from '../dist/kernels/sizes.js';
import { spacedBytes } from '../dist/src/program/parameter-server/plan.js';
import { kernelsUrl } from '../dist/src/run/locations.js';

const { values: options } = parseArgs({
  options: { repeats: { type: 'string', default: '7' }, out: { type: 'string' } },
});
const REPEATS = Number(options.repeats);
const WORKERS = 1000;
const DIM = 2 ** 20;
const DISTINCT = 128;

const SUM = `
export function addFloats(gradients: usize, count: usize, n: usize, out: usize): void {
  // 64 KiB of the sum at a time.
  for (let begin: usize = 0; begin < n; begin += 16384) {
    const from = begin << 2;
    const to = min<usize>(n, begin + 16384) << 2;
    for (let m: usize = 0; m + 4 <= count; m += 4) {
      const a = gradients + m * (n << 2);
      const b = a + (n << 2);
      const c = b + (n << 2);
      const d = c + (n << 2);
      for (let at = from; at < to; at += 16) {
        let sum = v128.load(out + at);
        sum = f32x4.add(sum, f32x4.add(v128.load(a + at), v128.load(b + at)));
        sum = f32x4.add(sum, f32x4.add(v128.load(c + at), v128.load(d + at)));
        v128.store(out + at, sum);
      }
    }
  }
}`;

async function compileSum() {
  let binary = null;
  const { error, stderr } = await asc.main(
    [
      'sum.ts',
      '--outFile',
      'sum.wasm',
      '-O3',
      '--runtime',
      'stub',
      '--importMemory',
      '--sharedMemory',
      '--initialMemory',
      '1',
      '--maximumMemory',
      '65536',
      '--enable',
      'simd',
      '--enable',
      'threads',
      '--noAssert',
    ],
    {
      readFile: (name) => (name === 'sum.ts' ? SUM : null),
      writeFile: (name, content) => {
        if (name === 'sum.wasm') binary = content;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  return new WebAssembly.Module(binary);
}

const slotBytes = spacedBytes(8 + DIM / 8);
const at = { scratch: 1024 };
at.counts = at.scratch + COUNT_SCRATCH_BYTES;
at.sum = at.counts + DIM * 8;
at.slots = at.sum + DIM * 4;
at.gradients = at.slots + WORKERS * slotBytes + 64;
const bytes = at.gradients + DISTINCT * DIM * 4;
const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536), maximum: 65536, shared: true });
const kernels = bindKernels(new WebAssembly.Module(readFileSync(kernelsUrl)), memory);
const { addFloats } = new WebAssembly.Instance(await compileSum(), { env: { memory, abort() {} } }).exports;

// Random bits and random numbers; every page of both is touched.
const words = new Uint32Array(memory.buffer);
let state = 1;
const next = () => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
};
for (let i = at.slots / 4; i < at.gradients / 4; i++) words[i] = next();
const floats = new Float32Array(memory.buffer, at.gradients, DISTINCT * DIM);
for (let i = 0; i < floats.length; i++) floats[i] = ((i * 2654435761) % 1000) / 1000 - 0.5;

const timed = (work) => {
  const started = performance.now();
  work();
  return performance.now() - started;
};
const countBits = () => {
  kernels.countSigns(at.slots + 8, slotBytes, WORKERS, 0, DIM, at.counts, at.scratch);
  kernels.meanSigns(at.counts, 0, DIM, WORKERS, 1, at.counts);
};
const sumFloats = () => {
  new Float32Array(memory.buffer, at.sum, DIM).fill(0);
  let left = WORKERS;
  for (; left >= DISTINCT; left -= DISTINCT) addFloats(at.gradients, DISTINCT, DIM, at.sum);
  addFloats(at.gradients, left, DIM, at.sum);
};

countBits();
sumFloats();
const times = { bits: [], floats: [] };
for (let i = 0; i < REPEATS; i++) {
  times.bits.push(timed(countBits));
  times.floats.push(timed(sumFloats));
}
// The counts are right: the first coordinates, bit by bit.
const doubles = new Float64Array(memory.buffer, at.counts, 64);
const packed = new Uint8Array(memory.buffer);
for (let c = 0; c < 64; c++) {
  let set = 0;
  for (let m = 0; m < WORKERS; m++) set += (packed[at.slots + 8 + m * slotBytes + (c >> 3)] >> (c & 7)) & 1;
  if (doubles[c] !== (WORKERS - 2 * set) / WORKERS)
    throw new Error(`coordinate ${c}: ${doubles[c]}, expected ${(WORKERS - 2 * set) / WORKERS}`);
}

const spread = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], least: sorted[0], most: sorted.at(-1) };
};
const bits = spread(times.bits);
const float32 = spread(times.floats);
const ratios = spread(times.bits.map((time, i) => time / times.floats[i]));
const line = (name, { median, least, most }, unit, digits) =>
  console.log(
    `${name.padEnd(34)} ${median.toFixed(digits)} ${unit} (${least.toFixed(digits)} to ${most.toFixed(digits)})`,
  );
console.log(`${WORKERS} workers, d = ${DIM.toLocaleString('en')}, ${REPEATS} times each, one thread`);
line('counting bits', bits, 'ms', 1);
line('summing float32', float32, 'ms', 1);
line('bits / float32', ratios, '', 4);
const machine = { cpu: os.cpus()[0].model.trim(), cores: os.availableParallelism(), node: process.version };
console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
if (options.out) {
  writeFileSync(
    options.out,
    `${JSON.stringify({ workers: WORKERS, dim: DIM, repeats: REPEATS, milliseconds: { bits, float32 }, ratios, machine }, null, 2)}\n`,
  );
}
