/** Every flow, an entry each. A new one is a file beside this one and an entry here. */

import { lookUp } from '../base/registry.js';
import { admm } from './admm.js';
import { beer } from './beer.js';
import { compressedGradientTracking } from './c-gt.js';
import { chocoGossip } from './choco-gossip.js';
import { chocoSgd } from './choco-sgd.js';
import { consensus } from './consensus.js';
import { custom } from './custom.js';
import { dgd } from './dgd.js';
import { diging } from './diging.js';
import { extra } from './extra.js';
import { lead } from './lead.js';
import { exactDiffusion, nids } from './nids.js';
import { pdmm } from './pdmm.js';
import { powerGossip, powerGossipSgd } from './power-gossip.js';
import { primalDual } from './primal-dual.js';
import { pushDiging } from './push-diging.js';
import { pushPull } from './push-pull.js';
import { pushSum } from './push-sum.js';
import { quantizedPushSum } from './quantized-push-sum.js';
import { scaledPrimalDual } from './scaled-primal-dual.js';
import { stochasticGradientPush } from './sgp.js';
import { surplusConsensus } from './surplus-consensus.js';
import type { FlowDefinition } from './types.js';

/** Every flow by its kind. */
export const flows: Record<string, FlowDefinition> = Object.fromEntries(
  [
    primalDual,
    consensus,
    pushSum,
    surplusConsensus,
    dgd,
    extra,
    nids,
    exactDiffusion,
    diging,
    admm,
    pdmm,
    chocoGossip,
    chocoSgd,
    lead,
    beer,
    compressedGradientTracking,
    pushPull,
    pushDiging,
    stochasticGradientPush,
    quantizedPushSum,
    powerGossip,
    powerGossipSgd,
    scaledPrimalDual,
    custom,
  ].map((flow) => [flow.kind, flow]),
);

/** What a spec or a plan names; its own definition where it names a module, which is loaded by then. */
export function flowDefinition(spec: { [parameter: string]: unknown }): FlowDefinition {
  const definition = flowKind(spec['kind']);
  return definition.of?.(spec) ?? definition;
}

/** What people call the flow of a spec or a plan: its kind, or the file of its module. */
export function flowName({ kind, module }: { kind: string; module?: unknown }): string {
  return typeof module === 'string' ? module.slice(module.lastIndexOf('/') + 1) : kind;
}

/** The same with what its messages are about, where there is a choice. */
export function flowLabel(flow: { kind: string; compress?: string; module?: unknown }): string {
  return flow.compress === undefined ? flowName(flow) : `${flowName(flow)}, ${flow.compress}`;
}

/** What a kind is, whatever module it may name. */
export function flowKind(kind: unknown): FlowDefinition {
  return lookUp(flows, kind, ['flow']);
}
