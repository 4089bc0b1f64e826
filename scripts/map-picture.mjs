/**
 * Draws the map of docs/sweep.md anew: a torus of 100 agents, step against the gain of the dual, without
 * compression. After `npm run build`, in a minute or two:
 *
 *     node scripts/map-picture.mjs
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'sottovoce-map-'));
const config = path.join(folder, 'torus.yaml');
writeFileSync(
  config,
  `name: torus of 10 x 10
topology: { kind: torus, rows: 10, columns: 10 }
cost: { kind: quadratic, dim: 16, condition: 4 }
flow: { kind: primal-dual, compress: none, step: 0.1, alpha: 1, beta: 1 }
rounds: 4000
stop: { rmsError: 1.0e-6 }
`,
);
const out = path.join(folder, 'map');
const axes = ['--x', 'flow.step=0.01..0.5:log:20', '--y', 'flow.beta=0.1..10:log:20'];
const main = path.join(root, 'dist/src/cli/main.js');
const { status } = spawnSync(process.execPath, [main, 'map', config, ...axes, '--out', out], {
  stdio: 'inherit',
});
if (status === 0) copyFileSync(path.join(out, 'map.png'), path.join(root, 'docs/map-step-beta.png'));
rmSync(folder, { recursive: true, force: true });
process.exitCode = status ?? 1;
