/** Sottovoce's public interface. */

export * from './compress/builders.js';
export type {
  CompressorModule,
  MessageContext,
  MessageReader,
  MessageWriter,
  ModulePlan,
  PlanInputs,
  RandomNumbers,
} from './compress/custom.js';
export { compressors } from './compress/registry.js';
export type { CompressorSpec } from './compress/types.js';
export { loadConfig, parseConfig } from './config/load.js';
export type { LoadedConfig, RunConfig } from './config/types.js';
export type { CostAnswer, CostInputs, CostModule, CostModuleContext } from './cost/custom.js';
export { costs } from './cost/registry.js';
export { InputError, RunError } from './errors.js';
export { flows } from './flow/registry.js';
export { type OpenSession, openSession } from './session/client.js';
export type {
  AgentState,
  PlanReport,
  PrepareOptions,
  Progress,
  RunResult,
  Session,
  Summary,
  TraceRow,
} from './session/types.js';
