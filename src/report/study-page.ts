/**
 * report.html of a comparison: who wins in a sentence, everyone's medians with their quartiles, curves with
 * bands, a picture a graph, and the Pareto picture of rounds against bits. Made of results.json and curves.csv.
 */

import { formatBits, formatQuantity, formatSeconds, plural } from '../base/format.js';
import type { Curve, CurveAxis } from '../compare/curves.js';
import type { ResultsFile } from '../compare/results.js';
import type { Cost, MethodRow, ProblemRow, Quartiles } from '../compare/types.js';
import { ownVersion } from '../output/versions.js';
import { asText, pageOf } from '../page/html.js';
import { details, figure, paragraph, section, table } from '../page/parts.js';
import type { AxisPayload, PanelPayload, ReportPayload, SeriesPayload } from '../page/payload.js';
import type { Quantity } from '../run/targets.js';

const NAMES: Record<Quantity, string> = {
  gap: 'gap of the mean',
  rmsError: 'rms error',
  consensusError: 'consensus error',
  agentsGapMean: "agents' gap, mean",
  agentsGapWorst: "agents' gap, worst",
  gradientNorm: "agents' gradients, mean norm",
};
const AXES: { axis: CurveAxis; key: string; label: string }[] = [
  { axis: 'round', key: 'rounds', label: 'rounds' },
  { axis: 'bits', key: 'bits', label: 'bits said' },
  { axis: 'seconds', key: 'seconds', label: 'seconds in the loop' },
  { axis: 'networkSeconds', key: 'network', label: 'seconds on the network' },
];
const COSTS: { cost: Cost; label: string; text(value: number): string }[] = [
  { cost: 'rounds', label: 'rounds', text: (value) => formatQuantity(value) },
  { cost: 'bits', label: 'bits', text: formatBits },
  { cost: 'networkSeconds', label: 'on the network', text: formatSeconds },
  { cost: 'seconds', label: 'in the loop', text: formatSeconds },
];
/** More methods than this in one picture are told apart by nobody. */
const MOST_CURVES = 12;
const TABLE_POINTS = 12;

export function studyPage(results: ResultsFile, curves: readonly Curve[], name: string): string {
  const parts = results.problems.map((problem) => problemPart(results, curves, problem));
  const panels = parts.flatMap(({ panel }) => panel ?? []);
  const axes = AXES.filter(({ axis }) => curves.some((curve) => curve.axis === axis)).map(
    ({ key, label }) => ({ key, label }),
  );
  const payload: ReportPayload = { axes, shared: [], panels, network: null, tiles: null };
  const target = `${NAMES[results.target.quantity]} at ${formatQuantity(results.target.bound)} or below, and it stays there`;
  const cells = results.cells.length;
  const arrived = results.cells.filter(({ reached }) => reached).length;
  const body = `<a class="skip" href="#main">To the report</a>
<header>
<div class="bar"><p class="brand">Sottovoce</p><div id="theme"></div></div>
<h1>${asText(name)} <span class="status ${results.complete ? 'finished' : 'ended'}">${results.complete ? 'comparison' : '■ not all cells have run'}</span></h1>
${paragraph(`${plural(new Set(results.methods.map(({ label }) => label)).size, 'method')} on ${plural(results.problems.length, 'problem')}, ${plural(cells, 'run')}, of which ${arrived} arrived. The target: ${target}.`, 'opening')}
${results.problems.map((problem) => paragraph(winners(results, problem))).join('\n')}
</header>
<main id="main">
<noscript><p class="note">Pictures of curves need a script, which this browser does not run. Tables stand below.</p></noscript>
<div id="axes"></div>
${parts.map(({ html }) => html).join('\n')}
${section('how', 'How to read it', `${paragraph('Figures are medians over the seeds, with the first and the third quartile; a seed that did not arrive counts as infinite, so a dash says that too few arrived. Bands lie between the quartiles. A curve leaves its picture where the runs diverged, and ends where its last seed arrived.')}${paragraph('results.csv and results.json have every figure, curves.csv every curve, and traces.parquet every row of every run. The same command with the same --out goes on where it was ended, and runs nothing twice.')}`)}
</main>
<footer>${paragraph(`Written by Sottovoce ${ownVersion()}. This file needs no network, and no other file.`)}</footer>`;
  return pageOf({ title: name, body, data: payload });
}

function winners({ methods }: ResultsFile, { label, problem, wins }: ProblemRow): string {
  const nameOf = (method: number | null) =>
    methods.find((row) => row.method === method && row.problem === problem)?.label ?? null;
  const [rounds, bits, network] = [nameOf(wins.rounds), nameOf(wins.bits), nameOf(wins.networkSeconds)];
  if (rounds === null) return `On ${label} no method arrived with every seed.`;
  const rest = network === null ? '' : `; ${network} needs the least time on the network`;
  return rounds === bits
    ? `On ${label}, ${rounds} needs the fewest rounds and the fewest bits${network === null || network === rounds ? '' : `; ${network} the least time on the network`}.`
    : `On ${label}, ${rounds} needs the fewest rounds and ${bits} the fewest bits${rest}.`;
}

