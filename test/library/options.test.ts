/** Options that a program gets wrong are said, in every call of the library. */

import { describe, expect, it } from 'vitest';
import { certify, compare, inspectTopology, profile, run, tune, verify } from '../../dist/src/index.js';

const config = {
  topology: { kind: 'ring' as const, nodes: 6 },
  cost: { kind: 'quadratic' as const, dim: 2 },
  flow: { kind: 'primal-dual' as const, step: 0.05, alpha: 0.5, beta: 0.5 },
  rounds: 20,
  workers: 1,
};
// What no compiler would let pass.
const calls: Record<string, (options: never) => Promise<unknown>> = {
  run: (options) => run(config, options),
  tune: (options) => tune(config, options),
  compare: (options) => compare([config], options),
  profile: (options) => profile(config, options),
  inspectTopology: (options) => inspectTopology(config.topology, options),
  certify: (options) => certify('sign', options),
  verify: (options) => verify(config, options),
};

describe.each(Object.entries(calls))('%s', (name, call) => {
  it.each([
    [{ outdirr: 'x' }, /unknown option outdirr, expected /],
    [{ signal: {} }, /signal is \{\}, expected an AbortSignal/],
    [null, /its options are null, expected an object/],
    ['x', /its options are .*"x", expected an object/],
  ])('refuses %j', async (options, message) => {
    const refused = call(options as never);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(`^${name}: `),
    });
  });
});

it.each(['onRows', 'onProgress'])('run refuses %s that is no function', async (name) => {
  await expect(run(config, { [name]: 5 })).rejects.toThrow(`run: ${name} is 5, expected a function`);
});

it('an asynchronous callback that rejects ends the run and rejects it', async () => {
  const onRows = async () => {
    throw new TypeError('mine');
  };
  await expect(run(config, { onRows })).rejects.toThrow('mine');
});
