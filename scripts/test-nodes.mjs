/**
 * The engine's tests on newer Nodes: each is installed from its npm package into a temporary folder, never
 * into this project. Usage: npm run test:nodes [-- 22 24]
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const versions = process.argv.slice(2);
const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-nodes-'));
const failed = [];
try {
  for (const version of versions.length > 0 ? versions : ['22', '24']) {
    const platform = `${os.platform()}-${os.arch()}`;
    const name = `n${version}`;
    const install = spawnSync(
      'npm',
      [
        'install',
        '--prefix',
        folder,
        '--no-save',
        '--ignore-scripts',
        `${name}@npm:node-${platform}@${version}`,
      ],
      { encoding: 'utf8' },
    );
    const node = path.join(folder, 'node_modules', name, 'bin', 'node');
    if (install.status !== 0) {
      console.log(`Node ${version}: skipped, could not be installed for ${platform}`);
      continue;
    }
    const vitest = path.join('node_modules', 'vitest', 'vitest.mjs');
    const { status } = spawnSync(
      node,
      [vitest, 'run', 'test/engine', 'test/sync', 'test/kernels', 'test/cli', 'test/plugin'],
      { stdio: 'inherit' },
    );
    console.log(`Node ${version}: ${status === 0 ? 'passed' : 'FAILED'}`);
    if (status !== 0) failed.push(version);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed.length === 0 ? 0 : 1;
