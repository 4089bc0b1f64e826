/**
 * report.html of a run: what happened in a sentence, its curves, the network, where time and bits went, what
 * there is to know beside, and how to make it again. Made of what the run's folder holds, and of the graph.
 *
 * What is bounded: rows are decimated (`decimate.ts`), a network is drawn edge by edge up to `DRAWN_NODES`, and
 * beyond that as tiles. Whoever only reads text finds every figure as a sentence and as a table.
 */

import type { Graph } from '../../topology/graph.js';
import { arcList, edgeList } from '../../topology/graph.js';
import { formatBytes } from '../arena/fits.js';
import { formatCount } from '../base/count.js';
import { formatBits, formatQuantity, formatSaving, formatSeconds, plural } from '../base/format.js';
import type { Manifest } from '../output/manifest.js';
import type { WorkerTime } from '../run/clock.js';
import type { Summary, WorkerThreadTime } from '../run/reports.js';
import type { TraceRow } from '../trace/row.js';
import { configText } from './config-text.js';
import { decimate, forTable } from './decimate.js';
import { asText, base64, pageOf } from './html.js';
import { bars, columns, details, figure, known, list, paragraph, section, table } from './parts.js';
import type { AxisPayload, NetworkPayload, PanelPayload, ReportPayload, SeriesPayload } from './payload.js';
import { type Tiles, tilesOf } from './tiles.js';

/** More nodes are not told apart in a picture of a page's width. */
export const DRAWN_NODES = 3000;
/** Nor are more edges. */
export const DRAWN_EDGES = 20_000;
/** Up to here a browser has all eigenvalues within a second. */
const SPECTRUM_NODES = 500;
const TABLE_ROWS = 24;
/** Labels longer than this are cut: they stand beside nodes. */
const LABEL_CHARACTERS = 60;
const TOP_AGENTS = 10;
const MOST_COLUMNS = 40;
const MOST_WORKERS = 64;

export interface RunPageInput {
  manifest: Manifest;
  /** As far as it is known when the page is written; null where the run did not come to its end. */
  summary: Summary | null;
  /** All of them, or those that a bounded store kept; ascending rounds. */
  rows: readonly TraceRow[];
  /** How many there were. */
  rowCount: number;
  /** Null where there is none, or it cannot be had any more: `noGraph` says why, as a sentence. */
  graph: { graph: Graph; weights: Float64Array | null } | null;
  noGraph: string | null;
  /** Names of the agents and their degrees; null where there are none. */
  agents: Iterable<{ label: string; degree: number }> | null;
  /** rms over coordinates of x_i - mean x, of each agent; null where everyone holds the same x, or x is gone. */
  disagreement: Float64Array | null;
  /** Why that is null, as a sentence. */
  noDisagreement: string | null;
  /** Of each worker in the round loop; null where nobody counted. */
  workers: readonly WorkerTime[] | null;
}

export function runPage(input: RunPageInput): string {
  const { manifest, summary } = input;
  const curves = curvesOf(input);
  const network = networkOf(input);
  const payload: ReportPayload = {
    axes: curves.shared.map(({ key, label }) => ({ key, label })),
    shared: curves.shared,
    panels: curves.panels,
    network: network.payload,
    tiles: network.tiles,
  };
  const body = `<a class="skip" href="#main">To the report</a>
<header>
<div class="bar"><p class="brand">Sottovoce</p><div id="theme"></div></div>
<h1>${asText(manifest.name)} <span class="status ${asText(statusOf(summary))}">${asText(STATUS[statusOf(summary)] ?? statusOf(summary))}</span></h1>
${paragraph(whatHappened(input), 'opening')}
${keyFigures(input)}
</header>
<main id="main">
<noscript><p class="note">Pictures of curves and networks need a script, which this browser does not run. Every figure stands below as a sentence and a table as well.</p></noscript>
${warnings(summary, manifest)}
${curves.html}
${network.html}
${bitsSection(input)}
${input.workers === null ? threadsSection(summary) : workersSection(input.workers)}
${aboutSection(input)}
${reproduceSection(input)}
</main>
<footer>${paragraph(`Written by Sottovoce ${manifest.versions.sottovoce}. This file needs no network, and no other file.`)}</footer>`;
  return pageOf({ title: `${manifest.name}: ${statusOf(summary)}`, body, data: payload });
}

/* What happened */

const STATUS: Record<string, string> = {
  converged: '✓ converged',
  finished: 'all rounds done',
  diverged: '✗ diverged',
  stopped: '■ stopped',
  failed: '✗ failed',
  ended: '■ ended before its end',
};

function statusOf(summary: Summary | null): string {
  return summary?.status ?? 'ended';
}

const QUANTITIES: Record<string, string> = {
  gap: 'the gap of the mean',
  rmsError: 'the rms error',
  consensusError: 'the consensus error',
  agentsGapMean: "the agents' mean gap",
  agentsGapWorst: 'the gap of the worst agent',
  gradientNorm: "the mean norm of the agents' gradients",
};

