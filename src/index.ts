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
export type { FlowConfig, LoadedConfig, Override, RunConfig, ServerConfig } from './config/types.js';
export type { CostAnswer, CostInputs, CostModule, CostModuleContext } from './cost/custom.js';
export { costs } from './cost/registry.js';
export {
  InputError,
  type InputErrorDetails,
  isInputError,
  isRunError,
  RunError,
  type RunErrorCode,
} from './errors.js';
export { flows } from './flow/registry.js';
export { type OpenSession, openSession } from './session/client.js';
export type {
  AgentState,
  PlanReport,
  PrepareOptions,
  Progress,
  RunResult,
  RunStatus,
  Session,
  StartOptions,
  Summary,
  TraceRow,
} from './session/types.js';
