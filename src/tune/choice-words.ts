/** Why a compressor was chosen, in words: what it takes, what the next best would, and how that is known. */

import { formatBits, formatQuantity, formatSeconds, plural } from '../base/format.js';
import type { ChosenFor, CompressorCandidate, CompressorChoice } from '../run/reports.js';

interface Told {
  purpose: ChosenFor;
  candidates: readonly CompressorCandidate[];
  refused: CompressorChoice['refused'];
  judgedBy: CompressorChoice['judgedBy'];
  target: string;
  /** Why no distance was measured; null where it was. */
  blind: string | null;
  /** Whether trials of the best one saw it arrive and not stay. */
  doubted: boolean;
}

export function reasonsOf({
  purpose,
  candidates,
  refused,
  judgedBy,
  target,
  blind,
  doubted,
}: Told): string[] {
  const [best, next] = candidates;
  if (best === undefined) return [];
  const rule = judgedBy === 'rule';
  const takes = rule
    ? `${best.compressor} is best by the rule that a message which tells a share of what there is to say takes as many times the rounds`
    : best.rounds === null
      ? `${best.compressor} is not seen to come to ${target}, and no other candidate is`
      : `${best.compressor} takes ${amounts(best, purpose)} to ${target}`;
  const others =
    next === undefined
      ? 'nothing else was to choose from'
      : next.ratio === null || next.rounds === null
        ? `the next best, ${next.compressor}, is not seen to come near`
        : `the next best, ${next.compressor}, ${rule ? 'would take' : next.how === 'full' ? 'takes' : 'takes at most'} ${times(next.ratio)} as much${rule ? '' : `: ${amounts(next, purpose)}`}`;
  return [
    takes,
    others,
    ...(doubted ? ['no candidate was seen to arrive and to stay there'] : []),
    `${rule || judgedBy === 'objective' ? `${judgedBy === 'rule' ? 'no trial runs' : 'judged by the objective'}: ${blind}; ` : ''}${howMany(candidates, refused.length)}`,
  ];
}

/** What the choice is for first. */
function amounts({ rounds, bits, seconds }: CompressorCandidate, purpose: ChosenFor): string {
  const texts: Record<ChosenFor, string | null> = {
    rounds: rounds === null ? null : plural(rounds, 'round'),
    bits: bits === null ? null : `${formatBits(bits)} an agent`,
    seconds: seconds === null ? null : `${formatSeconds(seconds)} on the network`,
  };
  const order = [purpose, ...(Object.keys(texts) as ChosenFor[]).filter((name) => name !== purpose)];
  return order.flatMap((name) => texts[name] ?? []).join(', ');
}

function times(ratio: number): string {
  return `${formatQuantity(ratio, 3)} times`;
}

function howMany(candidates: readonly CompressorCandidate[], refused: number): string {
  const full = candidates.filter(({ how }) => how === 'full').length;
  const short = candidates.filter(({ how }) => how === 'short').length;
  return [
    plural(candidates.length, 'candidate'),
    ...(full > 0 ? [`${full} with all their trial runs`] : []),
    ...(short > 0 ? [`${short} with some`] : []),
    ...(refused > 0 ? [`${refused} more ${refused === 1 ? 'does' : 'do'} not go with this flow`] : []),
  ].join(', ');
}
