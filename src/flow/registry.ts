/** Every flow, one line each. A new one is a file beside this one and a line here. */

import { lookUp } from '../base/registry.js';
import { admm } from './admm.js';
import { beer } from './beer.js';
import { compressedGradientTracking } from './c-gt.js';
import { chocoGossip } from './choco-gossip.js';
import { chocoSgd } from './choco-sgd.js';
import { consensus } from './consensus.js';
import { dgd } from './dgd.js';
import { diging } from './diging.js';
import { extra } from './extra.js';
import { lead } from './lead.js';
import { exactDiffusion, nids } from './nids.js';
import { pdmm } from './pdmm.js';
import { powerGossip, powerGossipSgd } from './power-gossip.js';
import { primalDual } from './primal-dual.js';
import { pushSum } from './push-sum.js';
import type { FlowDefinition } from './types.js';

/** Every flow by its kind. */
export const flows: Record<string, FlowDefinition> = Object.fromEntries(
  [
    primalDual,
    consensus,
    pushSum,
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
    powerGossip,
    powerGossipSgd,
  ].map((flow) => [flow.kind, flow]),
);

export function flowDefinition(kind: unknown): FlowDefinition {
  return lookUp(flows, kind, ['flow']);
}
