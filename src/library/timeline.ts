/** When each worker of a run worked, and when it waited for another one. */

import { InputError } from '../base/errors.js';
import type { LoadedConfig } from '../run/config.js';
import type { Summary } from '../run/reports.js';
import type { RecordedTimeline } from '../session/recorded-timeline.js';
import type { Progress } from '../session/types.js';
import type { TraceFile } from '../timeline/trace-events.js';
import type { Waits } from '../timeline/waits.js';
import { load } from './configs.js';
import { checkOptions as checkKeys } from './options.js';
import { lasting, profileName, recordLoop } from './record.js';
import type { ConfigInput } from './specs.js';
import { steered } from './steer.js';

/** Rounds that are recorded where nothing is said. */
export const WINDOW = 200;
/** A record is read whole, drawn and opened by viewers: of more it is made of nobody. */
const MOST_ROUNDS = 100_000;
const SECONDS = 1;

/** How a timeline is recorded. */
export interface TimelineOptions {
  /** Rounds to record, in the middle of the run; 200 where absent, at most 100000. */
  window?: number;
  /** How long the run lasts; 1 where neither this nor `rounds` is given. */
  seconds?: number;
  /** Rounds that it lasts, however long they take; with `seconds`, at most. */
  rounds?: number;
  /** Instead of the config's own. */
  workers?: number | 'auto';
  /** Of its random draws. */
  seed?: number;
  /** Ends the run after the round that is under way; its last rounds are then the timeline. */
  signal?: AbortSignal;
  /** Called about ten times a second with where the run is. What it throws ends the run. */
  onProgress?: (progress: Progress) => void;
}

const OPTIONS = ['window', 'seconds', 'rounds', 'workers', 'seed', 'signal', 'onProgress'];

/** What is made of the rounds recorded. */
export interface DescribedTimeline {
  /** Who waited for whom, in ms and as shares. */
  waits: Waits;
  /** The same for a terminal. */
  text: string;
  /** In the Trace Event format: as JSON, Chrome, Perfetto and Firefox's profiler open it. */
  trace: TraceFile;
  /** A picture: some rounds on lanes, and all of them as bars. */
  svg: string;
}

/** What was recorded. */
export interface TimelineOutcome extends DescribedTimeline {
  /** How the run ended: `stopped` where the time was over. */
  summary: Summary;
}

/**
 * Records when each worker of a run worked, arrived at the barrier, and was let go: phase by phase, for some
 * rounds in its middle, on one clock.
 *
 * ```ts
 * const { waits, svg, trace } = await timeline(
 *   {
 *     topology: { kind: 'ring', nodes: 64 },
 *     cost: { kind: 'quadratic', dim: 64 },
 *     flow: { kind: 'primal-dual', step: 0.1, alpha: 1, beta: 1 },
 *     workers: 2,
 *   },
 *   { seconds: 0.2, window: 100 },
 * );
 * console.log(waits.shareWaited, waits.byWorker[1]?.waitedFor[0], svg.length, JSON.stringify(trace).length);
 * ```
 *
 * `stop` and `rounds` of the config end nothing, as in `profile`. What it costs are two readings of the time
 * a barrier, and nothing where nobody asks for it.
 *
 * @throws InputError where the config or an option is wrong
 * @throws RunError where the run failed
 * @throws the reason of the signal, where that came before the first round
 */
export async function timeline(
  config: ConfigInput | LoadedConfig | string,
  options: TimelineOptions = {},
): Promise<TimelineOutcome> {
  checkKeys('timeline', options, OPTIONS);
  const { seconds, rounds, signal, window = WINDOW } = options;
  checkWindow('window', window);
  if (seconds !== undefined && !(seconds > 0 && seconds <= 3600)) {
    throw new InputError(`seconds is ${seconds}, expected a number in 0..3600`);
  }
  signal?.throwIfAborted();
  const loaded = await load(config, options);
  const { openSession } = await import('../session/client.js');
  const { session, close } = await openSession();
  try {
    const long = seconds ?? (rounds === undefined ? SECONDS : undefined);
    const recorded = await recordLoop(
      session,
      loaded,
      { ...lasting(long, rounds), intervalUs: 0, window },
      (promise) => promise,
      () => steered(session, options, () => session.start()),
    );
    const { summary } = recorded;
    if (summary.rounds === 0) signal?.throwIfAborted();
    const described = await describeTimeline(profileName(loaded), recorded.timeline as RecordedTimeline);
    return { ...described, summary };
  } finally {
    await close();
  }
}

/** @throws InputError where it is no number of rounds; `name`: what it is called there */
export function checkWindow(name: string, window: number): void {
  if (Number.isInteger(window) && window >= 1 && window <= MOST_ROUNDS) return;
  throw new InputError(`${name} is ${window}, expected a whole number of rounds in 1..${MOST_ROUNDS}`);
}

export async function describeTimeline(name: string, recorded: RecordedTimeline): Promise<DescribedTimeline> {
  const [{ traceFile }, { formatWaits, waitsOf }, { drawTimeline }] = await Promise.all([
    import('../timeline/trace-events.js'),
    import('../timeline/waits.js'),
    import('../timeline/picture.js'),
  ]);
  const waits = waitsOf(recorded);
  return {
    waits,
    text: formatWaits(waits),
    trace: traceFile(name, recorded),
    svg: drawTimeline(name, recorded),
  };
}

/** What `sottovoce profile --timeline` leaves beside a profile. */
export async function timelineFiles({ trace, svg }: DescribedTimeline): Promise<Record<string, string>> {
  const { formatTrace } = await import('../timeline/trace-events.js');
  return { 'trace.json': formatTrace(trace), 'timeline.svg': svg };
}
