/**
 * Faults on purpose, for the tests and for people who want to see what happens: one worker throws, exits,
 * runs out of memory or hangs at a given round. A run without a fault pays nothing for this: the program is
 * wrapped only when one is asked for.
 */

import type { Fault } from '../src/run/tasks.js';
import type { BoundProgram } from '../src/run/types.js';

export function withFault(program: BoundProgram, fault: Fault): BoundProgram {
  const [first, ...rest] = program.phases;
  const failing = (round: number) => {
    if (round === fault.round) fail(fault);
    first(round);
  };
  return { ...program, phases: [failing, ...rest] };
}

function fail({ kind, worker, round }: Fault): void {
  switch (kind) {
    case 'throw':
      throw new Error(`fault on purpose: worker ${worker} throws in round ${round}`);
    case 'exit':
      process.exit(7);
      break;
    case 'out-of-memory': {
      const hoard: number[][] = [];
      for (;;) hoard.push(new Array<number>(1_000_000).fill(hoard.length));
    }
    default:
      for (;;);
  }
}
