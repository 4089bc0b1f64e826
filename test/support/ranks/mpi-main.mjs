/** The main thread of a rank that mpirun started: runs the contract over MPI on its communication thread, and prints a line of JSON. */

import { Worker } from 'node:worker_threads';
import { rankEnvironment } from '../../../dist/src/ranks/environment.js';
import { mpiTask } from '../../../dist/src/ranks/mpi/task.js';
import { cases } from './contract.mjs';

const task = mpiTask(rankEnvironment(), { pieceBytes: 300_000 });
const only = process.argv[2];
const names = Object.keys(cases).filter((name) => only === undefined || name.includes(only));
const worker = new Worker(new URL('./rank.mjs', import.meta.url), {
  workerData: { task, names, seconds: 60 },
});
worker.on('message', (outcome) => process.stdout.write(`${JSON.stringify(outcome)}\n`));
