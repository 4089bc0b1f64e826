/** Two hosts and an mpirun that would last for an hour, for clean-up.mjs to end in the middle. */

import { enterLab, openLab } from './lab.mjs';

if (await enterLab()) {
  const lab = openLab(2);
  lab.limit(10);
  const child = lab.mpirun(lab.names, ['sh', '-c', 'echo ready; sleep 3600; :']);
  child.stdout.pipe(process.stdout);
  child.stderr.pipe(process.stderr);
  await lab.ended(child);
}
