/** A run's configuration as plain data: what YAML says after validation, with every default filled in. */

import type { CompressorSpec } from '../compress/types.js';
import type { CostSpec } from '../cost/types.js';
import type { SpecPath } from '../errors.js';
import type { Compress, FlowSpec } from '../flow/types.js';
import type { LinksSpec } from '../links/types.js';
import type { OrderChoice } from '../program/flow/order.js';
import type { ServerSpec } from '../program/parameter-server/types.js';

export interface TopologySpec {
  /** Graph file, instead of `kind`. */
  file?: string;
  /** Reader, where the extension does not say it. */
  format?: string;
  /** Generator, instead of `file`. */
  kind?: string;
  /** Keep only the largest connected component. */
  largestComponent?: boolean;
  /** Keep the directions of a file's edges; some generators have a parameter of this name. */
  directed?: boolean;
  /** How a file is read, where it does not say so itself. */
  encoding?: string;
  separator?: 'tab' | 'comma' | 'semicolon' | 'bar' | 'space';
  header?: boolean;
  columns?: (string | number)[];
  [parameter: string]: unknown;
}

export interface StopSpec {
  /** Converged at the first round in which every quantity given here is at or below its bound. */
  gap?: number;
  rmsError?: number;
  consensusError?: number;
  agentsGapMean?: number;
  agentsGapWorst?: number;
  gradientNorm?: number;
}

/** At how many agents a trace row evaluates f and its gradient. */
export type SampleChoice = 'auto' | 'all' | number;

/** Links of a network model: what rounds would take on them. Numbers in SI units, whatever unit they were written in. */
export interface NetworkSpec {
  /** Bits a second, on every link and in every direction, unless `edges` says otherwise. */
  bandwidth: number;
  /** Seconds before the first bit arrives. */
  latency: number;
  /** Edges that differ: a list, or a file with a table of them. */
  edges?: string | EdgeNetworkSpec[];
}

/** One edge of a network, in both directions. What it does not say is the network's. */
export interface EdgeNetworkSpec {
  /** Labels of two agents; their numbers where the graph has no labels. */
  between: [string | number, string | number];
  bandwidth?: number;
  latency?: number;
}

/** A flow over a graph, or a program of another kind. */
export type RunConfig = FlowConfig | ServerConfig;

export interface FlowConfig extends CommonConfig {
  topology: TopologySpec;
  weights: 'unit' | 'metropolis' | 'file';
  flow: FlowSpec;
  compressor: CompressorSpec;
  /** Links that change from round to round; every edge is up in every round where absent. */
  links?: LinksSpec;
  layout: LayoutSpec;
  program?: undefined;
}

/** How agents lie in memory and are worked on. It changes how fast a run is, and no bits. */
export interface LayoutSpec {
  /** `rcm`: neighbours near each other; `auto`: where that is likely to pay. */
  order: OrderChoice;
  /** Agents worked on together; `auto`: from the second cache's size. */
  block: number | 'auto';
}

export interface ServerConfig extends CommonConfig {
  program: ServerSpec;
  topology?: undefined;
  weights?: undefined;
  flow?: undefined;
  compressor?: undefined;
  links?: undefined;
  layout?: undefined;
}

export interface CommonConfig {
  /** For people: shown in the progress line and the summary. */
  name?: string;
  cost: CostSpec;
  rounds: number;
  stop: StopSpec;
  seed: number;
  /** Worker threads; 'auto' is one for each core. */
  workers: number | 'auto';
  trace: { every: number; sample: SampleChoice };
  /** Links for the trace's networkSeconds. */
  network?: NetworkSpec;
  /** x(0), agents x dim (a parameter server: 1 x dim); zero (or, for consensus, each agent's own value) where absent. */
  init?: string;
}

/** A config that knows where it came from, so that errors can say the line. */
export interface LoadedConfig {
  config: RunConfig;
  /** Absolute path; null for a config given as an object. */
  file: string | null;
  /** Paths in the config are relative to this folder. */
  folder: string;
  /** YAML source text, for positions. */
  source: string | null;
  /** What a message may say instead of config.flow.compress, where that is nobody's choice. */
  otherMode?: Compress;
  /** What the command line changed in it: errors there name the option and no line. */
  overrides?: readonly Override[];
}

/** One value set from outside the file. */
export interface Override {
  path: SpecPath;
  value: unknown;
  /** As the user wrote it: `--rounds 50`. */
  origin: string;
}
