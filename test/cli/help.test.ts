/** What help says of defaults is what a config gets. */

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { EXAMPLE_CONFIG } from '../../src/cli/run.js';
import { parseConfig } from '../../src/config/load.js';

describe('the config in the help of `run`', () => {
  it('names the defaults, all of them', async () => {
    const shown = parse(EXAMPLE_CONFIG) as Record<string, Record<string, unknown>>;
    const { topology, cost } = shown;
    const { config } = await parseConfig({ topology, cost, flow: { kind: 'primal-dual' } });
    expect(config).toMatchObject(shown);
    const {
      network: _,
      init: __,
      name: ___,
      links: ____,
      ...sections
    } = config as unknown as Record<string, unknown>;
    expect(Object.keys(shown).sort()).toEqual(Object.keys(sections).sort());
    // Longer runs have as many rows.
    const longer = await parseConfig({ topology, cost, flow: { kind: 'primal-dual' }, rounds: 20_000 });
    expect(longer.config.trace.every).toBe(100);
  });
});
