/** What a person reads before a run. Memory comes first: it is the one number that may make them press Ctrl-C. */

import { formatBytes } from '../arena/layout.js';
import type { PlanReport } from '../session/types.js';
import { alignRows, type Colours, formatCount, formatQuantity, formatSaving, plural } from './format.js';

export function formatPlan(plan: PlanReport, colours: Colours): string {
  const { gains, bits, spectrum, optimum } = plan;
  const gainText = Object.entries(gains)
    .filter(([, value]) => Number.isFinite(value))
    .map(([name, value]) => `${name} ${formatQuantity(value)}`)
    .join(', ');
  const saving = bits.perMessage === null ? null : formatSaving(bits.perMessage, bits.uncompressedPerMessage);
  const message =
    bits.perMessage === null
      ? `bits vary from message to message (${formatCount(bits.uncompressedPerMessage)} uncompressed)`
      : `${formatQuantity(bits.perMessage)} bits a message${saving === null ? '' : `, ${saving} than ${formatCount(bits.uncompressedPerMessage)} uncompressed`}`;
  const lines = [
    colours.bold(plan.name),
    ...alignRows(
      [
        ['memory', `${formatBytes(plan.arenaBytes)} shared, about ${formatBytes(plan.processBytes)} in all`],
        [
          'topology',
          `${plan.topology}: ${plural(plan.agents, 'agent')}, ${plural(plan.edges, 'edge')}${
            spectrum === null
              ? ''
              : `, lambda2 ${formatQuantity(spectrum.lambda2)}, lambdaMax ${formatQuantity(spectrum.lambdaMax)}`
          }`,
        ],
        ['cost', `${plan.cost} (dim ${formatCount(plan.dim)})`],
        ['flow', `${plan.flow}; ${gainText}`],
        ['compressor', `${plan.compressor}: ${message}`],
        [
          'optimum',
          optimum === null
            ? null
            : `${formatQuantity(optimum.value, 8)} (${optimum.method}${
                optimum.iterations > 0 ? `, ${plural(optimum.iterations, 'iteration')}` : ''
              }, gradient ${formatQuantity(optimum.gradientNorm, 2)})`,
        ],
        ['run', `up to ${plural(plan.rounds, 'round')} on ${plural(plan.workers, 'worker')}`],
      ],
      colours,
    ),
  ];
  for (const warning of plan.warnings) lines.push(`${colours.yellow('warning:')} ${warning}`);
  return lines.join('\n');
}
