/** A config, run in every way: the first one is what the others are compared with. */

import { mostWorkers } from '../base/cores.js';
import { plural } from '../base/format.js';
import { withGains } from '../output/load-manifest.js';
import type { LoadedConfig } from '../run/config.js';
import { likelyReasons } from './reasons.js';
import type { Verification, Verifying } from './types.js';
import { Variants } from './variants.js';
import { nameOf, REFERENCE, waysFor } from './ways.js';

/** The reference and all ways: a guess, until the reference says how long it is. */
const MOST_RUNS = 9;

/** @throws InputError where the config is refused */
export async function verifyConfig(loaded: LoadedConfig, verifying: Verifying): Promise<Verification> {
  const { signal } = verifying;
  const variants = new Variants(verifying, MOST_RUNS * loaded.config.rounds);
  const verification = (complete: boolean, notes: string[]): Verification => ({
    of: 'config',
    good: variants.good,
    complete,
    checks: [],
    variants: variants.made,
    notes,
  });
  let reference: Awaited<ReturnType<Verifying['part']>>;
  const name = nameOf(REFERENCE);
  variants.told(name, 0);
  try {
    reference = await verifying.part({ loaded, workers: 1 }, (round) => variants.told(name, round));
  } catch (error) {
    if (signal?.aborted) return verification(false, []);
    throw error;
  }
  variants.expect(name, reference);
  // Chosen once: what is chosen again would be the same, and takes its time.
  const { alternatives: _chosen, ...rest } = loaded;
  const fixed = { ...rest, config: withGains({ config: reference.config, plan: reference }) };
  const hasLayout = loaded.config.program === undefined;
  const { ways, left } = waysFor(reference, hasLayout, mostWorkers(loaded.config));
  variants.plan(reference.rounds * ways.length);
  for (const way of ways) {
    await variants.make(way, fixed);
    if (signal?.aborted) {
      const done = `ended before all of it was done: ${variants.made.length} of ${plural(ways.length + 1, 'run')}`;
      return verification(false, [done]);
    }
  }
  return verification(true, [...left, ...likelyReasons(variants.tried, loaded)]);
}
