/** Every benchmark, one line each: the command line, its help and the tests find it by themselves. */

import { peers } from './peers.js';
import { round } from './round.js';
import { scaling } from './scaling.js';
import type { Benchmark } from './types.js';

export const benchmarks: readonly Benchmark[] = [round, scaling, peers];
