/**
 * A policy as a list of numbers, which is what a search changes: the weights of every action, the sizes of what
 * actions say, and by what the gains of the problems are multiplied.
 */

import {
  type Feature,
  MOST_WEIGHT,
  POLICY_FORMAT,
  type Policy,
  type PolicyAction,
} from '../compress/policy.js';

/** What is the same for all policies of a search. */
export interface PolicyFamily {
  name: string;
  actions: readonly PolicyAction[];
  features: readonly Feature[];
  rotate: Policy['rotate'];
  steps: Policy['steps'];
  /** Gains that are multiplied. */
  gains: readonly string[];
}

/** Standard deviations in the first generation, of weights, and of logarithms of sizes and gains. */
const WEIGHT_SPREAD = 0.5;
const SIZE_SPREAD = 0.06;
const GAIN_SPREAD = 0.12;
/** What the first action's constant is ahead of the others': it is what all agents do at first. */
const AHEAD = 1.5;
const DIGITS = 1e4;
const rounded = (value: number) => Math.round(value * DIGITS) / DIGITS;
/** Below it a size has as many digits of its own. */
const SMALL = 0.1;
const SIGNIFICANT = 4;

/** A size above 0 that a policy may have. */
function size(value: number): number {
  const held = Math.min(MOST_WEIGHT, Math.max(Number.MIN_VALUE, value));
  return held < SMALL ? Number(held.toPrecision(SIGNIFICANT)) : rounded(held);
}

/** Levels that ascend still: with all their digits where those of others would make two of them one. */
function scaled(levels: readonly number[], by: number): number[] {
  const largest = Math.max(...levels.map(Math.abs));
  const factor = Math.min(by, MOST_WEIGHT / largest);
  const short = levels.map((level) => rounded(level * factor));
  const ascends = short.every((level, t) => t === 0 || level > (short[t - 1] as number));
  return ascends ? short : levels.map((level) => Number((level * factor).toPrecision(ALL_DIGITS)));
}

/** Of a factor's last ones machines may differ. */
const ALL_DIGITS = 12;

/** Numbers that an action's sizes take. */
function sizesOf(action: PolicyAction): number {
  return action.do === 'silence' ? 0 : action.do === 'sparse' ? 2 : 1;
}

export interface Parameters {
  start: number[];
  spread: number[];
  policy(values: ArrayLike<number>): Policy;
  /** By what each of the gains is multiplied. */
  factors(values: ArrayLike<number>): Record<string, number>;
}

export function parametersOf(family: PolicyFamily): Parameters {
  const { actions, features, gains } = family;
  // Of a single action there is nothing to choose.
  const weights = actions.length > 1 ? actions.length * features.length : 0;
  const sizes = actions.reduce((sum, action) => sum + sizesOf(action), 0);
  const constant = features.indexOf('one');
  const start = [
    ...Array.from({ length: weights }, (_, at) => (at === constant ? AHEAD : 0)),
    ...new Array<number>(sizes + gains.length).fill(0),
  ];
  return {
    start,
    spread: [
      ...new Array<number>(weights).fill(WEIGHT_SPREAD),
      ...new Array<number>(sizes).fill(SIZE_SPREAD),
      ...new Array<number>(gains.length).fill(GAIN_SPREAD),
    ],
    policy(values) {
      let at = weights;
      const sized = actions.map((action): PolicyAction => {
        const factor = () => Math.exp(values[at++] as number);
        if (action.do === 'silence') return action;
        if (action.do === 'levels') return { ...action, levels: scaled(action.levels, factor()) };
        if (action.do === 'compress') return { ...action, factor: size(action.factor * factor()) };
        if (action.do === 'signs') return { ...action, size: size(action.size * factor()) };
        const threshold = action.threshold * factor();
        return {
          ...action,
          // A threshold of 0 stays: all that is not 0 is said.
          threshold: threshold === 0 ? 0 : size(threshold),
          value: size(action.value * factor()),
        };
      });
      return {
        format: POLICY_FORMAT,
        name: family.name,
        rotate: family.rotate,
        steps: family.steps,
        actions: sized,
        features: weights === 0 ? [] : [...features],
        weights: actions.map((_, a) =>
          weights === 0 ? [] : features.map((__, j) => rounded(values[a * features.length + j] as number)),
        ),
        header: headerOf(actions.length),
      };
    },
    factors(values) {
      return Object.fromEntries(
        gains.map((name, at) => [name, Math.exp(values[weights + sizes + at] as number)]),
      );
    },
  };
}

/** The first action is named by one bit, the next by two, and so on: 0, 10, 110, 111. */
function headerOf(actions: number): number[] {
  return Array.from({ length: actions }, (_, a) => Math.min(a + 1, actions - 1));
}