/** `the rms error at 1e-6 or below and ...`; null without a target. */
function targetText({ config }: Manifest): string | null {
  const asked = Object.entries(config.stop ?? {}).filter(([, bound]) => typeof bound === 'number');
  if (asked.length === 0) return null;
  return asked
    .map(([name, bound]) => `${QUANTITIES[name] ?? name} at ${formatQuantity(bound)} or below`)
    .join(' and ');
}

function whatHappened({ manifest, summary, rows }: RunPageInput): string {
  const target = targetText(manifest);
  const last = rows.at(-1);
  if (summary === null) {
    const where =
      last === undefined
        ? 'no row of its trace was written'
        : `its trace goes to round ${formatCount(last.round)}`;
    return `The run was ended before it was over: ${where}, and there is no summary.`;
  }
  const { status, rounds, agents, seconds, bits } = summary;
  const saving = formatSaving(bits.broadcast, bits.uncompressedBroadcast);
  const said =
    bits.broadcast > 0
      ? ` They said ${formatBits(bits.broadcast)}${saving === null ? '' : `, ${saving} than without compression`}.`
      : '';
  const took = `${plural(rounds, 'round')} (${formatSeconds(seconds)})`;
  const who = plural(agents, 'agent');
  const best = bestFigure(summary);
  switch (status) {
    case 'converged':
      return `After ${took} ${who} had ${target ?? 'what was asked of them'}, as asked.${said}`;
    case 'finished':
      return `${who} did all ${took}${target === null ? '' : `, and did not come to ${target}`}.${best === null ? '' : ` At the end ${best}.`}${said}`;
    case 'diverged':
      return `After ${took} the numbers of ${who} were not finite any more, or far from where they began.${summary.hint === undefined ? '' : ` To try next: ${summary.hint}.`}`;
    case 'stopped':
      return `The run was stopped from outside after ${took} of ${formatCount(manifest.config.rounds)}.${best === null ? '' : ` By then ${best}.`}${said}`;
    default:
      return `The run failed after ${took}: ${summary.error ?? 'nothing says why'}.`;
  }
}

function bestFigure({ final }: Summary): string | null {
  const found = (['rmsError', 'consensusError', 'gap', 'gradientNorm'] as const).find(
    (name) => final[name] !== null,
  );
  return found === undefined ? null : `${QUANTITIES[found]} was ${formatQuantity(final[found])}`;
}

function keyFigures({ summary, rows, manifest }: RunPageInput): string {
  const last = rows.at(-1);
  const final = summary?.final;
  const noise = last !== undefined && isNoise(rows);
  const figures: [string, string | null][] = [
    ['rounds', summary ? formatCount(summary.rounds) : last ? formatCount(last.round) : null],
    ['rms error', final?.rmsError == null ? null : formatQuantity(final.rmsError, 3)],
    ['gap of the mean', final?.gap == null || noise ? null : formatQuantity(final.gap, 3)],
    ['consensus error', final?.consensusError == null ? null : formatQuantity(final.consensusError, 3)],
    [
      'gradient norm',
      final?.gap != null || final?.gradientNorm == null ? null : formatQuantity(final.gradientNorm, 3),
    ],
    ['accuracy', final?.accuracy == null ? null : `${(100 * final.accuracy).toFixed(2)}%`],
    ['bits said', summary ? formatBits(summary.bits.broadcast) : null],
    ['in the loop', summary ? formatSeconds(summary.seconds) : null],
    ['on the network', final?.networkSeconds == null ? null : formatSeconds(final.networkSeconds)],
    ['agents', formatCount(summary?.agents ?? manifest.plan?.agents ?? 0)],
  ];
  const shown = figures.filter((entry): entry is [string, string] => entry[1] !== null);
  return `<dl class="figures">${shown.map(([name, value]) => `<div><dt>${asText(name)}</dt><dd>${asText(value)}</dd></div>`).join('')}</dl>`;
}

function warnings(summary: Summary | null, { plan, resumed = [] }: Manifest): string {
  const all = [...(summary?.warnings ?? plan?.warnings ?? [])];
  const went = resumed.map(
    ({ round, time, workers, node }) =>
      `gone on with from round ${formatCount(round)} on ${time.slice(0, 16).replace('T', ' ')} UTC, with ${plural(workers, 'worker')} and Node ${node}`,
  );
  const { checkpoints } = summary ?? {};
  const kept =
    checkpoints && checkpoints.written > 0
      ? [
          `${plural(checkpoints.written, 'checkpoint')} written, the last at round ${formatCount(checkpoints.lastRound ?? 0)} (${formatBytes(checkpoints.bytes)}, ${formatSeconds(checkpoints.loopSeconds)} of the loop)`,
        ]
      : [];
  const items = (texts: readonly string[]) =>
    `<ul>${texts.map((text) => `<li>${asText(text)}</li>`).join('')}</ul>`;
  const parts = [
    ...(all.length > 0
      ? [
          section(
            'warnings',
            all.length === 1 ? 'A warning' : 'Warnings',
            `<div class="warning">${items(all)}</div>`,
          ),
        ]
      : []),
    ...(went.length + kept.length > 0
      ? [section('parts', 'Parts of the run', items([...went, ...kept]))]
      : []),
  ];
  return parts.join('\n');
}

