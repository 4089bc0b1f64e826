/**
 * The bits of every kind of run, as they were recorded: each flow with each compressor that it takes, each
 * variant of a flow over links that stay and that change, each cost, each parameter server, and the gains
 * that `auto` chooses. Whoever rebuilds something sees here whether it still computes the same.
 *
 * A difference is a change of what users get: it needs a reason, a line in the changelog, and `npx vitest run
 * test/engine/bits.test.ts -u`. Data are generated with V8's own Math, so the record holds for the major
 * version of Node that it was made with.
 */

import { describe, expect, it } from 'vitest';
import { isInputError } from '../../src/base/errors.js';
import { runSequentially } from '../support/sequential.js';
import { ROUNDS, recordedTables } from './recorded.js';

const tables = await recordedTables();
const RECORDED_WITH = 'v20.';

/** Too long for lines of a record that people read. */
const SHOWN = 16;

async function hashOf(config: Record<string, unknown>): Promise<string> {
  try {
    return (await runSequentially({ rounds: ROUNDS, trace: { every: 10 }, ...config }, 2)).stateHash.slice(
      0,
      SHOWN,
    );
  } catch (error) {
    if (!isInputError(error)) throw error;
    return 'refused';
  }
}

async function record(configs: Iterable<[string, Record<string, unknown>]>): Promise<string> {
  const lines: string[] = [];
  for (const [name, config] of configs) lines.push(`${await hashOf(config)}  ${name}`);
  return `${lines.join('\n')}\n`;
}

describe.skipIf(!process.version.startsWith(RECORDED_WITH))('the recorded bits', () => {
  it.each(Object.keys(tables))('%s', async (name) => {
    const configs = (tables[name] as (typeof tables)[string])();
    await expect(await record(configs)).toMatchFileSnapshot(`bits/${name.replaceAll(' ', '-')}.txt`);
  });
});
