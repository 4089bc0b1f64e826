/**
 * `compressor: auto`: of several compressors, the one with which a run is predicted to take the fewest rounds,
 * the fewest bits or the fewest seconds until its target. By trial runs of the run itself, each compressor with
 * the gains that it would get; deterministic, and counted in rounds and arithmetic, never in time.
 *
 * The score of a compressor is R w: R rounds to the target, w what a round of it takes (1; the bits that an
 * agent broadcasts; the seconds of the network). Three passes, each over fewer of them and with more trials:
 *
 *     starts    the gains that a search would begin with                all
 *     short     the first SHORT trials of a search                      within NEAR_START of the best score
 *     full      what `auto` gains are, as the run will have them        within NEAR_SHORT, at most MOST_FULL
 *
 * A trial is given up once its rounds are too many to come near the best score so far, so what is hopeless
 * costs a fraction of what is good. Compressors are tried in the order of the rule below, the likeliest first.
 *
 * Where there is no distance to measure (the optimum is unknown, gradients are of mini-batches, the flow ends
 * beside the optimum), runs with the formula's gains are judged by the objective at what agents hold: by the
 * rounds until it has fallen by nearly as much as in the best of these runs. Where no trial run is affordable
 * there is the rule: a message that tells a share delta of what there is to say takes 1/delta times the rounds.
 */

import { isInputError } from '../base/errors.js';
import { type CompressorSpec, reckonedContraction } from '../compress/types.js';
import { hasOpenGains } from '../flow/gains.js';
import { flowDefinition } from '../flow/registry.js';
import type { FlowPlan } from '../flow/types.js';
import type { StopSpec } from '../run/config.js';
import type { ChosenFor, CompressorCandidate, CompressorChoice, Tuning } from '../run/reports.js';
import { reasonsOf } from './choice-words.js';
import { arrives, costOfSearch, costOfStarts, searchable, type TrialOptions } from './search-gains.js';
import { openTrials, type Said, TARGET_SHARE } from './trial-runs.js';
import {
  affordableRounds,
  automaticNames,
  HORIZON_SHARE,
  tune,
  unaffordable,
  unmeasured,
  WORK_BUDGET,
} from './tune.js';
import type { PlanWithGains, Tunable } from './types.js';

/** A compressor that may be chosen. */
export interface Contender {
  /** As it stands in a config. */
  spec: CompressorSpec;
  /** In the short form that people write. */
  name: string;
  /**
   * What its messages are planned to be.
   *
   * @throws InputError where they do not go with the run
   */
  look(): Pick<PlanWithGains, 'messageBits' | 'channels' | 'network'>;
  /**
   * A short run with it.
   *
   * @throws InputError where they do not go together
   */
  open(): { tunable: Tunable; otherMode: (() => Tunable) | null };
}

export interface Chosen {
  contender: Contender;
  /** What `auto` gains are with it; null where none is open, or nobody has tried. */
  tuning: Tuning | null;
  report: CompressorChoice;
}

/** Trials of a short search. */
const SHORT = 16;
/** A start, and a short search, may take so many times the best score: a full search finds gains that are better. */
const NEAR_START = 4;
const NEAR_SHORT = 2;
/** What a full search gains at most on a short one, where there are many to go through. */
const GAINED = 1.5;
const MOST_FULL = 8;
/** By the rule, so many times the least, where the rule can be relied on: nothing more is asked. */
const FAR = 6;
/** Those that come first by short searches are always searched in full: the others are told beside them. */
const LEAST_FULL = 3;
const NOTHING_KNOWN = { how: 'rule' as const, rounds: null, bits: null, seconds: null, ratio: null };
/** Rounds in which it is seen how long messages of unlike lengths are. */
const LISTENED = 32;
/** Rounds to a target below a millionth, or above: how much longer than their share of the way may a run take? */
const PATIENCE = 4;
/** The objective has to fall by this share of the most that it falls by; where batches are drawn, and where not. */
const FALLEN = { all: 0.99, batch: 0.9 };
/** One look at the objective, and the next. */
const LOOKS_APART = 1.1;

