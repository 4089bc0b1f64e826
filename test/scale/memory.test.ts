/**
 * Large runs: 100,000 agents at d = 64 and degree 8, two million edges, a million agents on a ring. Memory is
 * announced before the run, and what the process really used at its peak is within 10% of it. Run by
 * `npm run test:scale`.
 */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const CLI = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const MIB = 2 ** 20;

/** Runs the command line in a process that says at its end how much memory it used at most. */
const WRAPPER = `
  import { main, processTerminal } from ${JSON.stringify(CLI)};
  process.exitCode = await main(process.argv.slice(1), processTerminal([]));
  console.log('peak ' + process.resourceUsage().maxRSS * 1024);
`;

describe('large runs', () => {
  it.each([
    {
      name: 'one-bit-100k',
      topology: '{ kind: random-regular, nodes: 100000, degree: 8 }',
      dim: 64,
      compress: 'error-state',
    },
    {
      name: 'none-100k',
      topology: '{ kind: random-regular, nodes: 100000, degree: 8 }',
      dim: 64,
      compress: 'none',
    },
    {
      // Most of it is the graph, and what making it leaves behind.
      name: 'edges-2m',
      topology: '{ kind: random-regular, nodes: 300000, degree: 16 }',
      dim: 4,
      compress: 'none',
    },
    {
      name: 'arcs-2m',
      topology: '{ kind: random-digraph, nodes: 100000, averageDegree: 20 }',
      dim: 16,
      compress: 'none',
      flow: '{ kind: sgp, step: 0.01 }',
    },
    {
      name: 'rows-200k',
      topology: '{ kind: ring, nodes: 10 }',
      dim: 4,
      compress: 'none',
      rounds: '200000\ntrace: { every: 1 }',
    },
    { name: 'ring-1m', topology: '{ kind: ring, nodes: 1000000 }', dim: 16, compress: 'observer' },
  ])('$name', ({ name, topology, dim, compress, flow, rounds }) => {
    const file = path.join(folder, `${name}.yaml`);
    writeFileSync(
      file,
      `topology: ${topology}
cost: { kind: quadratic, dim: ${dim} }
flow: ${flow ?? `{ kind: primal-dual, compress: ${compress}, step: 0.02, alpha: 0.5, beta: 0.5 }`}
${compress === 'none' ? '' : 'compressor: { kind: flatten, inner: { kind: sign } }\n'}rounds: ${rounds ?? 10}
`,
    );
    const { stdout, status } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', WRAPPER, 'run', file, '--out', path.join(folder, name)],
      { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
    );
    expect(status).toBe(0);
    expect(stdout).toContain('finished');
    const [, amount, unit] = stdout.match(/about ([\d.]+) (MiB|GiB) in all/) as RegExpMatchArray;
    const announced = Number(amount) * (unit === 'GiB' ? 1024 : 1) * MIB;
    const peak = Number((stdout.match(/peak (\d+)/) as RegExpMatchArray)[1]);
    console.log(
      `${name}: announced ${(announced / MIB).toFixed(0)} MiB, peak ${(peak / MIB).toFixed(0)} MiB`,
    );
    expect(Math.abs(peak / announced - 1)).toBeLessThanOrEqual(0.1);
    expect(stdout.indexOf('memory')).toBeLessThan(stdout.indexOf('topology'));
  });
});
