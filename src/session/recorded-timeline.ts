/**
 * The coordinator's half of a timeline (`src/run/timeline.ts`): it says when recording ends, notes what it
 * does itself meanwhile, and puts together what the workers have left.
 */

import {
  type Collection,
  createTimeline,
  endTimeline,
  type Laps,
  readLaps,
  readThreadClock,
  type TimelineReport,
  watchCollections,
} from '../run/timeline.js';
import type { RunPlan } from '../run/types.js';
import { Word } from '../sync/control.js';

/**
 * Which rounds are recorded in time: those in the middle of the run, or its last ones where it ends before.
 */
export interface TimelineWindow {
  /** How many. */
  rounds: number;
  /**
   * Where the run is ended from outside: its middle, in seconds from its beginning; null or absent: its
   * rounds say.
   */
  afterSeconds?: number | null;
}

/** What the coordinator did, on the clock that all threads have. */
export interface CoordinatorSpan {
  /** For people. */
  what: string;
  /** In ms. */
  beganMs: number;
  /** In ms. */
  endedMs: number;
}

/** Of the rounds in the middle of a run, or of the last ones where it ended before. Plain data. */
export interface RecordedTimeline extends Laps {
  /** Worker threads. */
  workers: number;
  /** Names of the phases of a round. */
  phases: string[];
  /** Of each worker. */
  collections: Collection[][];
  /** The thread that owns the run: it takes rows of the trace and writes files. */
  coordinator: { spans: CoordinatorSpan[]; collections: Collection[] };
}

/** What the coordinator does is kept of the last so many times. */
const MOST_SPANS = 10_000;

export class TimelineRecording {
  readonly buffer: SharedArrayBuffer;
  private readonly options: TimelineWindow;
  private readonly workers: number;
  private readonly words: Int32Array;
  private readonly clock = readThreadClock();
  private readonly collections = watchCollections(this.clock);
  private readonly spans: CoordinatorSpan[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(options: TimelineWindow, plan: RunPlan, words: Int32Array) {
    this.options = options;
    this.workers = plan.workers;
    this.words = words;
    const { rounds } = options;
    this.buffer = createTimeline(plan.workers, rounds, Math.ceil((plan.rounds + rounds) / 2));
  }

  /** The loop has begun: the middle of a run of so many seconds is half of them from here. */
  begun(): void {
    const { afterSeconds = null, rounds } = this.options;
    if (afterSeconds === null) return;
    this.timer ??= setTimeout(() => {
      // A worker that is a round ahead sees it all the same.
      const round = this.words[Word.ROUND] as number;
      // Where fewer are done by then than stand before the middle, more stand behind it.
      endTimeline(this.buffer, Math.max(rounds, round + Math.max(2, Math.ceil(rounds / 2))));
    }, 1000 * afterSeconds).unref();
  }

  /** Does it, and remembers when. */
  during<T>(what: string, work: () => T): T {
    const beganMs = performance.now() + this.clock.offsetMs;
    try {
      return work();
    } finally {
      this.spans.push({ what, beganMs, endedMs: performance.now() + this.clock.offsetMs });
      if (this.spans.length > 2 * MOST_SPANS) this.spans.splice(0, MOST_SPANS);
    }
  }

  /** The run is over, however it ended. */
  close(): void {
    clearTimeout(this.timer);
    this.collections.close();
  }

  /** `reports`: of the workers, worker 0 first. */
  async taken(reports: readonly (TimelineReport | null)[]): Promise<RecordedTimeline> {
    const laps = readLaps(this.buffer, this.workers, this.options.rounds);
    return {
      ...laps,
      workers: this.workers,
      phases: reports[0]?.phases ?? [],
      collections: reports.map((report) => report?.collections ?? []),
      coordinator: { spans: this.spans, collections: await this.collections.taken() },
    };
  }
}