/** As far as a contender has come. */
interface Entry {
  contender: Contender;
  tunable: Tunable;
  otherMode: (() => Tunable) | null;
  /** What a round takes. */
  rate: Said;
  /** Of what the choice is for. */
  weight: number;
  /** delta of what messages keep, as the formula takes it. */
  delta: number;
  /** Infinity: not seen to arrive, or hopeless. */
  rounds: number;
  /** What all of these take, where that has been counted. */
  said: Said | null;
  how: CompressorCandidate['how'];
  /** Whether trials saw it arrive and not stay. */
  doubted: boolean;
  tuning: Tuning | null;
}

export interface ChoiceInputs {
  contenders: readonly Contender[];
  purpose: ChosenFor;
  stop: StopSpec;
  /** What the config names when nothing else is known: the run's own rounds. */
  rounds: number;
}

/** Null where none of them goes with the run; the reasons are in `refused`. */
export function chooseCompressor(inputs: ChoiceInputs): Chosen | { refused: CompressorChoice['refused'] } {
  const refused: CompressorChoice['refused'] = [];
  const trying = <T>(contender: Contender, make: (contender: Contender) => T): T[] => {
    try {
      return [make(contender)];
    } catch (error) {
      if (!isInputError(error)) throw error;
      refused.push({ compressor: contender.name, why: error.message });
      return [];
    }
  };
  const seen = inputs.contenders.flatMap((contender) =>
    trying(contender, () => ({ contender, rule: ruleOf(contender.look(), inputs.purpose) })),
  );
  // Formulas of those may take seconds, and what they keep of a vector is no worst case: it is what they keep.
  const likely = seen.reduce(
    (least, { rule: { score } }) => Math.min(least, score),
    Number.POSITIVE_INFINITY,
  );
  const [near, far] = [true, false].map((wanted) =>
    seen.filter(({ rule: { exact, score } }) => (!exact || score <= FAR * likely) === wanted),
  ) as [typeof seen, typeof seen];
  const opened = (some: typeof seen) =>
    some.flatMap(({ contender }) => trying(contender, () => open(contender, inputs.purpose)));
  let entries = opened(near);
  if (entries.length === 0) entries = opened(far.splice(0));
  const [first] = entries;
  if (first === undefined) return { refused };
  // The likeliest first: from then on trials of others are given up early.
  entries.sort((a, b) => a.weight / a.delta - b.weight / b.delta);
  const large = unaffordable(first.tunable);
  const blind = large ?? unmeasured(first.tunable) ?? biased(first.tunable);
  const counter = { rounds: 0 };
  const way =
    large !== null
      ? byRule(entries)
      : blind !== null
        ? byObjective(entries, inputs, counter)
        : byDistance(entries, inputs, counter);
  const ranked = entries
    .map((entry) => ({ entry, score: scoreOf(entry, inputs.purpose) }))
    .sort((a, b) => Number(a.entry.doubted) - Number(b.entry.doubted) || a.score - b.score);
  const { entry: best, score: least } = ranked[0]!;
  const candidates = [
    ...ranked.map(({ entry, score }) => described(entry, score === least ? 1 : score / least)),
    ...far.map(({ contender: { name } }) => ({ ...NOTHING_KNOWN, compressor: name })),
  ];
  return {
    contender: best.contender,
    tuning: best.tuning,
    report: {
      for: inputs.purpose,
      compressor: best.contender.name,
      spec: best.contender.spec,
      judgedBy: way.judgedBy,
      target: way.target,
      why: reasonsOf({ purpose: inputs.purpose, candidates, refused, ...way, blind, doubted: best.doubted }),
      candidates,
      refused,
      trialRounds: counter.rounds,
    },
  };
}

