/**
 * Programs that a suite needs, from Debian's packages: where they are missing, this is root and there is an
 * apt-get, they are installed. Nothing that a user starts does that, nor does `npm test`.
 */

import { spawnSync } from 'node:child_process';

const has = (program) =>
  spawnSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' }).status === 0;

/** Null where all programs ({ program: package }) are there, or could be installed; else what is missing. */
export function packagesFor(programs, { install = true } = {}) {
  const missing = () => Object.keys(programs).filter((program) => !has(program));
  const first = missing();
  if (install && first.length > 0 && process.getuid?.() === 0 && has('apt-get')) {
    const packages = [...new Set(first.map((program) => programs[program]))];
    console.log(`installing ${packages.join(', ')} with apt-get`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args) => spawnSync('apt-get', args, { stdio: 'ignore', env, timeout: 300_000 });
    apt('update');
    apt('install', '-y', '--no-install-recommends', ...packages);
  }
  const left = missing();
  if (left.length === 0) return null;
  return `there is no ${left.join(', ')} here (Debian: ${left.map((name) => programs[name]).join(', ')})`;
}
