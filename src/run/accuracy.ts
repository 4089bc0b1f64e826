/**
 * Test accuracy: the share of the test samples that one point classifies correctly. Each worker counts a
 * range of the samples, whatever agents it works for; counts are whole numbers, so their sum does not depend
 * on who counted.
 */

import type { Arena } from '../arena/arena.js';
import type { FieldSpec } from '../arena/layout.js';
import type { BoundCost, CostPlan } from '../cost/types.js';

export function accuracyFields({ testSamples = 0 }: CostPlan): FieldSpec[] {
  return testSamples > 0 ? [{ name: 'trace.correct', type: 'u32', length: 1, perWorker: true }] : [];
}

export interface BoundAccuracy {
  /** In a trace phase, on every worker: `point` is the address of a padded row that is the same for all. */
  count(point: number): void;
  /** On the leader, behind the barrier of that phase; NaN where there is nothing to test with. */
  share(): number;
}

export function bindAccuracy(
  plan: CostPlan,
  cost: BoundCost,
  arena: Arena,
  worker: number,
  workers: number,
): BoundAccuracy {
  const { testSamples = 0 } = plan;
  if (testSamples === 0) return { count: () => {}, share: () => Number.NaN };
  const from = Math.floor((testSamples * worker) / workers);
  const to = Math.floor((testSamples * (worker + 1)) / workers);
  const own = arena.view('trace.correct', 'u32', worker);
  const all = Array.from({ length: workers }, (_, w) => arena.view('trace.correct', 'u32', w));
  return {
    count(point) {
      own[0] = cost.correct!(from, to, point);
    },
    share() {
      let correct = 0;
      for (let w = 0; w < workers; w++) correct += all[w]![0]!;
      return correct / testSamples;
    },
  };
}