function open(contender: Contender, purpose: ChosenFor): Entry {
  let { tunable, otherMode } = contender.open();
  // Where costs leave directions flat that is the mode that gains are chosen for.
  if (otherMode !== null && tunable.gains().flat === true) [tunable, otherMode] = [otherMode(), null];
  const large = unaffordable(tunable) !== null;
  const rate = large ? planned(tunable.plan) : listen(tunable);
  const { delta } = tunable.gains();
  return {
    contender,
    tunable,
    otherMode,
    rate,
    // Where a round takes nothing (one agent sends no bit) there is least of rounds.
    weight: weightOf(rate, purpose) || 1,
    delta: Math.max(delta, 1e-9),
    rounds: Number.POSITIVE_INFINITY,
    said: null,
    how: 'rule',
    doubted: false,
    tuning: null,
  };
}

interface Way {
  judgedBy: CompressorChoice['judgedBy'];
  target: string;
}

function byDistance(entries: Entry[], { stop, purpose }: ChoiceInputs, counter: { rounds: number }): Way {
  const least = { score: Number.POSITIVE_INFINITY };
  const pass = (entry: Entry, near: number, trials: number, how: Entry['how']) => {
    const { tunable, weight } = entry;
    const limit = Math.ceil((near * least.score) / weight);
    const runs = openTrials(tunable);
    const rounds = shortly(entry, runs, trials, limit);
    counter.rounds += runs.rounds();
    // What is given up is known as far as before.
    if (rounds > entry.rounds || (trials > 0 && rounds === Number.POSITIVE_INFINITY)) return;
    entry.rounds = rounds;
    entry.how = how;
    least.score = Math.min(least.score, entry.rounds * weight);
  };
  const within =
    (near: number) =>
    ({ rounds, weight }: Entry) =>
      rounds * weight <= near * least.score;
  for (const entry of entries) pass(entry, NEAR_START, 0, 'starts');
  const started = entries.filter(within(NEAR_START)).sort(byScore);
  for (const entry of started) pass(entry, NEAR_SHORT, SHORT, 'short');
  const short = started.filter(within(NEAR_SHORT)).sort(byScore);

  const target = targetOf(short[0] ?? entries[0]!, stop);
  let best = Number.POSITIVE_INFINITY;
  for (const [at, entry] of short.entries()) {
    const hopeless = at >= LEAST_FULL && entry.rounds * entry.weight * target.longer > GAINED * best;
    if (at >= MOST_FULL || hopeless) break;
    fully(entry, stop, target, counter);
    if (!entry.doubted) best = Math.min(best, scoreOf(entry, purpose));
  }
  // What was only begun is told as far as a millionth; the target may be elsewhere.
  for (const entry of entries) if (entry.how !== 'full') entry.rounds *= target.longer;
  return { judgedBy: 'distance', target: target.words };
}

function byScore(a: Entry, b: Entry): number {
  return a.rounds * a.weight - b.rounds * b.weight || a.weight / a.delta - b.weight / b.delta;
}

/** Rounds to a millionth with the best gains of a few trials; Infinity where that takes more than `limit`. */
function shortly(
  { tunable }: Entry,
  runs: ReturnType<typeof openTrials>,
  trials: number,
  limit: number,
): number {
  const { plan } = tunable;
  const context = tunable.gains();
  const budgetRounds = affordableRounds(tunable, WORK_BUDGET);
  const options: TrialOptions = {
    trials,
    horizon: Math.max(1, Math.floor(budgetRounds * HORIZON_SHARE)),
    budgetRounds,
    target: TARGET_SHARE,
    limit,
  };
  if (runs.distance() === 0) return 0;
  const free = searched(tunable);
  if (free.length === 0) {
    const { rounds, reached } = runs.run(plan.flow, limit, options.horizon);
    return reached ? rounds : Number.POSITIVE_INFINITY;
  }
  const cost =
    trials === 0
      ? costOfStarts(tunable, runs, free, context, options, Number.POSITIVE_INFINITY)
      : costOfSearch(tunable, runs, free, context, options);
  return arrives(cost) && cost <= limit ? cost : Number.POSITIVE_INFINITY;
}

