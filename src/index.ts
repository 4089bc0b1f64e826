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
export type { FlowConfig } from './program/flow/config.js';
export type { ServerConfig } from './program/parameter-server/config.js';
export type { LoadedConfig, Override, RunConfig } from './run/config.js';
export type { PlanReport, RunStatus, Summary } from './run/reports.js';
export { type OpenSession, openSession } from './session/client.js';
export type {
  AgentState,
  PrepareOptions,
  Progress,
  RunResult,
  Session,
  StartOptions,
} from './session/types.js';
export type { TraceRow } from './trace/row.js';