/* Curves */

interface Quantity {
  column: keyof TraceRow;
  label: string;
  colour: number;
}

const GAPS: Quantity[] = [
  { column: 'gap', label: 'gap of the mean', colour: 1 },
  { column: 'agentsGapMean', label: "agents' gap, mean", colour: 2 },
  { column: 'agentsGapWorst', label: "agents' gap, worst", colour: 4 },
];
const ERRORS: Quantity[] = [
  { column: 'rmsError', label: 'rms error', colour: 1 },
  { column: 'consensusError', label: 'consensus error', colour: 3 },
];
const GRADIENTS: Quantity[] = [
  { column: 'gradientNorm', label: "agents' gradients, mean norm", colour: 5 },
  { column: 'meanGradientNorm', label: 'gradient at the mean, norm', colour: 6 },
];
const ACCURACY: Quantity[] = [{ column: 'accuracy', label: 'accuracy', colour: 3 }];
const OBJECTIVE: Quantity[] = [{ column: 'objective', label: 'objective', colour: 1 }];

/** A gap that is nothing but rounding: below what doubles of the objective's size can say, from the start. */
function isNoise(rows: readonly TraceRow[]): boolean {
  const gaps = rows.map(({ gap }) => gap).filter((gap) => Number.isFinite(gap));
  if (gaps.length === 0) return false;
  const size = rows.reduce(
    (most, { objective }) => (Number.isFinite(objective) ? Math.max(most, Math.abs(objective)) : most),
    0,
  );
  return gaps.every((gap) => Math.abs(gap) <= 1e-13 * Math.max(size, 1e-300));
}

const AXES: { key: string; label: string; column: keyof TraceRow }[] = [
  { key: 'rounds', label: 'rounds', column: 'round' },
  { key: 'bits', label: 'bits said', column: 'bitsBroadcast' },
  { key: 'seconds', label: 'seconds in the loop', column: 'seconds' },
  { key: 'network', label: 'seconds on the network', column: 'networkSeconds' },
];

function curvesOf({ manifest, summary, rows, rowCount }: RunPageInput): {
  html: string;
  panels: PanelPayload[];
  shared: AxisPayload[];
} {
  if (rows.length === 0)
    return {
      html: section('curves', 'How it went', paragraph('No row of the trace was left.')),
      panels: [],
      shared: [],
    };
  const error = (['rmsError', 'consensusError', 'gap', 'objective'] as const).find((name) =>
    rows.some((row) => Number.isFinite(row[name])),
  );
  const drawn = decimate(
    rows.map(({ round }) => round),
    rows.map((row) => row[error ?? 'objective']),
  ).map((at) => rows[at] as TraceRow);
  const numbers = (column: keyof TraceRow) => drawn.map((row) => numberOf(row[column]));
  const shared = AXES.filter(({ column }) => drawn.some((row) => row[column] > 0) || column === 'round').map(
    ({ key, label, column }) => ({ key, label, values: numbers(column) }),
  );
  const noise = isNoise(rows);
  const stop = (manifest.config.stop ?? {}) as Record<string, number | undefined>;
  const panel = (
    id: string,
    label: string,
    quantities: readonly Quantity[],
    log = true,
  ): PanelPayload | null => {
    const series: SeriesPayload[] = quantities.flatMap(({ column, label: name, colour }) => {
      const values = drawn.map((row) => (log ? positive(row[column]) : numberOf(row[column])));
      return values.some((value) => value !== null) ? [{ label: name, colour, values }] : [];
    });
    if (series.length === 0) return null;
    const asked = quantities.find(
      ({ column }) => typeof stop[column] === 'number' && (stop[column] ?? 0) > 0,
    );
    const target =
      asked === undefined ? null : { value: stop[asked.column] as number, label: `target: ${asked.label}` };
    return { id, label, log, target, series };
  };
  const errors = panel('errors', 'distance of the agents, root mean square', ERRORS);
  const predicted = summary?.rate?.predicted ?? manifest.plan?.tuning?.roundsPerDecade ?? null;
  const expected = errors === null ? null : expectedLine(drawn, predicted);
  if (errors !== null && expected !== null) errors.series.push(expected);
  const gaps = noise ? null : panel('gaps', 'objective above the optimum', GAPS);
  const known = gaps !== null || drawn.some(({ rmsError }) => Number.isFinite(rmsError));
  const panels = [
    gaps,
    errors,
    known && stop['gradientNorm'] === undefined ? null : panel('gradients', 'norm of gradients', GRADIENTS),
    panel('accuracy', 'share of the test samples that is right', ACCURACY, false),
    known ? null : panel('objective', 'objective', OBJECTIVE, false),
  ].filter((one) => one !== null);
  const tables = tableOfRows(drawn, panels, shared);
  const figures = panels.map((one) =>
    figure(
      TITLES[one.id] ?? one.label,
      curveText(one, drawn),
      `<div class="plot" id="plot-${one.id}"></div>`,
    ),
  );
  const notes = [
    ...(noise
      ? [
          'The gap is left out: it is rounding from the first round on, as it is where the agents look for their average. What there is to see is how far they are from each other.',
        ]
      : []),
    drawn.length < rowCount
      ? `Of ${plural(rowCount, 'row')} of the trace ${formatCount(drawn.length)} are drawn: of every stretch of rounds those with the least and the greatest error. trace.csv has all of them.`
      : `All ${plural(rowCount, 'row')} of the trace are drawn.`,
  ];
  const html = section(
    'curves',
    'How it went',
    `${rateText(summary, predicted)}<div id="axes"></div><div class="plots">${figures.join('\n')}</div>${paragraph(notes.join(' '), 'note')}${tables}`,
  );
  return { html, panels, shared };
}

