/**
 * A run whose shared memory is more than 4 GiB, which 32-bit WebAssembly cannot address, runs over two ranks of this
 * machine; alone it is refused. What ranks took at most is what they had announced. A smaller one leaves the same
 * hash alone and over two ranks. Takes some 7 GiB of memory: `npm run test:mpi`, without --short.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { freeMemory } from '../../dist/topology/memory.js';
import { type Ended, ended, MPIRUN } from '../support/ranks/mpirun.js';

const CLI = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const GIB = 2 ** 30;
const isLong = process.env.SOTTOVOCE_MPI_TESTS !== 'short';
const folder = mkdtempSync(path.join(tmpdir(), 'sottovoce-large-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Says at its end how much memory it used at most. */
const WRAPPER = path.join(folder, 'main.mjs');
writeFileSync(
  WRAPPER,
  `import { main, processTerminal } from ${JSON.stringify(CLI)};
process.on('exit', () => console.error('peak ' + process.resourceUsage().maxRSS * 1024));
process.exitCode = await main(process.argv.slice(2), processTerminal([]));
`,
);

function configOf(columns: number): string {
  const file = path.join(folder, `torus-${columns}.yaml`);
  writeFileSync(
    file,
    `topology: { kind: torus, rows: 1000, columns: ${columns} }
cost: { kind: quadratic, dim: 64 }
flow: { kind: primal-dual, compress: error-state, step: 0.05, alpha: 1, beta: 0.2 }
compressor: { kind: flatten, inner: { kind: sign } }
rounds: 2
trace: { every: 2 }
workers: 1
report: false
`,
  );
  return file;
}

interface Done extends Ended {
  hash: string | undefined;
}

async function run(config: string, ranks: number): Promise<Done> {
  const out = path.join(folder, `out-${ranks}`);
  rmSync(out, { recursive: true, force: true });
  const args = [WRAPPER, 'run', config, '--out', out];
  const env = { NO_COLOR: '1' };
  const done =
    ranks === 1
      ? await ended(process.execPath, args, { seconds: 600, env })
      : await ended('mpirun', [...MPIRUN, '-n', `${ranks}`, process.execPath, ...args, '--mpi'], {
          seconds: 600,
          env,
        });
  const hash =
    done.code === 0
      ? (JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8')) as { stateHash: string }).stateHash
      : undefined;
  return { ...done, hash };
}

const bytes = (amount: string, unit: string) => Number(amount) * (unit === 'GiB' ? GIB : 2 ** 20);

describe('a graph that does not fit into 4 GiB', () => {
  it('leaves the same hash alone and over two ranks where it fits', async () => {
    const config = configOf(isLong ? 300 : 20);
    const alone = await run(config, 1);
    const two = await run(config, 2);
    expect(alone.hash, alone.stderr).toMatch(/^[0-9a-f]{64}$/);
    expect(two.hash, two.stderr).toBe(alone.hash);
  });

  it.skipIf(!isLong || freeMemory().bytes < 9 * GIB)(
    'is refused alone, and runs over two ranks in the memory that they announce',
    async () => {
      const config = configOf(1400);
      const alone = await run(config, 1);
      expect(alone.code).toBe(2);
      expect(alone.stderr).toMatch(/4\.1\d GiB of shared memory, .* more than the 4 GiB/);

      const two = await run(config, 2);
      expect(two.hash, two.stderr).toMatch(/^[0-9a-f]{64}$/);
      const said = `${two.stdout}${two.stderr}`;
      const announced = [
        ...said.matchAll(/rank (\d) of 2: ([\d.]+) GiB shared, about ([\d.]+) (GiB|MiB) in all/g),
      ].sort((a, b) => Number(a[1]) - Number(b[1]));
      expect(announced).toHaveLength(2);
      const sum = announced.reduce((all, [, , shared = '']) => all + Number(shared), 0);
      expect(sum).toBeGreaterThan(4);
      const peaks = [...said.matchAll(/peak (\d+)/g)].map(([, peak]) => Number(peak)).sort((a, b) => b - a);
      const expected = announced
        .map(([, , , amount = '', unit = '']) => bytes(amount, unit))
        .sort((a, b) => b - a);
      for (const [i, peak] of peaks.entries()) {
        console.log(
          `announced ${((expected[i] ?? 0) / GIB).toFixed(2)} GiB, peak ${(peak / GIB).toFixed(2)} GiB`,
        );
        expect(Math.abs(peak / (expected[i] ?? 0) - 1)).toBeLessThan(0.15);
      }
    },
  );
});
