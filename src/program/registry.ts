/** Every program, one line each: what a run's workers do in a round. A new one is a folder beside this file and a line here. */

import type { Kernels } from '../../kernels/bindings.js';
import type { Arena } from '../arena/arena.js';
import { flowProgram } from './flow/bind.js';
import { parameterServerProgram } from './parameter-server/bind.js';
import type { BoundProgram, ProgramDefinition, RunPlan } from './types.js';

const programs: Record<string, ProgramDefinition> = Object.fromEntries(
  [flowProgram, parameterServerProgram].map((program) => [program.kind, program]),
);

export function bindProgram(plan: RunPlan, arena: Arena, kernels: Kernels, worker: number): BoundProgram {
  const program = programs[plan.program];
  if (!program) throw new Error(`no program is planned as ${plan.program}`);
  return program.bind(plan, arena, kernels, worker);
}
