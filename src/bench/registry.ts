/** Every benchmark, one line each: the command line, its help and the tests find it by themselves. */

import { ahead } from './ahead.js';
import { barrier } from './barrier.js';
import { checkpoints } from './checkpoints.js';
import { counters } from './counters.js';
import { dashboard } from './dashboard.js';
import { distortion } from './distortion.js';
import { flows } from './flows.js';
import { growth } from './growth.js';
import { kernels } from './kernels.js';
import { memory } from './memory.js';
import { mpi } from './mpi.js';
import { own } from './own.js';
import { peers } from './peers.js';
import { precision } from './precision.js';
import { roofline } from './roofline.js';
import { round } from './round.js';
import { scaling } from './scaling.js';
import { startup } from './startup.js';
import { targets } from './targets.js';
import type { Benchmark } from './types.js';
import { workers } from './workers.js';

export const benchmarks: readonly Benchmark[] = [
  barrier,
  kernels,
  round,
  flows,
  ahead,
  precision,
  scaling,
  memory,
  roofline,
  counters,
  startup,
  peers,
  own,
  checkpoints,
  dashboard,
  workers,
  mpi,
  growth,
  distortion,
  targets,
];
