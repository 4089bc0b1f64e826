/**
 * TernGrad: -1, 0 or 1 an entry, at random, and one scale. C(e, k) = max|e| floor(e / max|e| + u), u uniform
 * in (0, 1): an entry is said as +-max|e| with probability |e_c| / max|e|, and not at all otherwise.
 *
 * Unbiased, E|C(e) - e|^2 = max|e| |e|_1 - |e|_2^2 <= omega |e|^2 with omega = (sqrt(dim) - 1) / 2: a
 * contraction (1 - omega) only below dim 9; beyond, put `scale` around it, factor 1 / (1 + omega). Bits: 64 +
 * 2 dim (2 bits a trit; packing five trits in a byte would save a fifth and cost the vector kernel).
 * Source: Wen, Xu, Yan, Wu, Wang, Chen, Li 2017 (arXiv 1705.07878), without its clipping and layers.
 */

import { defineWired } from './define.js';
import { bindDithered, ditheredMessages, planDithered } from './dithered-levels.js';

/** -1, 0 or 1 for every entry, at random, times max|e|. */
export const terngrad = defineWired({
  kind: 'terngrad',
  metadata: {
    title: 'TernGrad',
    summary:
      'sends -1, 0 or 1 for every entry, at random, and max|e|; unbiased, no contraction from dim 9 on',
    source: 'Wen, Xu, Yan, Wu, Wang, Chen, Li 2017 (arXiv 1705.07878)',
  },
  parameters: () => ({}),
  plan: (_spec, context) => planDithered(context, 1, 'max', (Math.sqrt(context.dim) - 1) / 2),
  bind: bindDithered,
  messages: ditheredMessages,
});
