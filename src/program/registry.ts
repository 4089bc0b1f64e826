/**
 * Every program, an entry each: what a run's workers do in a round. A new one is a folder beside this file
 * and an entry here.
 */

import type { Kernels } from '../../kernels/bindings.js';
import type { Arena } from '../arena/arena.js';
import { lookUp } from '../base/registry.js';
import type { Transport } from '../ranks/transport.js';
import type { ProgramDefinition } from '../run/program.js';
import type { BoundProgram, RunPlan } from '../run/types.js';
import { flow } from './flow/index.js';
import { parameterServer } from './parameter-server/index.js';

/** The first is what a config runs that names no program. */
export const programs: Readonly<Record<string, ProgramDefinition>> = Object.fromEntries(
  [flow, parameterServer].map((program) => [program.kind, program]),
);

export function programDefinition(kind: string = Object.keys(programs)[0] as string): ProgramDefinition {
  return lookUp(programs, kind, ['program']);
}

export function bindProgram(
  plan: RunPlan,
  arena: Arena,
  kernels: Kernels,
  worker: number,
  transport?: Transport,
): BoundProgram {
  return programDefinition(plan.program).bind(plan, arena, kernels, worker, transport);
}
