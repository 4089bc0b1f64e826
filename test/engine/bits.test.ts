/**
 * The bits of every kind of run, as they were recorded: each flow with each compressor that it takes, each
 * variant of a flow over links that stay and that change, each cost, each parameter server, and the gains
 * that `auto` chooses. Whoever rebuilds something sees here whether it still computes the same.
 *
 * A difference is a change of what users get: it needs a reason, a line in the changelog, and `npx vitest run
 * test/engine/bits.test.ts -u`, which makes all of them. The gate makes some of the lines of long tables, and
 * all that are new. Data are generated with V8's own Math, so the record holds for the major
 * version of Node that it was made with.
 */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isInputError } from '../../src/base/errors.js';
import { runSequentially } from '../support/sequential.js';
import { someOfAll } from '../support/some.js';
import { ROUNDS, recordedTables } from './recorded.js';
import { kindsOf } from './table.js';

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

/** Of long tables the gate makes one line in so many; the others stand as they were recorded. */
const EVERY: Record<string, number> = {
  'flows and compressors': 3,
  'flows over links': 5,
  'sizes and layouts': 2,
  'gains that are auto': 2,
};

/** By name; null where two have the same. */
function recorded(file: URL): Map<string, string | null> {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  const byName = new Map<string, string | null>();
  for (const line of lines) {
    const name = line.slice(line.indexOf('  ') + 2);
    byName.set(name, byName.has(name) ? null : line);
  }
  return byName;
}

async function record(
  configs: Iterable<[string, Record<string, unknown>]>,
  every: number,
  stands: ReadonlyMap<string, string | null>,
): Promise<string> {
  const all = [...configs];
  const made = new Set(someOfAll(all, every, ([, config]) => kindsOf(config)));
  const lines: string[] = [];
  for (const one of all) {
    const [name, config] = one;
    const kept = made.has(one) ? null : stands.get(name);
    lines.push(kept ?? `${await hashOf(config)}  ${name}`);
  }
  return `${lines.join('\n')}\n`;
}

describe.skipIf(!process.version.startsWith(RECORDED_WITH))('the recorded bits', () => {
  it.each(Object.keys(tables))('%s', async (name) => {
    const configs = (tables[name] as (typeof tables)[string])();
    const file = `bits/${name.replaceAll(' ', '-')}.txt`;
    const lines = await record(configs, EVERY[name] ?? 1, recorded(new URL(file, import.meta.url)));
    await expect(lines).toMatchFileSnapshot(file);
  });
});