const TITLES: Record<string, string> = {
  gaps: 'Gap to the optimum',
  errors: 'Distance from the optimum, and from each other',
  gradients: 'Gradients',
  accuracy: 'Accuracy',
  objective: 'Objective',
};

/** What is expected of the rms error: a factor of ten in so many rounds, from its first value on. */
function expectedLine(rows: readonly TraceRow[], roundsPerDecade: number | null): SeriesPayload | null {
  const first = rows.find(({ rmsError }) => rmsError > 0 && Number.isFinite(rmsError));
  if (first === undefined || roundsPerDecade === null || !Number.isFinite(roundsPerDecade)) return null;
  const least = rows.reduce(
    (low, { rmsError }) => (rmsError > 0 ? Math.min(low, rmsError) : low),
    first.rmsError,
  );
  const values = rows.map(({ round }) => {
    const value = first.rmsError * 10 ** ((first.round - round) / roundsPerDecade);
    // It says nothing below what the run came to.
    return value >= least / 10 ? significant(value) : null;
  });
  return { label: 'rms error as expected', colour: 0, dashed: true, values };
}

function rateText(summary: Summary | null, predicted: number | null): string {
  const measured = summary?.rate?.measured ?? null;
  const rounds = (count: number) => `${formatQuantity(count, 3)} rounds`;
  if (measured === null)
    return predicted === null
      ? ''
      : paragraph(
          `${rounds(predicted)} are expected to take a factor of ten off the rms error; the trace has too few rows to measure it.`,
        );
  const expected =
    predicted === null
      ? 'Nothing was predicted, since no gain was auto.'
      : `${rounds(predicted)} were expected.`;
  return paragraph(`In the end ${rounds(measured)} took a factor of ten off the rms error. ${expected}`);
}

function curveText({ series, log }: PanelPayload, rows: readonly TraceRow[]): string {
  const last = rows.at(-1)?.round ?? 0;
  const parts = series
    .filter(({ dashed }) => !dashed)
    .map(({ label, values }) => {
      const first = values.find((value) => value !== null) ?? null;
      const end = values.findLast((value) => value !== null) ?? null;
      const lost = values.at(-1) === null && log ? ' before it was 0 to rounding, or not finite' : '';
      return `${label} from ${formatQuantity(first, 3)} to ${formatQuantity(end, 3)}${lost}`;
    });
  return `Over ${plural(last, 'round')}: ${parts.join('; ')}.`;
}

function tableOfRows(
  rows: readonly TraceRow[],
  panels: readonly PanelPayload[],
  shared: readonly AxisPayload[],
): string {
  const names = new Set(panels.flatMap(({ series }) => series.map(({ label }) => label)));
  const quantities = [...GAPS, ...ERRORS, ...GRADIENTS, ...ACCURACY, ...OBJECTIVE].filter(({ label }) =>
    names.has(label),
  );
  const axes = AXES.filter(({ key }) => shared.some((axis) => axis.key === key));
  const shown = forTable(rows, TABLE_ROWS);
  const cell = (row: TraceRow, column: keyof TraceRow) =>
    column === 'round'
      ? formatCount(row.round)
      : column === 'bitsBroadcast'
        ? formatBits(row[column])
        : known(row[column]);
  return details(
    'The curves as a table',
    table(
      'Rows of the trace',
      [...axes.map(({ label }) => label), ...quantities.map(({ label }) => label)],
      shown.map((row) => [...axes, ...quantities].map(({ column }) => cell(row, column))),
    ),
  );
}

/** Seven digits are more than a picture shows. */
function significant(value: number): number {
  return Number(value.toPrecision(7));
}

function numberOf(value: number): number | null {
  return Number.isFinite(value) ? significant(value) : null;
}

function positive(value: number): number | null {
  return value > 0 && Number.isFinite(value) ? significant(value) : null;
}

/* The network */