/** The gains that trial runs look for; none where they are given, or the formula's are asked for. */
function searched({ plan: { flow }, spec }: Tunable): string[] {
  if (spec['tuning'] === 'formula' || !hasOpenGains(spec, flowDefinition(flow))) return [];
  return searchable(flow, automaticNames(spec, flow.gains));
}

/** What is asked of a run: a share of the first distance, and what else its `stop` names. */
interface Target {
  share: number;
  words: string;
  /** The way to it, over that to a millionth. */
  longer: number;
  gap: boolean;
}

function targetOf({ tunable }: Entry, { rmsError, gap, ...others }: StopSpec): Target {
  const first = openTrials(tunable).distance();
  const share = rmsError === undefined || !(first > 0) ? TARGET_SHARE : Math.min(0.9, rmsError / first);
  const known = [
    ...(rmsError === undefined ? [] : [`rmsError ${rmsError}`]),
    ...(gap === undefined ? [] : [`gap ${gap}`]),
  ];
  const unknown = Object.keys(others);
  const millionth = 'a millionth of the first distance';
  return {
    share,
    words:
      known.length > 0
        ? known.join(' and ')
        : unknown.length > 0
          ? `${millionth} (nobody predicts ${unknown.join(', ')})`
          : millionth,
    longer: rmsError === undefined ? 1 : Math.log(share) / Math.log(TARGET_SHARE),
    gap: gap !== undefined,
  };
}

/** With the gains that the run gets: rounds counted to the target, and what was said in them. */
function fully(entry: Entry, stop: StopSpec, target: Target, counter: { rounds: number }): void {
  const { tunable, otherMode } = entry;
  const tuning = !hasOpenGains(tunable.spec, flowDefinition(tunable.plan.flow))
    ? null
    : tune({ tunable, otherMode, stop });
  counter.rounds += tuning?.pilots?.rounds ?? 0;
  const other = tuning !== null && tuning.compress !== (tunable.plan.flow.compress ?? null);
  const run = other && otherMode !== null ? otherMode() : tunable;
  const flow: FlowPlan = tuning === null ? run.plan.flow : run.withGains(tuning.gains);
  const runs = openTrials(run);
  const toMillionth = tuning?.roundsToMillionth ?? entry.rounds;
  let rounds = toMillionth;
  // A millionth was counted where gains were searched.
  if (tuning?.method !== 'pilot' || target.share !== TARGET_SHARE) {
    const horizon = Math.ceil(PATIENCE * target.longer * toMillionth) + LISTENED;
    const result = runs.run(flow, Number.POSITIVE_INFINITY, horizon, target.share);
    rounds = result.rounds;
  }
  if (target.gap) rounds = Math.max(stop.rmsError === undefined ? 0 : rounds, tuning?.roundsToGap ?? rounds);
  entry.how = 'full';
  entry.tuning = tuning;
  entry.doubted = (tuning?.doubt ?? null) !== null || !Number.isFinite(rounds);
  entry.rounds = rounds;
  entry.said = Number.isFinite(rounds) ? runs.said(flow, Math.ceil(rounds)) : null;
  counter.rounds += runs.rounds();
}

/** By the rounds until the objective, at what agents hold, has fallen by nearly the most that it falls by. */
function byObjective(entries: Entry[], { rounds: most }: ChoiceInputs, counter: { rounds: number }): Way {
  const { tunable } = entries[0]!;
  const share = unmeasuredBatch(tunable) ? FALLEN.batch : FALLEN.all;
  const affordable = Math.floor(affordableRounds(tunable, WORK_BUDGET) / entries.length);
  const looks = looksUntil(Math.max(1, Math.min(most, affordable)));
  const series = entries.map(({ tunable }) => {
    const runs = openTrials(tunable);
    const found = runs.objectives(tunable.plan.flow, looks);
    counter.rounds += runs.rounds();
    return found;
  });
  const first = series.map(([value]) => value).find((value) => value !== undefined) ?? 0;
  const least = series.flat().reduce((low, value) => Math.min(low, value), first);
  const goal = first - share * (first - least);
  for (const [at, entry] of entries.entries()) {
    const values = series[at]!;
    // One that stops early has left.
    const last = values.length < looks.length ? values.length : values.findLastIndex((value) => value > goal);
    entry.how = 'objective';
    entry.rounds = last + 1 < values.length ? looks[last + 1]! : Number.POSITIVE_INFINITY;
    entry.said = Number.isFinite(entry.rounds)
      ? openTrials(entry.tunable).said(entry.tunable.plan.flow, entry.rounds)
      : null;
  }
  const percent = `${Math.round(100 * share)}%`;
  return {
    judgedBy: 'objective',
    target: `${percent} of the most that the objective at what agents hold falls by in ${looks.at(-1)} rounds`,
  };
}

