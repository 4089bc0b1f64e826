/**
 * Two bits a coordinate: its sign, and whether its magnitude is large or small.
 *
 *     C(e)_c = sign(e_c) high   where |e_c| > t,     sign(e_c) low   elsewhere,      t = threshold * mean|e|
 *
 * `high` and `low` are the mean magnitudes of the two groups, which makes the squared error as small as the
 * grouping allows. Of a Gaussian vector with threshold 1.23 the share 0.88 arrives (one bit: 0.64). Bits: 128
 * + 2 dim.
 */

/** @type {import('sottovoce').CompressorModule['plan']} */
export function plan({ dim, parameters: { threshold = 1.23, ...others } }) {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new Error(`${unknown} is not a parameter, expected threshold`);
  if (!(threshold > 0)) throw new Error(`threshold is ${threshold}, expected a number > 0`);
  return { messageBits: 128 + 2 * dim, contraction: 1 / dim, data: { threshold } };
}

/** @type {import('sottovoce').CompressorModule['encode']} */
export function encode(error, message, { dim, data }) {
  let sum = 0;
  for (const entry of error) sum += Math.abs(entry);
  const limit = (data.threshold * sum) / dim;

  let highSum = 0;
  let highCount = 0;
  for (const entry of error) {
    if (Math.abs(entry) <= limit) continue;
    highSum += Math.abs(entry);
    highCount++;
  }
  const low = highCount < dim ? (sum - highSum) / (dim - highCount) : 0;
  message.float64(low);
  message.float64(highCount > 0 ? highSum / highCount : 0);
  for (const entry of error) {
    message.bits(entry < 0 ? 1 : 0, 1);
    message.bits(Math.abs(entry) > limit ? 1 : 0, 1);
  }
}

/** @type {import('sottovoce').CompressorModule['decode']} */
export function decode(message, out) {
  const low = message.float64();
  const high = message.float64();
  for (let c = 0; c < out.length; c++) {
    const negative = message.bits(1) === 1;
    const magnitude = message.bits(1) === 1 ? high : low;
    out[c] = negative ? -magnitude : magnitude;
  }
}
