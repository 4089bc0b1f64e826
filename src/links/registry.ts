/** Every kind of changing links, an entry each. A new one is a file beside this one and an entry here. */

import type { SpecPath } from '../base/errors.js';
import { lookUp } from '../base/registry.js';
import { custom } from './custom.js';
import { drops } from './drops.js';
import { gilbertElliott } from './gilbert-elliott.js';
import { onePeerExponential } from './one-peer-exponential.js';
import { randomMatching } from './random-matching.js';
import { schedule } from './schedule.js';
import type { LinksDefinition } from './types.js';

export const links: Record<string, LinksDefinition> = Object.fromEntries(
  [drops, gilbertElliott, schedule, onePeerExponential, randomMatching, custom].map((kind) => [
    kind.kind,
    kind,
  ]),
);

export function linksDefinition(kind: unknown, path: SpecPath): LinksDefinition {
  return lookUp(links, kind, path);
}