function looksUntil(rounds: number): number[] {
  const looks = [0];
  while (looks.at(-1)! < rounds)
    looks.push(Math.min(rounds, Math.max(looks.at(-1)! + 1, Math.ceil(looks.at(-1)! * LOOKS_APART))));
  return looks;
}

function unmeasuredBatch({ spec }: Tunable): boolean {
  return spec.batch !== undefined && spec.batch !== 'all';
}

/** Of a flow that ends beside the optimum, however long it runs. */
function biased({ plan: { flow } }: Tunable): string | null {
  return flowDefinition(flow).search?.biased === true ? 'this flow ends beside the optimum' : null;
}

/** Nothing is run: a message that tells a share delta takes 1/delta times the rounds. */
function byRule(entries: Entry[]): Way {
  for (const entry of entries) {
    entry.rounds = 1 / entry.delta;
    entry.said = null;
  }
  return { judgedBy: 'rule', target: 'one round of no compression' };
}

/** Whether it holds of every vector, and not of the worst. */
function ruleOf(plan: ReturnType<Contender['look']>, purpose: ChosenFor): { score: number; exact: boolean } {
  const [message] = plan.channels;
  const delta = message === undefined ? 1 : Math.max(reckonedContraction(message), 1e-9);
  return { score: weightOf(planned(plan), purpose) / delta, exact: message?.linear === true };
}

/** Per round, from what messages are planned to be: the longest where they vary. */
function planned(plan: ReturnType<Contender['look']>): Said {
  const bits =
    plan.messageBits ??
    plan.channels.reduce(
      (sum, { messageBits, longestBits, slotBytes }) => sum + (messageBits ?? longestBits ?? 8 * slotBytes),
      0,
    );
  const { network } = plan;
  return { bits, seconds: network === null ? Number.NaN : network.latency + bits / network.bandwidth };
}

/** Per round, from a few. */
function listen(tunable: Tunable): Said {
  const { bits, seconds } = openTrials(tunable).said(tunable.plan.flow, LISTENED);
  return { bits: bits / LISTENED, seconds: seconds / LISTENED };
}

function weightOf({ bits, seconds }: Said, purpose: ChosenFor): number {
  return purpose === 'rounds' ? 1 : purpose === 'bits' ? bits : seconds;
}

function scoreOf({ rounds, said, weight }: Entry, purpose: ChosenFor): number {
  if (!Number.isFinite(rounds)) return Number.POSITIVE_INFINITY;
  const taken = said === null || purpose === 'rounds' ? 0 : weightOf(said, purpose);
  return taken || rounds * weight;
}

function described(entry: Entry, ratio: number): CompressorCandidate {
  const { contender, how, rounds, rate } = entry;
  const known = Number.isFinite(rounds);
  const { bits, seconds } = entry.said ?? { bits: rounds * rate.bits, seconds: rounds * rate.seconds };
  const number = (value: number) => (known && Number.isFinite(value) ? value : null);
  return {
    compressor: contender.name,
    how,
    rounds: number(how === 'rule' ? rounds : Math.ceil(rounds)),
    bits: number(bits),
    seconds: number(seconds),
    ratio: number(ratio),
  };
}