function networkOf(input: RunPageInput): {
  html: string;
  payload: NetworkPayload | null;
  tiles: ReportPayload['tiles'];
} {
  const { graph, noGraph, agents, disagreement, noDisagreement, manifest } = input;
  const isDrawn = graph !== null && graph.graph.nodes <= DRAWN_NODES && graph.graph.edges <= DRAWN_EDGES;
  const who = isDrawn && agents !== null ? Array.from(agents) : [];
  const degrees = graph === null ? null : degreesOf(isDrawn ? who : agents, graph.graph.nodes);
  const spread = disagreement === null ? null : spreadOf(disagreement);
  const words = spread === null ? (noDisagreement ?? '') : spreadText(spread);
  const beside: string[] = [];
  let picture: string;
  let payload: NetworkPayload | null = null;
  let tiles: ReportPayload['tiles'] = null;
  if (graph === null) {
    picture = [noGraph ?? '', words]
      .filter((text) => text !== '')
      .map((text) => paragraph(text))
      .join('\n');
  } else if (isDrawn) {
    payload = drawnNetwork(graph.graph, graph.weights, who, disagreement);
    picture = figure(
      'Who disagrees',
      `${networkText(graph.graph, manifest)} ${words} ${edgeText(input)}`.trim(),
      '<div class="network" id="network"></div>',
      disagreement === null || who.length === 0
        ? ''
        : details('Agents that disagree most', topAgents(who, disagreement)),
    );
  } else {
    const made = tilesOf(graph.graph);
    tiles = made.payload;
    picture = figure(
      'The network, as a matrix',
      `${networkText(graph.graph, manifest)} ${tilesText(made)} ${edgeText(input)}`.trim(),
      '<div class="tiles" id="tiles"></div>',
    );
  }
  if (disagreement !== null && spread !== null && spread.most > 0)
    beside.push(disagreementHistogram(disagreement, spread, payload === null && graph !== null ? words : ''));
  if (degrees !== null && degrees.length > 0) beside.push(degreeHistogram(degrees));
  beside.push(spectrumPart(manifest, payload));
  const column = beside.filter((html) => html !== '').join('\n');
  if (picture === '' && column === '') return { html: '', payload, tiles };
  const html =
    graph === null
      ? `${picture}${column}`
      : `<div class="beside"><div>${picture}</div><div>${column}</div></div>`;
  return { html: section('network-heading', 'The network', html), payload, tiles };
}

function tilesText({ order, near, filled }: Tiles): string {
  const share = (of: number) => `${formatQuantity(100 * of, 3)}%`;
  return [
    'They are too many to draw one by one, so this is the adjacency matrix:',
    `nodes ${order} from left to right and from top to bottom, each tile as dark as it has edges.`,
    `${share(near)} of the edges join nodes within a hundredth of that order of each other, and ${share(filled)} of the tiles have any.`,
  ].join(' ');
}

function networkText(graph: Graph, { plan }: Manifest): string {
  const links = graph.arcs ? `${plural(graph.arcs.count, 'arc')}` : plural(graph.edges, 'edge');
  const changing =
    plan?.links == null ? '' : ` Links change while it runs (${plan.links}); all of them are drawn.`;
  return `${plural(graph.nodes, 'agent')} and ${links} (${plan?.topology ?? 'a graph'}).${changing}`;
}

/** Bits over each edge, where they are known: a run counts them in all, and not edge by edge. */
function edgeText({ manifest, summary, graph }: RunPageInput): string {
  if (summary === null || graph === null || summary.rounds === 0) return '';
  const arcs = graph.graph.arcs?.count ?? 2 * graph.graph.edges;
  if (arcs === 0) return '';
  const each = summary.bits.links / arcs;
  const alike = manifest.plan?.bits.perMessage != null && manifest.plan.links === null;
  return alike
    ? `Every edge carried the same, ${formatBits(each)} each way, so edges are drawn alike.`
    : `Messages ${manifest.plan?.links == null ? 'vary in length' : 'fail or rest on some links'}, and the run counts them in all and not edge by edge: ${formatBits(each)} each way over an edge on average, so edges are drawn alike.`;
}

interface Spread {
  least: number;
  median: number;
  most: number;
  unknown: number;
}

function spreadOf(values: Float64Array): Spread {
  // `filter` would box every number on its way.
  const finite = new Float64Array(values.length);
  let count = 0;
  for (const value of values) if (Number.isFinite(value)) finite[count++] = value;
  const sorted = finite.subarray(0, count).sort();
  return {
    least: sorted[0] ?? Number.NaN,
    median: sorted[sorted.length >> 1] ?? Number.NaN,
    most: sorted[sorted.length - 1] ?? Number.NaN,
    unknown: values.length - sorted.length,
  };
}

function spreadText({ least, median, most, unknown }: Spread): string {
  if (Number.isNaN(most)) return 'The final states are not finite, so nothing can be said of who disagrees.';
  if (most === 0) return 'All agents agree to the last bit.';
  const lost = unknown === 0 ? '' : ` ${plural(unknown, 'agent')} left no finite numbers.`;
  return `In the end an agent is ${formatQuantity(median, 3)} from the mean of all (median; rms over coordinates), the nearest ${formatQuantity(least, 3)}, the farthest ${formatQuantity(most, 3)}.${lost}`;
}

