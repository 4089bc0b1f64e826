/** One case each of test/chaos/stray.test.ts, for the gate: what a module does beside its calls is told. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isInputError, openSession, parseConfig } from '../../dist/src/index.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
let files = 0;

async function outcomeOf({ plan = '', encode = '' }): Promise<Error | string> {
  const module = path.join(folder, `mine-${++files}.mjs`);
  writeFileSync(
    module,
    `export function plan(inputs) { ${plan}; return { messageBits: 64 * inputs.dim, linear: true }; }
export function encode(error, message, { agent, round }) {
  if (agent === 5 && round === 12) { ${encode} }
  for (const entry of error) message.float64(entry);
}
export function decode(message, out) { for (let c = 0; c < out.length; c++) out[c] = message.float64(); }
`,
  );
  await using opened = await openSession();
  const config = await parseConfig({
    topology: { kind: 'ring', nodes: 8 },
    cost: { kind: 'quadratic', dim: 3 },
    flow: { kind: 'primal-dual', compress: 'error-state', step: 0.05, alpha: 0.5, beta: 0.5 },
    compressor: { kind: 'custom', module },
    rounds: 20,
    workers: 1,
  });
  try {
    await opened.session.prepare({ config, outDir: null });
    return (await opened.session.start()).summary.status;
  } catch (error) {
    return error as Error;
  }
}

it('a promise that is rejected with nobody waiting fails the run, and bad input is what it is before', async () => {
  const reject = "Promise.reject(new Error('nobody waits'));";
  const [failed, refused] = await Promise.all([outcomeOf({ encode: reject }), outcomeOf({ plan: reject })]);
  const says = /mine-\d+\.mjs:\d:\d+: left a promise that was rejected: Error: nobody waits$/;
  expect((failed as Error).message).toMatch(says);
  expect(isInputError(failed)).toBe(false);
  expect((refused as Error).message).toMatch(says);
  expect(isInputError(refused)).toBe(true);
});

it('process.exit() is named, wherever it is called, and one that is caught too', async () => {
  const [caught, plain, none] = await Promise.all([
    outcomeOf({ encode: 'try { process.exit(0) } catch {}' }),
    outcomeOf({ encode: 'process.exit(3);' }),
    outcomeOf({}),
  ]);
  expect((caught as Error).message).toMatch(/mine-\d+\.mjs:3:\d+: it called process\.exit\(0\)/);
  expect((plain as Error).message).toMatch(/encode threw ExitCalled: .*exit\(3\).* \(agent 5, round 12\)$/);
  expect(none).toBe('finished');
});
