/**
 * The gains of the primal-dual flow in numbers: what `auto` is beside gains that are given, and where a
 * search begins. The formulas themselves are in `starting-gains.ts`, the bounds on the step in
 * `stable-step.ts`.
 */

import { unexpected } from '../base/errors.js';
import type { Integrator, PrimalDualGains } from './dual-step.js';
import { type Gain, numberOr, roundStep } from './gains.js';
import { MODES } from './modes.js';
import type { StartingGains } from './sampled-data.js';
import { safeInnerStep, safeStep } from './stable-step.js';
import {
  boldGains,
  dampedGains,
  startingGains,
  startingInnerGains,
  uncompressedGains,
} from './starting-gains.js';
import type { Compress, FlowContext, FlowPlan, GainContext } from './types.js';

export interface PrimalDualPlan extends FlowPlan {
  compress: Compress;
  integrator: Integrator;
  /** `inner` and `rho` only where there are several gradient steps. */
  gains: PrimalDualGains;
  stateIsMessage: boolean;
}

/**
 * The exact model of linear compressors (`sampled-data.ts`) is Euler's; the other formula's gains, with their
 * smaller step, hold for both.
 */
function modelled(gains: GainContext, integrator: Integrator): GainContext {
  return integrator === 'euler' || gains.delta === 1 ? gains : { ...gains, linear: false };
}

/** The curvatures that the flow sees: those of eta f. */
function scaled(gains: GainContext, eta: number): GainContext {
  const { m, l, meanM, meanL } = gains;
  return { ...gains, m: eta * m, l: eta * l, meanM: eta * meanM, meanL: eta * meanL };
}

function automaticRho(eta: number, { l }: GainContext): number {
  if (eta * l > 0 && l < Number.POSITIVE_INFINITY) return eta * l;
  throw unexpected(['flow', 'rho'], 'auto', 'a number > 0: the cost does not say how smooth it is');
}

export function planPrimalDual(
  {
    kind,
    compress,
    integrator,
    inner,
    ...given
  }: {
    kind: string;
    compress: Compress;
    integrator: Integrator;
    inner: number;
    rho?: Gain | undefined;
  } & Record<'step' | 'alpha' | 'beta' | 'eta' | 'mu' | 'gamma', Gain>,
  { gains, contraction }: FlowContext,
): PrimalDualPlan {
  const several = inner > 1;
  if (!several && given.rho !== undefined) {
    const expected = 'nothing, since inner is 1: its step is 1/h and has no rho';
    throw unexpected(['flow', 'rho'], given.rho, expected);
  }
  const eta = numberOr(given.eta, () => 1);
  let started: StartingGains | null = null;
  const start = (): StartingGains => {
    const ofStep = given.step === 'auto' ? {} : { step: given.step };
    const context = scaled(gains(), eta);
    started ??= several
      ? startingInnerGains(compress, context, ofStep)
      : startingGains(compress, modelled(context, integrator), ofStep);
    return started;
  };
  const alpha = numberOr(given.alpha, () => start().alpha);
  const beta = numberOr(given.beta, () => start().beta);
  // For gains that somebody chose, the step that suits them.
  const whole = given.alpha === 'auto' && given.beta === 'auto';
  const free = whole && given.step === 'auto';
  const suiting = () =>
    several
      ? safeInnerStep(alpha, beta, eta, inner, gains(), integrator)
      : safeStep(alpha, beta, eta, gains(), integrator);
  const step = numberOr(given.step, () => roundStep(whole ? start().step : suiting()));
  const { estimates, memory } = MODES[compress];
  const { mu = 1, gamma = Math.min(0.5, contraction) } = free && estimates ? start() : {};
  return {
    kind,
    compress,
    integrator,
    gains: {
      step,
      alpha,
      beta,
      eta,
      ...(estimates && { mu: numberOr(given.mu, () => mu) }),
      ...(memory && { gamma: numberOr(given.gamma, () => gamma) }),
      ...(several && { inner, rho: numberOr(given.rho ?? 'auto', () => automaticRho(eta, gains())) }),
    },
    stateIsMessage: compress === 'none',
  };
}

/** Where a search begins beside the formula: bolder. */
export function startsOfPrimalDual(
  { compress, integrator, gains: { eta, ...planned } }: PrimalDualPlan,
  gains: GainContext,
): Record<string, number>[] {
  const { inner } = planned;
  // Where the optimum is, costs may be less curved than they can be.
  const near = scaled({ ...gains, l: gains.nearL ?? gains.l }, eta);
  if (gains.linear && gains.delta < 1) {
    // The model of linear compressors without its margin.
    const modelledExactly = integrator === 'euler' && inner === undefined;
    return modelledExactly ? boldGains(compress, scaled(gains, eta), planned) : [];
  }
  const start = inner === undefined ? startingGains : startingInnerGains;
  // What would be best if nothing were compressed: most messages of most compressors tell far more than the
  // worst.
  const plain = inner === undefined ? uncompressedGains(near) : null;
  if (gains.delta === 1) return plain === null ? [] : [plain];
  const bolder = [1 / 4, 1 / 2].map((exponent) =>
    start(compress, { ...near, delta: gains.delta ** exponent }),
  );
  if (plain === null) return bolder;
  const filters = [
    { mu: 1, gamma: 0.5 },
    { mu: 0.2, gamma: 1 },
  ];
  return [
    ...(gains.flat === true ? dampedGains(near).map((damped) => ({ ...planned, ...damped })) : []),
    ...bolder,
    ...filters.map((filter) => ({ ...planned, ...plain, ...filter })),
    { ...planned, ...plain, step: plain.step / 3, alpha: plain.alpha / 2, mu: 0.5, gamma: 0.5 },
    { ...planned, ...plain, step: plain.step / 2, alpha: 4 * plain.alpha, mu: 0.5, gamma: 0.5 },
  ];
}
