/**
 * Several hosts on one machine, each in a network namespace of its own, joined by links of 10 and 100 Mbit/s,
 * and Open MPI between them: what those links do, and what Sottovoce does over them.
 *
 *  - wires: the links have the rate that they are given, asked with a program that is not ours to excuse
 *    (ping-pong.mjs);
 *  - clean-up: killed in the middle with SIGKILL, it leaves no process, namespace, device or file;
 *  - deploy: the scripts of deploy/, through ssh, through Slurm, and as the MPI operator starts them;
 *  - kills: a rank that is killed, or a host, ends the job within five seconds; --seed draws when;
 *  - rounds: seconds a round, uncompressed and with `flatten(sign)`; --passes, --hosts 2,4, --rates 10,100 and
 *    --graph torus|random choose, --json FILE keeps the figures.
 *
 * Usage: npm run test:hosts [-- --short] [--only wires,clean-up,deploy,kills,rounds]. It takes root on Linux, and installs
 * openmpi-bin and iproute2 with apt-get where they are missing and that is possible. Where it cannot be run it
 * says so and exits with 0: nothing was checked.
 */

import { parseArgs } from 'node:util';
import { checkCleanUp } from './clean-up.mjs';
import { checkDeploy } from './deploy.mjs';
import { checkKills } from './kills.mjs';
import { cannotHaveHosts, enterLab, openLab } from './lab.mjs';
import { packagesFor } from './packages.mjs';
import { checked, counts } from './report.mjs';
import { checkRounds } from './rounds.mjs';
import { checkWires } from './wires.mjs';

const PARTS = {
  wires: checkWires,
  'clean-up': checkCleanUp,
  deploy: checkDeploy,
  kills: checkKills,
  rounds: checkRounds,
};
const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    passes: { type: 'string', default: '3' },
    hosts: { type: 'string', default: '2,4' },
    rates: { type: 'string', default: '10,100' },
    graph: { type: 'string' },
    json: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: Object.keys(PARTS).join(',') },
  },
});
const asked = options.only.split(',');
for (const part of asked)
  if (!Object.hasOwn(PARTS, part))
    throw new Error(`--only ${part}: expected some of ${Object.keys(PARTS).join(',')}`);

const why =
  cannotHaveHosts() ??
  packagesFor({ ip: 'iproute2', tc: 'iproute2', mpirun: 'openmpi-bin', setpriv: 'util-linux' });
if (why !== null) {
  console.log(`test:hosts SKIPPED, nothing was checked: ${why}`);
} else if (await enterLab()) {
  const lab = openLab(4);
  for (const part of asked) {
    try {
      await PARTS[part](lab, options);
    } catch (error) {
      checked(part, [error.stack]);
    }
  }
  const { passed, failed, skipped } = counts();
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  // Whatever is still running in here ends with the first process.
  process.exit(failed > 0 ? 1 : 0);
}
