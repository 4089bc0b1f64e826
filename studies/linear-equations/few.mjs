// Scalars of some directions alone: the first `coordinates` of x, in turn. What stands in the others is never said.

export function plan({ dim, parameters: { coordinates } }) {
  if (!(Number.isInteger(coordinates) && coordinates >= 1 && coordinates <= dim))
    throw new Error(`coordinates is ${coordinates}, expected a whole number in 1..${dim}`);
  return { messageBits: 64, linear: true, data: { coordinates } };
}

export function encode(error, message, { round, data: { coordinates } }) {
  message.float64(error[round % coordinates]);
}

export function decode(message, out, { round, data: { coordinates } }) {
  out.fill(0);
  out[round % coordinates] = message.float64();
}
