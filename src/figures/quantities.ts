/** What can stand along the axes of a figure: names on the command line, columns of a trace, titles. */

import type { TraceRow } from '../trace/row.js';

export interface AlongX {
  column: keyof TraceRow;
  title: string;
  /** Ticks have this unit with an SI prefix; null where they are numbers. */
  unit: string | null;
  /** Why a trace may not have it, as half a sentence. */
  lacks: string;
}

export const ALONG_X = {
  rounds: { column: 'round', title: 'rounds', unit: null, lacks: 'every trace has it' },
  bits: {
    column: 'bitsBroadcast',
    title: 'bits sent, every message once an agent',
    unit: 'bit',
    lacks: 'every trace has it',
  },
  'link-bits': {
    column: 'bitsLinks',
    title: 'bits sent, every message once a directed edge',
    unit: 'bit',
    lacks: 'every trace has it',
  },
  seconds: { column: 'seconds', title: 'seconds in the round loop', unit: null, lacks: 'every trace has it' },
  network: {
    column: 'networkSeconds',
    title: 'seconds on the links of the network',
    unit: null,
    lacks: 'it is known where the config gives the links: network: { bandwidth: 1 Mbit/s, latency: 20 ms }',
  },
} as const satisfies Record<string, AlongX>;
export type XName = keyof typeof ALONG_X;

export interface AlongY {
  column: keyof TraceRow;
  title: string;
  scale: 'log' | 'linear';
  lacks: string;
}

const NO_OPTIMUM = 'it is measured from the optimum, which is not known there';
const NOT_LOOKED_AT = 'no agent was looked at; trace: { sample: all } in the config looks at all';

export const ALONG_Y = {
  gap: { column: 'gap', title: 'gap of the mean', scale: 'log', lacks: NO_OPTIMUM },
  rms: { column: 'rmsError', title: 'rms error', scale: 'log', lacks: NO_OPTIMUM },
  consensus: {
    column: 'consensusError',
    title: 'consensus error',
    scale: 'log',
    lacks: 'every trace has it',
  },
  'agents-gap': {
    column: 'agentsGapMean',
    title: "mean of the agents' gaps",
    scale: 'log',
    lacks: `${NO_OPTIMUM}, or ${NOT_LOOKED_AT}`,
  },
  'worst-gap': {
    column: 'agentsGapWorst',
    title: "worst of the agents' gaps",
    scale: 'log',
    lacks: `${NO_OPTIMUM}, or ${NOT_LOOKED_AT}`,
  },
  gradient: { column: 'gradientNorm', title: 'gradient norm', scale: 'log', lacks: NOT_LOOKED_AT },
  observer: {
    column: 'observerError',
    title: 'observer error',
    scale: 'log',
    lacks: 'its flow keeps no estimates',
  },
  objective: { column: 'objective', title: 'objective', scale: 'linear', lacks: 'every trace has it' },
  accuracy: {
    column: 'accuracy',
    title: 'accuracy',
    scale: 'linear',
    lacks: 'its config gives no test samples: cost.test',
  },
} as const satisfies Record<string, AlongY>;
export type YName = keyof typeof ALONG_Y;