function drawnNetwork(
  graph: Graph,
  weights: Float64Array | null,
  who: readonly { label: string }[],
  disagreement: Float64Array | null,
): NetworkPayload {
  const { from, to } = graph.arcs ? arcList(graph.arcs) : edgeList(graph);
  const wide = graph.nodes > 0xffff;
  const ends = wide ? new Uint32Array(2 * from.length) : new Uint16Array(2 * from.length);
  for (let edge = 0; edge < from.length; edge++) {
    ends[2 * edge] = from[edge] ?? 0;
    ends[2 * edge + 1] = to[edge] ?? 0;
  }
  const numbered = who.every(({ label }, at) => label === String(at));
  const cut = (label: string) =>
    label.length > LABEL_CHARACTERS ? `${label.slice(0, LABEL_CHARACTERS - 1)}…` : label;
  const ofEdges = weights === null || graph.arcs ? null : edgeList({ ...graph, weights }).weights;
  return {
    nodes: graph.nodes,
    directed: graph.arcs !== undefined,
    ends: base64(ends),
    wide,
    labels: numbered ? null : who.map(({ label }) => cut(label)),
    disagreement: disagreement === null ? null : base64(Float32Array.from(disagreement)),
    weights: ofEdges === null ? null : base64(Float32Array.from(ofEdges)),
    spectrum: graph.nodes >= 2 && graph.nodes <= SPECTRUM_NODES && graph.arcs === undefined,
  };
}

function topAgents(who: readonly { label: string; degree: number }[], disagreement: Float64Array): string {
  const order = Array.from(disagreement, (_, at) => at).sort(
    (a, b) => rank(disagreement[b]) - rank(disagreement[a]),
  );
  const rows = order.slice(0, TOP_AGENTS).map((at) => {
    const { label = String(at), degree = 0 } = who[at] ?? {};
    return [label, formatCount(degree), known(disagreement[at])];
  });
  return table('Agents that disagree most', ['agent', 'neighbours', 'distance from the mean'], rows);
}

function rank(value: number | undefined): number {
  return value === undefined || Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}

function disagreementHistogram(values: Float64Array, { least, most }: Spread, words: string): string {
  const low = Math.log10(Math.max(least, most * 1e-12));
  const high = Math.log10(most);
  const steps = high - low < 1e-9 ? 1 : 24;
  const counts = new Array<number>(steps).fill(0);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const at = Math.floor((steps * (Math.log10(Math.max(value, 10 ** low)) - low)) / (high - low || 1));
    const step = Math.min(steps - 1, Math.max(0, at));
    counts[step] = (counts[step] ?? 0) + 1;
  }
  const labels = counts.map((_, at) => formatQuantity(10 ** (low + ((at + 0.5) * (high - low)) / steps), 2));
  return figure(
    'How far from the mean the agents are',
    `${words} Columns are agents, from those nearest to the mean on the left to those farthest on the right, on a logarithmic axis.`.trim(),
    columns('Agents by their distance from the mean', counts, labels),
    details(
      'As a table',
      table(
        'Agents by their distance from the mean',
        ['distance, about', 'agents'],
        counts.map((count, at) => [labels[at] ?? '', formatCount(count)]),
      ),
    ),
  );
}

/** Numbers alone: there may be a million agents, and a million objects of them take a tenth of a run's memory. */
function degreesOf(agents: Iterable<{ degree: number }> | null, nodes: number): Uint32Array {
  const degrees = new Uint32Array(nodes);
  let count = 0;
  for (const { degree } of agents ?? []) degrees[count++] = degree;
  return degrees.subarray(0, count);
}

function degreeHistogram(degrees: Uint32Array): string {
  let [least, most, sum] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const degree of degrees) {
    least = Math.min(least, degree);
    most = Math.max(most, degree);
    sum += degree;
  }
  const mean = sum / degrees.length;
  if (least === most) return figure('Degrees', `Every agent has ${plural(most, 'neighbour')}.`, '');
  const step = Math.ceil((most - least + 1) / MOST_COLUMNS);
  const counts = new Array<number>(Math.floor((most - least) / step) + 1).fill(0);
  for (const degree of degrees) {
    const at = Math.floor((degree - least) / step);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  const labels = counts.map((_, at) => {
    const from = least + at * step;
    return step === 1
      ? formatCount(from)
      : `${formatCount(from)}–${formatCount(Math.min(most, from + step - 1))}`;
  });
  return figure(
    'Degrees',
    `An agent has ${formatQuantity(mean, 3)} neighbours on average, ${formatCount(least)} at least and ${formatCount(most)} at most. Columns are agents.`,
    columns('Agents by their number of neighbours', counts, labels),
    details(
      'As a table',
      table(
        'Agents by their number of neighbours',
        ['neighbours', 'agents'],
        counts.map((count, at) => [labels[at] ?? '', formatCount(count)]),
      ),
    ),
  );
}

function spectrumPart({ plan }: Manifest, payload: NetworkPayload | null): string {
  const spectrum = plan?.spectrum ?? null;
  const words =
    spectrum === null
      ? ''
      : `Of the weighted Laplacian, lambda2 is ${formatQuantity(spectrum.lambda2)} (how fast agreement can be) and lambdaMax ${formatQuantity(spectrum.lambdaMax)} (how long a step may be)${spectrum.within === undefined ? '' : `, both to ${formatQuantity(100 * spectrum.within, 2)}%`}.`;
  if (payload?.spectrum)
    return figure('Spectrum', words, '<div class="plot" id="spectrum"></div><div id="spectrum-table"></div>');
  if (words === '') return '';
  return figure('Spectrum', `${words} Only these two are known of a network of this size.`, '');
}

