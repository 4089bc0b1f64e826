/**
 * The sections of a config that are a flow's: a graph, what its agents do and send, and links that change.
 */

import type { Graph } from '../../../topology/graph.js';
import type { CompressorSpec } from '../../compress/types.js';
import type { FlowSpec } from '../../flow/types.js';
import type { LinksSpec } from '../../links/types.js';
import type { CutChoice } from '../../ranks/cut.js';
import type { RunConfig } from '../../run/config.js';
import type { OrderChoice } from './order.js';

export interface TopologySpec {
  /** Graph file, instead of `kind`. */
  file?: string;
  /** Reader, where the extension does not say it. */
  format?: string;
  /** Generator, instead of `file`. */
  kind?: string;
  /** The graph itself, instead of both: of a config that gave its edges, or of a program. */
  graph?: Graph;
  /** What a graph that was given is called. */
  name?: string;
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

/** A flow on a graph, with every default filled in. */
export interface FlowConfig extends RunConfig {
  /** The graph: a file, or a generator with its parameters. */
  topology: TopologySpec;
  /** Weights of its edges. */
  weights: 'unit' | 'metropolis' | 'file';
  /** The flow with its gains. */
  flow: FlowSpec;
  /** What a message keeps. */
  compressor: CompressorSpec;
  /** Links that change from round to round; every edge is up in every round where absent. */
  links?: LinksSpec;
  /** How agents lie in memory. */
  layout: LayoutSpec;
  program?: undefined;
}

/** How agents lie in memory and are worked on. It changes how fast a run is, and no bits. */
export interface LayoutSpec {
  /** `rcm`: neighbours near each other; `auto`: where that is likely to pay. */
  order: OrderChoice;
  /** Agents worked on together; `auto`: from the second cache's size. */
  block: number | 'auto';
  /** Agents ahead of which neighbours' messages are asked for; `auto`: where they do not fit into caches. */
  ahead: number | 'auto';
  /** How agents are shared out between ranks; absent: `auto`. */
  cut?: CutChoice;
}
