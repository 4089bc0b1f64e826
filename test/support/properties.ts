/**
 * Seeds of the property tests. The gate's are fixed: it fails for what a change did, never by the luck of a
 * draw. `npm run test:properties` draws others, and far more of them.
 */
import fc from 'fast-check';

const times = Number(process.env.SOTTOVOCE_PROPERTY_RUNS ?? 1);

fc.configureGlobal(times > 1 ? { numRuns: 100 * times } : { seed: 20_240_803 });

/** How often a property is tried which has reason to be tried `usual` times, not a hundred. */
export function runs(usual: number): number {
  return usual * times;
}