function problemPart(
  results: ResultsFile,
  curves: readonly Curve[],
  problem: ProblemRow,
): { html: string; panel: PanelPayload | null } {
  const own = results.methods
    .filter((row) => row.problem === problem.problem)
    .sort((a, b) => a.rank - b.rank);
  const panel = panelOf(results, curves, problem, own);
  const words = [
    problem.topology,
    problem.agents === null ? null : plural(problem.agents, 'agent'),
    problem.edges === null ? null : plural(problem.edges, 'edge'),
    problem.cost === null ? null : `${problem.cost}${problem.dim === null ? '' : ` (dim ${problem.dim})`}`,
  ].filter((text) => text !== null && text !== '');
  const html = section(
    `problem-${problem.problem}`,
    problem.label,
    `${paragraph(`${words.join(', ')}.`, 'note')}
${ranking(own, problem)}
<div class="plots">
${panel === null ? '' : figure(`${NAMES[results.target.quantity]}, median and quartiles`, curvesText(own, panel), `<div class="plot" id="plot-${panel.id}"></div>`, details('As a table', curveTable(panel)))}
${paretoOf(own)}
</div>`,
  );
  return { html, panel };
}

function ranking(methods: readonly MethodRow[], { wins }: ProblemRow): string {
  const known = COSTS.filter(({ cost }) => methods.some(({ spread }) => spread[cost]?.median != null));
  const cell = ({ q1, median, q3 }: Quartiles, text: (value: number) => string) => {
    if (median === null) return '–';
    if (q1 === median && q3 === median) return text(median);
    const [low, high] = [q1, q3].map((value) => (value === null ? '–' : text(value)));
    return `${text(median)} (${withoutUnit(low as string, high as string)}–${high})`;
  };
  const rows = methods.map((row) => [
    row.label,
    `${row.reached} of ${row.seeds}`,
    ...known.map(({ cost, text }) => cell(row.spread[cost], text)),
    row.pareto ? 'yes' : '',
    row.status,
  ]);
  const best = methods.flatMap(({ method }, at) =>
    known.flatMap(({ cost }, column) => (wins[cost] === method ? [[at, column + 2] as const] : [])),
  );
  return table(
    'Methods: median, first and third quartile',
    ['method', 'arrived', ...known.map(({ label }) => label), 'on the front', 'ended'],
    rows,
    { best },
  );
}

/** `39.4` of `39.4 kbit`, where what follows has the same unit. */
function withoutUnit(text: string, next: string): string {
  const unit = / .*$/.exec(text)?.[0];
  return unit !== undefined && next.endsWith(unit) ? text.slice(0, -unit.length) : text;
}

function panelOf(
  results: ResultsFile,
  curves: readonly Curve[],
  { problem }: ProblemRow,
  methods: readonly MethodRow[],
): PanelPayload | null {
  const { quantity, bound } = results.target;
  const series = methods.slice(0, MOST_CURVES).flatMap((row): SeriesPayload[] => {
    const own = curves.filter((curve) => curve.method === row.method && curve.problem === problem);
    const longest = own.find(({ axis }) => axis === 'round') ?? own[0];
    const band = longest?.values[quantity];
    if (longest === undefined || band === undefined) return [];
    const axes = AXES.flatMap(({ axis, key, label }): AxisPayload[] => {
      const values = longest.at[axis];
      return values === undefined ? [] : [{ key, label, values: values.map(numberOf) }];
    });
    const colour = 1 + [...new Set(results.methods.map(({ label }) => label))].indexOf(row.label);
    return [
      {
        label: row.label,
        colour,
        values: band.median.map(positive),
        ...(row.seeds > 1 && { low: band.q1.map(positive), high: band.q3.map(positive) }),
        axes,
      },
    ];
  });
  if (series.length === 0) return null;
  return {
    id: `problem-${problem}-curves`,
    label: NAMES[quantity],
    log: true,
    target: { value: bound, label: NAMES[quantity] },
    series,
  };
}

function numberOf(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}

function positive(value: number): number | null {
  return value > 0 && Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}

function curvesText(methods: readonly MethodRow[], { series }: PanelPayload): string {
  const words = series.map(({ label, values }) => {
    const end = values.findLast((value) => value !== null) ?? null;
    return `${label} to ${formatQuantity(end, 3)}`;
  });
  const more =
    methods.length > series.length
      ? ` ${plural(methods.length - series.length, 'method')} with no curve, or beyond the first ${MOST_CURVES}, left out.`
      : '';
  return `Medians come down: ${words.join('; ')}.${more}`;
}

function curveTable({ series }: PanelPayload): string {
  const rows = series.flatMap(({ label, values, low, high, axes = [] }) => {
    const [rounds] = axes;
    const count = Math.min(TABLE_POINTS, values.length);
    return Array.from({ length: count }, (_, at) =>
      Math.round((at * (values.length - 1)) / Math.max(1, count - 1)),
    ).map((at) => [
      label,
      formatQuantity(rounds?.values[at] ?? null),
      formatQuantity(values[at] ?? null),
      low === undefined ? '' : `${formatQuantity(low[at] ?? null)} to ${formatQuantity(high?.[at] ?? null)}`,
    ]);
  });
  return table('Curves', ['method', series[0]?.axes?.[0]?.label ?? 'rounds', 'median', 'quartiles'], rows);
}

