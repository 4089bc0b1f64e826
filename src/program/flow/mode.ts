/** What messages of a flow are about where its config does not say so: `compress` of a flow that leaves it open. */

import type { Precision } from '../../arena/layout.js';
import { compresses } from '../../compress/registry.js';
import type { CompressorSpec } from '../../compress/types.js';
import { flowKind } from '../../flow/registry.js';
import type { Compress, FlowSpec } from '../../flow/types.js';

/**
 * Flows that leave the choice say the state itself where nothing is compressed, else what changed: with a
 * memory where they have one and choose their gains themselves (it takes fewer rounds nearly everywhere,
 * docs/auto.md), without where somebody chose gains, which would be another mode's.
 *
 * `otherMode`: what may be taken in its place, since nobody chose; null where somebody did.
 */
export function completeFlow(
  { kind, ...given }: FlowSpec,
  compressor: CompressorSpec,
  precision: Precision | undefined,
): { flow: FlowSpec; otherMode: Compress | null } {
  const { modes } = flowKind(kind);
  if (!modes) return { flow: { kind, ...given }, otherMode: null };
  const chosen = ['step', 'alpha', 'beta', 'mu'].some((gain) => typeof given[gain] === 'number');
  const compressed: Compress = modes.includes('error-memory') && !chosen ? 'error-memory' : 'error-state';
  const compress = compresses(compressor, precision) ? compressed : 'none';
  return {
    flow: { kind, compress, ...given },
    otherMode: given.compress === undefined && compress === 'error-memory' ? 'error-state' : null,
  };
}
