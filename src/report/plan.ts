/**
 * What a person reads before a run. Memory comes first: it is the one number that may make them press Ctrl-C.
 */

import { formatBytes } from '../arena/fits.js';
import { formatCount } from '../base/count.js';
import { alignRows, type Colours, formatQuantity, formatSaving, plural } from '../base/format.js';
import { listText } from '../base/processors.js';
import type {
  Distances,
  OrderReport,
  PlanReport,
  RanksReport,
  ServerReport,
  Tuning,
} from '../run/reports.js';

/** What this one of several ranks holds. */
export function ranksText({ rank, ranks, agents, ghosts, peers, cut, why, edges }: RanksReport): string {
  const held = `${plural(agents, 'agent')} and the messages of ${formatCount(ghosts)} of ${plural(peers, 'other rank')}`;
  return `${rank} of ${ranks}: ${held}; cut: ${cut} (${why}), ${plural(edges, 'edge')} between ranks`;
}

export function formatPlan(plan: PlanReport, colours: Colours): string {
  const { gains, bits, spectrum, optimum, server, tuning } = plan;
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
        ['precision', plan.precision === undefined ? null : FLOAT32],
        ['memory', plan.ranks === undefined ? memoryText(plan) : rankMemory(plan.ranks, plan)],
        [
          'topology',
          `${plan.topology}: ${plural(plan.agents, 'agent')}, ${plural(plan.edges, 'edge')}${
            spectrum === null ? '' : `, ${spectrumText(spectrum)}`
          }`,
        ],
        ['links', plan.links],
        ['cost', `${plan.cost} (dim ${formatCount(plan.dim)})`],
        ['flow', server ? null : `${plan.flow}; ${gainText}`],
        ['auto', tuning === null ? null : formatChoice(tuning)],
        ['compressor', server ? null : `${plan.compressor}: ${message}`],
        ...choiceRows(plan),
        ...(server ? serverRows(server, plan.dim) : []),
        [
          'optimum',
          optimum === null
            ? null
            : `${formatQuantity(optimum.value, 8)} (${optimum.method}${
                optimum.iterations > 0 ? `, ${plural(optimum.iterations, 'iteration')}` : ''
              }, gradient ${formatQuantity(optimum.gradientNorm, 2)})`,
        ],
        ['order', plan.layout === null ? null : formatOrder(plan.layout.order)],
        [
          'ahead',
          plan.layout?.ahead
            ? `messages of neighbours are asked for ${plural(plan.layout.ahead, 'agent')} ahead: they lie beyond the caches`
            : null,
        ],
        [
          'run',
          `up to ${plural(plan.rounds, 'round')} on ${plural(plan.workers, 'worker')}${plan.whyWorkers ? ` (${plan.whyWorkers})` : ''}`,
        ],
        ['ranks', plan.ranks === undefined ? null : ranksText(plan.ranks)],
        ['cores', coresText(plan)],
        ['pinned', plan.pinned ? `worker by worker to processors ${listText(plan.pinned)}` : null],
      ],
      colours,
    ),
  ];
  for (const warning of plan.warnings) lines.push(`${colours.yellow('warning:')} ${warning}`);
  return lines.join('\n');
}

/** Why this compressor, where it was \`auto\`; \`sottovoce tune\` says more. */
function choiceRows({ compressorChoice }: PlanReport): (readonly [string, string | null])[] {
  const [takes, next] = compressorChoice?.why ?? [];
  return takes === undefined
    ? []
    : [
        [`least ${compressorChoice?.for}`, takes],
        ['', next ?? null],
      ];
}

function memoryText({ arenaBytes, processBytes }: Pick<PlanReport, 'arenaBytes' | 'processBytes'>): string {
  return `${formatBytes(arenaBytes)} shared, about ${formatBytes(processBytes)} in all`;
}

/** What one of several ranks takes, of which each says its own. */
export function rankMemory(
  { rank, ranks }: RanksReport,
  memory: Pick<PlanReport, 'arenaBytes' | 'processBytes'>,
): string {
  return `rank ${rank} of ${ranks}: ${memoryText(memory)}`;
}

/** What cores there were to choose from, where they are not all of the machine and `run` does not say so. */
function coresText({ coreLimit = null, whyWorkers }: PlanReport): string | null {
  return coreLimit === null || whyWorkers?.includes(coreLimit) ? null : coreLimit;
}

/** What to expect of it, as `list` and docs/model/precision.md say. */
const FLOAT32 =
  'float32: half the memory, x to about six digits; sums of the trace in float64, gaps below 1e-10 or so are noise';

/** Where nobody had a reason to look there is nothing to say. */
function formatOrder({ chosen, why, given, rcm }: OrderReport): string | null {
  if (given === null) return null;
  const apart = ({ meanDistance, bandwidth }: Distances) =>
    `${formatQuantity(meanDistance, 3)} (at most ${formatCount(bandwidth)})`;
  const now = chosen === 'rcm' && rcm !== null ? `${apart(rcm)}, as numbered ${apart(given)}` : apart(given);
  const what = chosen === 'rcm' ? 'reverse Cuthill-McKee' : 'as numbered';
  return `${what}: ${why}; rows apart on average ${now}`;
}

/**
 * The links of a parameter server, compared with gradients of float32: what everyone sends who compresses
 * nothing.
 */
function serverRows(server: ServerReport, dim: number): (readonly [string, string | null])[] {
  const link = (what: string, bits: number | null) => {
    if (bits === null) return `${what}: bits vary from message to message`;
    const saving = formatSaving(bits, 32 * dim);
    return `${what}: ${formatCount(bits)} bits a message${saving === null ? '' : `, ${saving} than ${formatCount(32 * dim)} of float32`}`;
  };
  return [
    ['uplink', link(server.uplink, server.upBits)],
    ['downlink', link(server.downlink, server.downBits)],
    ['lambda', server.lambda],
    [
      'step',
      `gamma ${server.gamma}; ${server.optimizer}; ${server.batch === 'all' ? 'all samples' : `batches of ${server.batch}`}`,
    ],
  ];
}

/** One line; `sottovoce tune` says more. */
function formatChoice({ method, chosen, pilots, roundsPerDecade }: Tuning): string {
  const how =
    method === 'pilot' && pilots !== null
      ? `the best of ${plural(pilots.count, 'pilot')} (${plural(pilots.rounds, 'round')})`
      : 'from the formula';
  const pace =
    roundsPerDecade === null
      ? ''
      : `; ${formatQuantity(roundsPerDecade, 3)} rounds per factor of 10 expected`;
  return `${chosen.join(', ')}: ${how}${pace}`;
}

/** `lambda2 0.586, lambdaMax 4`; `lambda2 2.73, lambdaMax 13.3 (within 2%)` where gains needed no more. */
function spectrumText({ lambda2, lambdaMax, within }: NonNullable<PlanReport['spectrum']>): string {
  const text = `lambda2 ${formatQuantity(lambda2)}, lambdaMax ${formatQuantity(lambdaMax)}`;
  return within === undefined ? text : `${text} (within ${formatQuantity(100 * within, 1)}%)`;
}