/* Bits, workers */

function bitsSection({ summary }: RunPageInput): string {
  if (summary === null || summary.rounds === 0) return '';
  const { bits } = summary;
  const saving = formatSaving(bits.broadcast, bits.uncompressedBroadcast);
  const rows: { label: string; text: string; value: number }[] =
    bits.up !== undefined
      ? [
          { label: 'up to the server', text: formatBits(bits.up), value: bits.up },
          { label: 'down to the agents', text: formatBits(bits.down ?? 0), value: bits.down ?? 0 },
        ]
      : [
          { label: 'said', text: formatBits(bits.broadcast), value: bits.broadcast },
          {
            label: 'uncompressed',
            text: formatBits(bits.uncompressedBroadcast),
            value: bits.uncompressedBroadcast,
          },
        ];
  const words =
    bits.up !== undefined
      ? `Agents sent ${formatBits(bits.up)} up to the server, and it sent ${formatBits(bits.down ?? 0)} down to them, a message to each. ${formatQuantity(bits.perMessage)} bits a message up${saving === null ? '' : `; all that was said once is ${saving} than without compression`}.`
      : `${formatQuantity(bits.perMessage)} bits a message. Each message counted once, ${formatBits(bits.broadcast)} were said${saving === null ? ', as many as without compression' : `, ${saving} than the ${formatBits(bits.uncompressedBroadcast)} without compression`}; once over every link, ${formatBits(bits.links)}.`;
  return section(
    'bits',
    'What was said',
    figure(
      'Bits',
      words,
      bars(
        'Bits',
        rows.map(({ label, text, value }) => ({
          label,
          text,
          parts: [{ label: 'bits', value, kind: 'bar' }],
        })),
      ),
      details(
        'As a table',
        table(
          'Bits',
          ['', 'bits'],
          rows.map(({ label, value }) => [label, formatCount(value)]),
        ),
      ),
    ),
  );
}

function workersSection(workers: readonly WorkerTime[] | null): string {
  if (workers === null || workers.length === 0) return '';
  const shown = workers.slice(0, MOST_WORKERS);
  const total = workers.reduce((sum, { workMs, waitMs }) => sum + workMs + waitMs, 0);
  const waited = workers.reduce((sum, { waitMs }) => sum + waitMs, 0);
  return section(
    'workers',
    'Who worked and who waited',
    figure(
      'Time of the workers',
      `${plural(workers.length, 'worker')} spent ${formatQuantity(100 * (1 - waited / total), 3)}% of their time in rounds and ${formatQuantity((100 * waited) / total, 3)}% at the barrier.${shown.length < workers.length ? ` The first ${shown.length} are drawn.` : ''}`,
      bars(
        'Time of the workers',
        shown.map(({ workMs, waitMs }, at) => ({
          label: `worker ${at}`,
          text: `${formatQuantity((100 * workMs) / (workMs + waitMs), 3)}% work`,
          parts: [
            { label: 'work', value: workMs, kind: 'bar' },
            { label: 'barrier', value: waitMs, kind: 'wait' },
          ],
        })),
      ),
      details(
        'As a table',
        table(
          'Time of the workers',
          ['worker', 'work', 'barrier', 'rounds'],
          shown.map(({ workMs, waitMs, rounds }, at) => [
            String(at),
            formatSeconds(workMs / 1000),
            formatSeconds(waitMs / 1000),
            formatCount(rounds),
          ]),
        ),
      ),
    ),
  );
}

function threadsSection(summary: Summary | null): string {
  const times = summary?.workersTime ?? [];
  if (times.length === 0) return '';
  const shown = times.slice(0, MOST_WORKERS);
  const share = (of: (time: WorkerThreadTime) => number) => {
    const all = times.reduce((sum, { seconds }) => sum + seconds, 0);
    return `${formatQuantity(all > 0 ? (100 * times.reduce((sum, time) => sum + of(time), 0)) / all : 0, 3)}%`;
  };
  const knowsReady = times.every(({ readySeconds }) => readySeconds !== null);
  const ready = knowsReady
    ? `, ${share(({ readySeconds }) => readySeconds ?? 0)} ready while others had the cores,`
    : '';
  const left = shown.length < times.length ? ` The first ${shown.length} are shown.` : '';
  return section(
    'workers',
    'Where the time of the workers went',
    figure(
      'Time of the workers',
      `${plural(times.length, 'worker')} spent ${share(({ processorSeconds }) => processorSeconds)} of the time on a core${ready} and ${share(({ asleepSeconds }) => asleepSeconds)} asleep at a barrier or in a pause. The operating system counts it, to some milliseconds; a worker awake at a barrier is on a core.${left}`,
      bars(
        'Time of the workers',
        shown.map(({ worker, seconds, processorSeconds, readySeconds, asleepSeconds }) => ({
          label: `worker ${worker}`,
          text: `${formatQuantity(seconds > 0 ? (100 * processorSeconds) / seconds : 0, 3)}% busy`,
          parts: [
            { label: 'on a core', value: processorSeconds, kind: 'bar' },
            { label: 'ready or asleep', value: (readySeconds ?? 0) + asleepSeconds, kind: 'wait' },
          ],
        })),
      ),
      details(
        'As a table',
        table(
          'Time of the workers',
          ['worker', 'in all', 'on a core', ...(knowsReady ? ['ready'] : []), 'asleep'],
          shown.map(({ worker, seconds, processorSeconds, readySeconds, asleepSeconds }) => [
            String(worker),
            formatSeconds(seconds),
            formatSeconds(processorSeconds),
            ...(knowsReady ? [formatSeconds(readySeconds ?? 0)] : []),
            formatSeconds(asleepSeconds),
          ]),
        ),
      ),
    ),
  );
}

