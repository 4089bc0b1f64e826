/**
 * Sottovoce's public interface: one call for a run (`run`), a session for a run that is steered
 * (`openSession`), compositions of compressors, and the tools of the command line. docs/api.md is written
 * from the comments here.
 */

export {
  InputError,
  type InputErrorDetails,
  isInputError,
  isRunError,
  RunError,
  type RunErrorCode,
} from './base/errors.js';
export type { Spread } from './base/quantiles.js';
export type { Certificate } from './certify/certify.js';
export type { Band, Curve, CurveAxis } from './compare/curves.js';
export type { Comparison } from './compare/results.js';
export type {
  Cell,
  CellAsk,
  CellOutcome,
  CellRow,
  Cost,
  GivenUp,
  GivingUp,
  MethodRow,
  ProblemRow,
  Quartiles,
  Target,
} from './compare/types.js';
export type {
  CompressorModule,
  MessageContext,
  MessageReader,
  MessageWriter,
  ModulePlan,
  PlanInputs,
} from './compress/custom.js';
export * from './compress/kinds.js';
export { compressors } from './compress/registry.js';
export type { CompressorAlias, CompressorDefinition, CompressorSpec } from './compress/types.js';
export type {
  CostAnswer,
  CostInputs,
  CostModule,
  CostModuleContext,
  SampledCostModule,
} from './cost/custom-module.js';
export { costs } from './cost/registry.js';
export type { CostDefinition } from './cost/types.js';
export type {
  FlowAgent,
  FlowAgentBase,
  FlowFacts,
  FlowFunction,
  FlowModule,
  FlowNeeds,
  FlowParameters,
  GainDeclaration,
  Heard,
  HeardFrom,
  MessageDeclaration,
  MessageForm,
  ParameterDeclaration,
} from './flow/custom-types.js';
export { flows } from './flow/registry.js';
export type { FlowDefinition } from './flow/types.js';
export type { Figures, Generation } from './learn/train.js';
export { loadConfig, parseConfig } from './library/configs.js';
export type { TopologyInspection } from './library/inspect-graph.js';
export { type LearnOptions, type LearnOutcome, learn } from './library/learn.js';
export { type PlotOptions, type PlotOutcome, plot } from './library/plot.js';
export { type ProfileOptions, type ProfileOutcome, profile } from './library/profile.js';
export { type ResumeOptions, resume } from './library/resume.js';
export { type RunOptions, type RunOutcome, run } from './library/run.js';
export type {
  CommonInput,
  CompressorInput,
  CompressorKinds,
  ConfigInput,
  CostInput,
  CostKinds,
  FlowConfigInput,
  FlowInput,
  FlowKinds,
  GraphEdgesInput,
  GraphFileInput,
  GraphInput,
  GraphOptionsInput,
  LinksInput,
  LinksKinds,
  PolicyActionInput,
  PolicyFeatureInput,
  ProgramInput,
  ProgramKinds,
  ServerConfigInput,
  SpecOf,
  TopologyInput,
  TopologyKinds,
} from './library/specs.js';
export {
  type ManyOptions,
  type MapOptions,
  type MapOutcome,
  map,
  type SweepOptions,
  type SweepOutcome,
  sweep,
} from './library/sweep.js';
export type { CertifyProgress, TuneProgress } from './library/tasks.js';
export {
  type DescribedTimeline,
  type TimelineOptions,
  type TimelineOutcome,
  timeline,
} from './library/timeline.js';
export {
  type CertifyOptions,
  type CompareOptions,
  type CompareOutcome,
  certify,
  compare,
  type NamedGraph,
  type NamedMethod,
  type TuneOptions,
  type TuneOutcome,
  tune,
} from './library/tools.js';
export { type InspectOptions, inspectTopology, type TopologySource } from './library/topology.js';
export { type VerifyOptions, verify } from './library/verify.js';
export type { QueueOptions } from './library/where.js';
export { type WorkOptions, work } from './library/work.js';
export type {
  LinkRandom,
  LinksAnswer,
  LinksInputs,
  LinksModule,
  LinksModuleContext,
} from './links/custom.js';
export type { LinksDefinition } from './links/types.js';
export type { Manifest, Resumed } from './output/manifest.js';
export type { RandomNumbers } from './plugin/draws.js';
export type {
  FrameChange,
  ProfileComparison,
  ProfileRepeat,
  RelativeChange,
} from './profile/comparison.js';
export type { Deoptimisation } from './profile/deopts.js';
export type { ProfileVerdict } from './profile/significance.js';
export type {
  FrameTime,
  ProfileReport,
  ProfileShares,
  ThreadProfile,
  ThreadShares,
} from './profile/write.js';
export type { FlowConfig } from './program/flow/config.js';
export type {
  TopologyInputs,
  TopologyModule,
  TopologyRandom,
  YieldedEdge,
} from './program/flow/custom-topology.js';
export type { FlowTrials } from './program/flow/tune-flow.js';
export type { ServerConfig } from './program/parameter-server/config.js';
export type { WorkerReport } from './queue/worker.js';
export type { TuneReport } from './report/tuning.js';
export type { Change, ChangeReport, EdgeEnds, Edit } from './run/changes.js';
export type { CheckpointSpec, LoadedConfig, Override, RunConfig } from './run/config.js';
export type { Prediction } from './run/program.js';
export type {
  CheckpointReport,
  FileDigest,
  PlanReport,
  RunStatus,
  ServerReport,
  Summary,
  Tuning,
  WorkerThreadTime,
} from './run/reports.js';
export type { ThreadTimes } from './run/thread-times.js';
export type { Collection, Lap, Laps } from './run/timeline.js';
export { type OpenSession, openSession } from './session/client.js';
export type { CoordinatorSpan, RecordedTimeline, TimelineWindow } from './session/recorded-timeline.js';
export type {
  AgentState,
  PrepareOptions,
  Progress,
  ResumePoint,
  RunResult,
  Session,
  StartOptions,
} from './session/types.js';
export type { AxisInput } from './sweep/axes.js';
export type { Agreement, Boundary, MapQuantity, Place } from './sweep/map.js';
export type { SweepPoint, SweepResults, SweepRow } from './sweep/results.js';
export type { TraceEvent, TraceFile } from './timeline/trace-events.js';
export type { Waits, WorkerWaits } from './timeline/waits.js';
export type { TraceRow } from './trace/row.js';
export type { Check, Variant, Verification, VerifyProgress } from './verify/types.js';
