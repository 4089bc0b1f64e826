/**
 * What the measurements amount to, as one word and one sentence of why.
 */

import type { ContractionKind } from '../compress/types.js';
import type { Held } from './held.js';
import { shrinks, type Trajectory, type Window } from './measure.js';

export interface Verdict {
  /** A spatio-temporal compressor, as far as the starts can tell. */
  qualifies: boolean;
  /**
   * `yes`: with the gain asked for. `smaller-gain`: the flow is stable, but the map needs a smaller gain.
   * `in-range`: for errors of some sizes only. `no`.
   */
  kind: 'yes' | 'smaller-gain' | 'in-range' | 'no';
  reason: string;
}

export interface Evidence {
  /** What the plan says of messages, and what was seen of it. */
  planned: { contraction: number; kind: ContractionKind; held: Held | null };
  dim: number;
  asked: readonly Trajectory[];
  used: readonly Trajectory[];
  flow: readonly Trajectory[];
  later: readonly Trajectory[];
  gain: { asked: number; used: number; largest: number | null };
  bound: { value: number; start: string };
  range: { low: number; high: number } | null;
  window: Window | null;
  exactAfter: number | null;
  rounds: number;
}

/**
 * L_c of a compressor that has one is at most of the order of dim (a random coordinate, scaled up to be
 * unbiased).
 */
const LARGEST_BOUND_PER_DIM = 1e3;

export function judge(evidence: Evidence): Verdict {
  const verdict = judgeSeen(evidence);
  const { contraction, kind, held } = evidence.planned;
  if (held === null || held.asPlanned) return verdict;
  const whose = kind === 'claim' ? 'the module says' : 'the plan says';
  return {
    ...verdict,
    reason: `${verdict.reason}; but ${whose} that a message keeps ${round(contraction)}, and from ${held.start} it kept ${round(held.least)}: gains made from that are too bold`,
  };
}

function judgeSeen(evidence: Evidence): Verdict {
  const { dim, used, flow, later, gain, bound, range, window } = evidence;
  const bounded = bound.value <= LARGEST_BOUND_PER_DIM * dim;
  const failed = used.filter((trajectory) => !shrinks(trajectory));

  if (failed.length === 0 && bounded) {
    const late = later.find((trajectory) => !shrinks(trajectory));
    if (late) {
      const text = `it shrinks the error from round 0 on, but not uniformly in time: begun later, from ${late.start.name}, ${whatHappened(late)}`;
      return { qualifies: false, kind: 'in-range', reason: text };
    }
    const inFlow = flow.find((trajectory) => !shrinks(trajectory));
    if (inFlow) {
      const text = `the map shrinks the error, but the flow e' = -C(e, t) does not: from ${inFlow.start.name}, ${whatHappened(inFlow)}`;
      return { qualifies: false, kind: 'no', reason: text };
    }
    const over = evidence.exactAfter === null ? overTime(window) : afterAll(evidence.exactAfter);
    // Other draws are other messages: of these nothing is known but what was seen.
    const seen = evidence.planned.kind === 'mean' ? ', in the draws that were seen' : '';
    if (gain.used !== gain.asked) {
      const text = `|C(e)| <= ${round(bound.value)} |e|, and with mu = ${gain.used} ${over}${seen}; with mu = ${gain.asked} ${whatHappened(worstOf(evidence.asked))}, and ${gain.largest} is the largest mu found that works`;
      return { qualifies: true, kind: 'smaller-gain', reason: text };
    }
    return {
      qualifies: true,
      kind: 'yes',
      reason: `|C(e)| <= ${round(bound.value)} |e|, and ${over}${seen}`,
    };
  }

  if (range && failed.every(({ start }) => start.extreme)) {
    const text = `for errors whose entries are of size ${size(range.low)} to ${size(range.high)} at round 0: it has a scale of its own, and from ${failed[0]?.start.name ?? bound.start}, ${failed[0] ? whatHappened(failed[0]) : unbounded(bound)}`;
    return { qualifies: false, kind: 'in-range', reason: text };
  }
  const ordinary = failed.find(({ start }) => !start.extreme) ?? failed[0];
  if (!bounded) {
    const then = ordinary ? `; from ${ordinary.start.name}, ${whatHappened(ordinary)}` : '';
    return { qualifies: false, kind: 'no', reason: unbounded(bound) + then };
  }
  const worst = worstOf(
    failed.filter(({ start }) => !start.extreme).length > 0
      ? failed.filter(({ start }) => !start.extreme)
      : failed,
  );
  return { qualifies: false, kind: 'no', reason: `from ${worst.start.name}, ${whatHappened(worst)}` };
}

function overTime(window: Window | null): string {
  if (window === null) return 'every error shrinks in the end';
  const shrink = `by at least ${percent(1 - window.factor)}`;
  if (window.rounds === 1) return `every message shrinks the error, ${shrink}`;
  return `any ${window.rounds} rounds together shrink the error, ${shrink} (a single message need not)`;
}

function afterAll(rounds: number): string {
  return `nothing is left after ${rounds === 1 ? 'one round' : `${rounds} rounds`}`;
}

function percent(share: number): string {
  if (share > 0.99999) return '99.999%';
  // Close to all of it, what is left has the digits.
  const digits = share > 0.9 ? Math.ceil(-Math.log10(1 - share)) : 2;
  return share > 0.9
    ? `${(100 * share).toFixed(Math.max(0, digits - 1))}%`
    : `${Number((100 * share).toPrecision(2))}%`;
}

function unbounded({ value, start }: { value: number; start: string }): string {
  return `|C(e)| is not bounded by L_c |e|: it reached ${value.toExponential(0)} |e| (from ${start}), since it does not vanish with the error`;
}

function whatHappened({ status, logs, messages, lastSent }: Trajectory): string {
  const end = Math.exp(logs[messages]);
  if (status === 'grew') return `the error grew a millionfold in ${messages} rounds`;
  if (shrinks({ status } as Trajectory)) return 'the error shrinks';
  const left =
    end >= 0.999 && end <= 1.001
      ? 'the error does not shrink at all'
      : `the error stops shrinking at ${size(end)} of what it was`;
  if (lastSent === 0) return `${left}: C(e) is zero there, a dead zone`;
  return `${left}: messages go on, of ${size(lastSent)} |e|, but do not help`;
}

/** The one that is furthest from zero. */
function worstOf(trajectories: readonly Trajectory[]): Trajectory {
  return trajectories.reduce((worst, next) =>
    next.logs[next.messages] > worst.logs[worst.messages] ? next : worst,
  );
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function size(value: number): string {
  return value >= 1e-3 && value < 1e4
    ? round(value)
    : value.toExponential(1).replace('.0e', 'e').replace('e+', 'e');
}
