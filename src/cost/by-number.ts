/**
 * Costs of agents that lie in another order than that of their numbers, or of some of all agents: what is asked by
 * position, of a cost that knows agents by number.
 */

import type { BoundCost } from './types.js';

/** A cost that is asked by position; its data lie by number. Values are written by number. */
export function costByNumber(cost: BoundCost, numbers: Uint32Array, rowBytes: number): BoundCost {
  const { beginRound, correct, exactGradient } = cost;
  const byNumber =
    (gradient: BoundCost['gradient']): BoundCost['gradient'] =>
    (first, count, x, out) => {
      for (let r = 0; r < count; r++) {
        gradient(numbers[first + r]!, 1, x + r * rowBytes, out + r * rowBytes);
      }
    };
  return {
    ...(beginRound && { beginRound }),
    ...(correct && { correct }),
    ...(exactGradient && { exactGradient: byNumber(exactGradient) }),
    gradient: byNumber(cost.gradient),
    values(first, count, point, out) {
      for (let r = 0; r < count; r++) cost.values(numbers[first + r]!, 1, point, out);
    },
  };
}

/** The same of a part of the agents: values are written by position too. */
export function costOfPart(cost: BoundCost, numbers: Uint32Array, rowBytes: number): BoundCost {
  return {
    ...costByNumber(cost, numbers, rowBytes),
    values(first, count, point, out) {
      // The value of agent i is written to entry i of what it is told is the array.
      for (let at = first; at < first + count; at++)
        cost.values(numbers[at]!, 1, point, out + (at - numbers[at]!) * 8);
    },
  };
}

/** The same of a cost whose rows lie by position. */
export function valuesByNumber(cost: BoundCost, numbers: Uint32Array): BoundCost {
  return {
    ...cost,
    values(first, count, point, out) {
      for (let at = first; at < first + count; at++) {
        // The value of row `at` is written to entry `at` of what it is told is the array.
        cost.values(at, 1, point, out + (numbers[at]! - at) * 8);
      }
    },
  };
}
