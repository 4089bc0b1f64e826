/**
 * Same config, same seed, same bits, on every Node; and in a run that each of them has a part of. Gives the number
 * of failures.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const part = fileURLToPath(new URL('part.mjs', import.meta.url));
const own = fileURLToPath(new URL('../../examples/07-own-flow/lead.mjs', import.meta.url));
const base = {
  topology: { kind: 'erdos-renyi', nodes: 37, averageDegree: 5, seed: 3, largestComponent: true },
  cost: { kind: 'quadratic', dim: 11, condition: 6 },
  seed: 5,
  workers: 2,
  rounds: 200,
};
const sign = { kind: 'flatten', inner: { kind: 'sign' } };
const CONFIGS = {
  'gains that are auto, one bit': { ...base, flow: { kind: 'primal-dual' }, compressor: sign },
  'a memory': {
    ...base,
    flow: { kind: 'primal-dual', compress: 'node-state', step: 0.02, alpha: 0.5, beta: 0.5 },
    compressor: { kind: 'error-feedback', inner: { kind: 'top-k', k: 3 } },
  },
  'links with a state': {
    ...base,
    flow: { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5 },
    compressor: { kind: 'qsgd' },
    links: { kind: 'gilbert-elliott', toBad: 0.3, toGood: 0.15 },
  },
  'a server with Adam': {
    program: { kind: 'parameter-server', agents: 5, lambda: 0.1, gamma: 0.05, optimizer: { kind: 'adam' } },
    cost: { kind: 'quadratic', dim: 12 },
    seed: 4,
    workers: 2,
    rounds: 200,
  },
  "a flow of one's own": { ...base, flow: { kind: 'custom', module: own }, compressor: sign },
  'push-sum': { ...base, cost: { kind: 'average', dim: 11 }, flow: { kind: 'push-sum' } },
};

/** @param {{ name: string, node: string }[]} nodes */
export function acrossNodes(nodes) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-across-'));
  let failures = 0;
  const hashOf = (node, ...args) => {
    const { status, stdout, stderr } = spawnSync(node, [part, ...args], { encoding: 'utf8' });
    return status === 0 ? JSON.parse(stdout).stateHash.slice(0, 16) : `failed: ${stderr.slice(0, 400)}`;
  };
  try {
    for (const [at, [name, config]] of Object.entries(CONFIGS).entries()) {
      const place = path.join(folder, String(at));
      mkdirSync(place);
      const file = path.join(place, 'config.json');
      writeFileSync(file, JSON.stringify(config));
      const whole = nodes.map(({ name: version, node }) =>
        hashOf(node, file, path.join(place, version), 'end'),
      );
      const shared = path.join(place, 'shared');
      const pieces = nodes.map(({ node }, turn) =>
        hashOf(
          node,
          file,
          shared,
          turn + 1 === nodes.length ? 'end' : String(Math.floor((config.rounds * (turn + 1)) / nodes.length)),
        ),
      );
      const same = [...whole, pieces.at(-1)].every(
        (hash) => hash === whole[0] && /^[0-9a-f]{16}$/.test(hash),
      );
      if (!same) failures++;
      const versions = nodes.map(({ name: version }) => version).join(', ');
      console.log(
        same
          ? `${name}: ${whole[0]} on ${versions}, and a part on each`
          : `${name}: FAILED: ${nodes.map(({ name: version }, i) => `${version} ${whole[i]}`).join(', ')}; parts ${pieces.join(', ')}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return failures;
}
