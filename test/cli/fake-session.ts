/** A Session without threads: it runs until it is told how to end. */

import type { Summary } from '../../src/run/reports.js';
import type { PrepareOptions, RunResult, Session } from '../../src/session/types.js';
import type { TraceRow } from '../../src/trace/row.js';
import { PLAN, row, SUMMARY } from '../report/fixtures.js';

export interface Fake {
  session: Session;
  closed: boolean;
  stops: number;
  prepared: PrepareOptions | null;
  end(summary?: Partial<Summary>): void;
  fail(error: Error): void;
}

export interface FakeOptions {
  /** Whether stop() ends the run, or is ignored (a round that takes for ever). */
  obedient?: boolean;
  prepare?: () => Promise<void>;
  onStart?: (fake: Fake) => void;
}

export function fakeSession({ obedient = true, prepare, onStart }: FakeOptions = {}): Fake {
  let settle: (result: RunResult) => void;
  let reject: (error: Error) => void;
  const result = new Promise<RunResult>((resolve, fail) => {
    settle = resolve;
    reject = fail;
  });
  result.catch(() => {});
  const rows: TraceRow[] = [row(0, { gap: 1 }), row(5, { gap: 0.1 }), row(10, { gap: 0.01 })];
  const unused = () => Promise.reject(new Error('not part of a run from the command line'));
  const fake: Fake = {
    closed: false,
    stops: 0,
    prepared: null,
    end: (summary = {}) =>
      settle({
        summary: { ...SUMMARY, ...summary },
        heap: [],
        x: null,
        labels: null,
        rows: [],
        profiles: [],
        threadTimes: [],
      }),
    fail: (error) => reject(error),
    session: {
      async prepare(options) {
        fake.prepared = options;
        await prepare?.();
        return PLAN;
      },
      start() {
        queueMicrotask(() => onStart?.(fake));
        return result;
      },
      async stop() {
        fake.stops++;
        if (obedient) fake.end({ status: 'stopped' });
      },
      progress: async () => ({ round: 10, rounds: PLAN.rounds, paused: false, last: rows[2] }),
      async subscribe(onRows) {
        onRows(rows);
      },
      pause: unused,
      resume: unused,
      step: unused,
      inspect: unused,
      change: unused,
    },
  };
  return fake;
}
