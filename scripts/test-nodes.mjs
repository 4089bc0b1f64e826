/**
 * The engine's tests on newer Nodes, and runs that are shared by all of them: each is installed from its npm
 * package into a temporary folder, never into this project. Usage: npm run test:nodes [-- 22 24 26] [--across]
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { acrossNodes } from '../test/nodes/across.mjs';

const given = process.argv.slice(2);
const versions = given.filter((argument) => argument !== '--across');
const asked = versions.length > 0 ? versions : ['22', '24', '26'];
const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-nodes-'));
const platform = `${os.platform()}-${os.arch()}`;
const failed = [];
try {
  const packages = asked.map((version) => `n${version}@npm:node-${platform}@${version}`);
  spawnSync('npm', ['install', '--prefix', folder, '--no-save', '--ignore-scripts', ...packages]);
  const nodes = [{ name: process.version, node: process.execPath }];
  for (const version of asked) {
    const node = path.join(folder, 'node_modules', `n${version}`, 'bin', 'node');
    if (existsSync(node)) nodes.push({ name: `v${version}`, node });
    else console.log(`Node ${version}: skipped, could not be installed for ${platform}`);
  }
  if (acrossNodes(nodes) > 0) failed.push('across');
  for (const { name, node } of given.includes('--across') ? [] : nodes.slice(1)) {
    const vitest = path.join('node_modules', 'vitest', 'vitest.mjs');
    const { status } = spawnSync(
      node,
      [vitest, 'run', 'test/engine', 'test/sync', 'test/kernels', 'test/cli', 'test/plugin'],
      { stdio: 'inherit' },
    );
    console.log(`Node ${name}: ${status === 0 ? 'passed' : 'FAILED'}`);
    if (status !== 0) failed.push(name);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed.length === 0 ? 0 : 1;