/* Rounds against bits */

const WIDE = 520;
const TALL = 360;
const LEFT = 62;
const BOTTOM = 46;

function paretoOf(methods: readonly MethodRow[]): string {
  const points = methods.filter(
    (row): row is MethodRow & { rounds: number; bits: number } =>
      row.rounds !== null && row.bits !== null && row.rounds > 0 && row.bits > 0,
  );
  if (points.length < 2) return '';
  const x = logScale(
    points.map(({ rounds }) => rounds),
    LEFT + 14,
    WIDE - 24,
  );
  const y = logScale(
    points.map(({ bits }) => bits),
    TALL - BOTTOM - 14,
    18,
  );
  const front = points.filter(({ pareto }) => pareto).sort((a, b) => a.rounds - b.rounds);
  const path = front
    .map(({ rounds, bits }, at) => `${at === 0 ? 'M' : 'L'}${x.at(rounds)} ${y.at(bits)}`)
    .join('');
  const ticksX = x.ticks.map(
    (value) =>
      `<line x1="${x.at(value)}" x2="${x.at(value)}" y1="10" y2="${TALL - BOTTOM}"/><text class="axis middle" x="${x.at(value)}" y="${TALL - BOTTOM + 16}">${asText(formatQuantity(value))}</text>`,
  );
  const ticksY = y.ticks.map(
    (value) =>
      `<line x1="${LEFT}" x2="${WIDE}" y1="${y.at(value)}" y2="${y.at(value)}"/><text class="axis end" x="${LEFT - 6}" y="${y.at(value) + 4}">${asText(formatBits(value))}</text>`,
  );
  const dots = points.map(
    ({ rounds, bits, pareto }) =>
      `<circle${pareto ? ' class="best"' : ''} cx="${x.at(rounds)}" cy="${y.at(bits)}" r="${pareto ? 6 : 5}"/>`,
  );
  const names = placedNames(
    points.map(({ label, rounds, bits }) => ({ label, x: x.at(rounds), y: y.at(bits) })),
  );
  const best = front.map(({ label }) => label).join(', ');
  const picture = `<svg class="pareto" role="img" aria-label="Rounds against bits to the target" viewBox="0 0 ${WIDE} ${TALL}">${ticksX.join('')}${ticksY.join('')}<path class="front" d="${path}"/>${dots.join('')}${names}<text class="axis end" x="${WIDE - 4}" y="${TALL - 8}">rounds to the target (median)</text><text class="axis" x="4" y="${TALL - 8}">↑ bits said</text></svg>`;
  return figure(
    'Rounds against bits',
    `Left is faster, down says less. ${front.length === 0 ? 'No method is on the front.' : `Filled dots are on the Pareto front, nobody is better in both: ${best}.`}`,
    picture,
    details(
      'As a table',
      table(
        'Rounds against bits',
        ['method', 'rounds', 'bits', 'on the front'],
        points.map(({ label, rounds, bits, pareto }) => [
          label,
          formatQuantity(rounds),
          formatBits(bits),
          pareto ? 'yes' : 'no',
        ]),
      ),
    ),
  );
}

function logScale(values: readonly number[], from: number, to: number) {
  const low = Math.log10(Math.min(...values)) - 0.05;
  const high = Math.log10(Math.max(...values)) + 0.05;
  const span = high - low;
  const at = (value: number) =>
    Math.round(100 * (from + ((to - from) * (Math.log10(value) - low)) / span)) / 100;
  const within = (factors: readonly number[]) => {
    const found: number[] = [];
    for (let power = Math.floor(low); power <= Math.ceil(high); power++)
      for (const factor of factors) {
        const value = Number((factor * 10 ** power).toPrecision(3));
        if (Math.log10(value) >= low && Math.log10(value) <= high) found.push(value);
      }
    return found;
  };
  // The coarsest steps of which there are three at least.
  const steps = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]].map(within);
  const ticks = steps.find(({ length }) => length >= 3) ?? (steps.at(-1) as number[]);
  return { at, ticks };
}

/** Beside their dots, on the side with room, below each other where they would meet. */
function placedNames(points: readonly { label: string; x: number; y: number }[]): string {
  const taken: { x: number; y: number; wide: number }[] = [];
  return [...points]
    .sort((a, b) => a.y - b.y)
    .map(({ label, x, y }) => {
      const wide = 7.2 * label.length;
      const left = x + 12 + wide > WIDE;
      const from = left ? x - 12 - wide : x + 12;
      let at = y + 4;
      while (
        taken.some(
          (other) => Math.abs(other.y - at) < 14 && from < other.x + other.wide && other.x < from + wide,
        )
      )
        at += 14;
      taken.push({ x: from, y: at, wide });
      return `<text${left ? ' class="end"' : ''} x="${left ? x - 10 : x + 10}" y="${at}">${asText(label)}</text>`;
    })
    .join('');
}