/* About, and again */

function aboutSection({ manifest, summary }: RunPageInput): string {
  const { plan, machine, versions, config } = manifest;
  const gains = Object.entries(plan?.gains ?? {})
    .filter(([, value]) => Number.isFinite(value))
    .map(([name, value]) => `${name} ${formatQuantity(value)}`)
    .join(', ');
  const server = plan?.server;
  const setup = list([
    ['topology', plan?.topology],
    ['agents, edges', plan && `${formatCount(plan.agents)}, ${formatCount(plan.edges)}`],
    ['cost', plan && `${plan.cost} (dim ${formatCount(plan.dim)})`],
    ['flow', server ? null : plan?.flow],
    ['gains', gains],
    ['compressor', server ? null : plan?.compressor],
    ...(plan?.compressorChoice?.why.slice(0, 2) ?? []).map((why, at): [string, string] => [
      at === 0 ? `chosen for ${plan?.compressorChoice?.for}` : 'next best',
      why,
    ]),
    ['up', server?.uplink],
    ['down', server?.downlink],
    ['step', server && `gamma ${server.gamma}; ${server.optimizer}`],
    ['links', plan?.links],
    ['precision', config.precision ?? 'float64'],
    ['target', targetText(manifest) ?? 'none: all rounds are done'],
    ['optimum', plan?.optimum && `${formatQuantity(plan.optimum.value, 8)} (${plan.optimum.method})`],
    ['seed', String(manifest.seed)],
  ]);
  const where = list([
    [
      'machine',
      `${machine.cpu}, ${plural(machine.cores, 'core')}, ${formatBytes(machine.memoryBytes)} of memory, ${machine.platform} ${machine.release} (${machine.architecture})`,
    ],
    [
      'workers',
      summary ? formatCount(summary.workers) : machine.workers === null ? null : formatCount(machine.workers),
    ],
    [
      'speed',
      summary && summary.seconds > 0 ? `${formatQuantity(summary.roundsPerSecond, 3)} rounds a second` : null,
    ],
    ['began', `${manifest.time.started.slice(0, 19).replace('T', ' ')} UTC`],
    ['versions', `Sottovoce ${versions.sottovoce}, Node ${versions.node}, V8 ${versions.v8}`],
  ]);
  const hashes = list([
    ['state', summary?.stateHash === '' ? null : summary?.stateHash],
    ['config', manifest.configDigest],
    ['kernels', versions.kernels],
    ['run', manifest.run],
  ]);
  const packages = table('Packages', ['package', 'version'], Object.entries(versions.dependencies));
  return section(
    'about',
    'What was run',
    `<div class="halves"><div><h3>Set-up</h3>${setup}</div><div><h3>Where and with what</h3>${where}<h3>Hashes (SHA-256)</h3><div class="hashes">${hashes}</div></div></div>
${details('The whole config, every default written out', `<pre tabindex="0">${linesOf(configText(config))}</pre>`)}
${details('Versions of packages', packages)}`,
  );
}

/** Lines stay lines. */
function linesOf(text: string): string {
  return text.split('\n').map(asText).join('\n');
}

function reproduceSection({ manifest }: RunPageInput): string {
  const { inputs = [], overrides, machine } = manifest;
  const files =
    inputs.length === 0
      ? paragraph('It read no file but its config.')
      : `${paragraph('It read these files, and is the same run only while they are the same:')}${table(
          'Files that were read',
          ['file', 'as', 'bytes', 'SHA-256'],
          inputs.map(({ path, role, bytes, sha256 }) => [path, role, formatCount(bytes), sha256]),
        )}`;
  const changed =
    overrides.length === 0
      ? ''
      : paragraph(
          `The command line changed the config: ${overrides.join(' ')}. The manifest has what came out of both.`,
        );
  return section(
    'again',
    'Make it again',
    `${paragraph('In the folder that holds this file, any number of workers gives the same bits:')}
<pre tabindex="0">npx sottovoce run manifest.json
npx sottovoce verify .</pre>
${paragraph(`manifest.json holds the config with every default and the gains that were chosen${machine.configFile === null ? '' : '; paths in it are those of the machine that it ran on'}.`)}
${changed}${files}`,
  );
}
