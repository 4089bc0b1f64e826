/**
 * One round of push-sum for a block of agents: what was gathered, -(sums, weight) as the gather kernels leave
 * it, to the estimate and the next share.
 *
 *     x = sums / weight        share = (sums, weight) / (1 + out-degree)
 *
 * A row of shares holds dim sums and then the weight.
 */
import { Row } from './lanes';
import { SHIFT } from './real';

/**
 * `gathered` rows hold -(dim sums, weight), share rows dim + 1 entries; all rows begin with the block's
 * first agent.
 */
export function stepPushSum(
  count: usize,
  dim: usize,
  gathered: usize,
  gatheredStride: usize,
  outDegrees: usize,
  x: usize,
  xStride: usize,
  shares: usize,
  shareStride: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const from = gathered + r * gatheredStride;
    const row = x + r * xStride;
    const share = shares + r * shareStride;
    const weight = -load<real>(from + (dim << SHIFT));
    const parts = <real>(1 + load<f64>(outDegrees + (r << 3)));
    for (let c: usize = 0; c < dim; c++) {
      const sum = -load<real>(from + (c << SHIFT));
      store<real>(row + (c << SHIFT), sum / weight);
      store<real>(share + (c << SHIFT), sum / parts);
    }
    store<real>(share + (dim << SHIFT), weight / parts);
    Row.clear(row, dim, Row.padded(dim));
    Row.clear(share, dim + 1, Row.padded(dim + 1));
  }
}
