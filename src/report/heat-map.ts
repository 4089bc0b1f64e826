/**
 * A map of a sweep as a picture: a cell a point, coloured by what was asked for, with the line that theory
 * predicts over it.
 *
 * Colours go from dark blue to light yellow with a lightness that rises evenly (OKLCH), so that a grey print
 * has the same order, and for eyes that see few colours too. What has no colour is told apart by a pattern:
 * dots for what is not there yet, hatching for what diverged, a cross for what was refused, nothing for what
 * has not run.
 */

import { formatCount } from '../base/count.js';
import { formatBits, formatQuantity } from '../base/format.js';
import { CHARACTER, escapeXml, heading, niceStep, rect, round, svgDocument, text } from '../figures/svg.js';
import { QUANTITIES } from '../run/targets.js';
import type { Axis } from '../sweep/axes.js';
import type { Sweep } from '../sweep/make.js';
import { type Agreement, type Boundary, classOf, type MapClass, type MapQuantity } from '../sweep/map.js';
import type { SweepPoint, SweepResults } from '../sweep/results.js';

const PLOT = 420;
const LARGEST_CELL = 90;
const TOP = 92;
const GAP = 50;
const BAR = 16;
const RIGHT = 210;
/** Labels along an axis of numbers, about. */
const LABELS = 7;

interface MapInputs {
  sweep: Sweep;
  results: SweepResults;
  of: MapQuantity;
  boundary: Boundary | null;
  agreement: Agreement | null;
  /** In the place of what is said of the boundary. */
  caption?: string;
}

/** What a colour stands for. */
interface Scale {
  title: string;
  /** From 0, dark, to 1; null where a point has no colour. */
  share(point: SweepPoint): number | null;
  ticks: { share: number; label: string }[];
}

export function drawMap({ sweep, results, of, boundary, agreement, caption: given }: MapInputs): string {
  const [x, y] = sweep.axes as [Axis, Axis];
  const byNumber = new Map(results.points.map((point) => [point.point, point]));
  const [nx, ny] = [x.values.length, y.values.length];
  const side = Math.min(LARGEST_CELL, PLOT / Math.max(nx, ny));
  // Few rows are not drawn as tall as few columns are wide.
  const [width, height] = [Math.min(PLOT, nx * Math.max(side, 60)), Math.min(PLOT, ny * Math.max(side, 40))];
  const [cellX, cellY] = [width / nx, height / ny];
  const longest = (axis: Axis) => Math.max(...shownValues(axis).map(({ label }) => label.length));
  const left = 54 + Math.min(180, CHARACTER * longest(y));
  const tilted = CHARACTER * longest(x) > (x.range === null ? cellX - 4 : 1e9);
  const bottom = 56 + (tilted ? Math.min(130, 5 * longest(x)) : 0);
  const measured: Scale = scaleOf(of, results.points, sweep, (point) => point.rate);
  const panels =
    of === 'rate' && results.points.some(({ predictedRate }) => predictedRate !== null)
      ? [
          { name: 'measured', scale: measured },
          {
            name: 'predicted',
            scale: { ...measured, share: (point: SweepPoint) => rateShare(measured, point.predictedRate) },
          },
        ]
      : [{ name: '', scale: measured }];

  const body: string[] = [];
  const seen = new Set<MapClass>();
  panels.forEach(({ name, scale }, panel) => {
    const from = left + panel * (width + GAP);
    const xOf = (place: number) => from + (place + 0.5) * cellX;
    const yOf = (place: number) => TOP + height - (place + 0.5) * cellY;
    if (name !== '') body.push(text(from + width / 2, TOP - 8, name, 'middle', ' font-weight="bold"'));
    for (let i = 0; i < nx; i++) {
      for (let j = 0; j < ny; j++) {
        const point = byNumber.get(i * ny + j);
        const predicted = name === 'predicted' && point?.predictedRate !== null && point !== undefined;
        const found = predicted ? (point.predictedRate! < 1 ? 'late' : 'diverged') : classOf(point);
        const share = point === undefined || found === 'diverged' ? null : scale.share(point);
        const [cornerX, cornerY] = [xOf(i - 0.5), yOf(j + 0.5)];
        const box = (fill: string) =>
          rect(cornerX, cornerY, cellX, cellY, fill, '', said(sweep, i, j, point, found));
        if (share !== null) {
          body.push(box(colourAt(share)));
          continue;
        }
        seen.add(found);
        body.push(box(FILLS[found]));
        if (found === 'refused' || found === 'failed')
          body.push(cross(xOf(i), yOf(j), Math.min(cellX, cellY) / 4, found));
      }
    }
    body.push(rect(from, TOP, width, height, 'none', ' stroke="#444"'));
    if (boundary !== null) {
      const clip = `frame-${panel}`;
      body.push(`<clipPath id="${clip}">${rect(from, TOP, width, height, '#000')}</clipPath>`);
      const path = joined(boundary.pieces)
        .map((line) => `M${line.map(([i, j]) => `${round(xOf(i))} ${round(yOf(j))}`).join('L')}`)
        .join('');
      const pen = `d="${path}" fill="none" stroke-linejoin="round" clip-path="url(#${clip})"`;
      body.push(
        `<path ${pen} stroke="#fff" stroke-width="5"/><path ${pen} stroke="#000" stroke-width="2.2"${boundary.exact ? '' : ' stroke-dasharray="7 4"'}/>`,
      );
    }
    const best = of === 'rate' || of === 'status' ? undefined : bestOf(of, results);
    if (best !== undefined)
      body.push(
        star(xOf(Math.floor(best.point / ny)), yOf(best.point % ny), Math.max(5, Math.min(9, cellX / 2.4))),
      );
    for (const { at, label } of shownValues(x)) {
      body.push(
        `<line x1="${round(xOf(at))}" y1="${TOP + height}" x2="${round(xOf(at))}" y2="${TOP + height + 5}" stroke="#444"/>`,
      );
      const words = escapeXml(label);
      body.push(
        tilted
          ? `<text transform="translate(${round(xOf(at) + 4)} ${TOP + height + 14}) rotate(-35)" text-anchor="end">${words}</text>`
          : text(xOf(at), TOP + height + 19, words, 'middle'),
      );
    }
    if (panel === 0) {
      for (const { at, label } of shownValues(y)) {
        body.push(
          `<line x1="${from - 5}" y1="${round(yOf(at))}" x2="${from}" y2="${round(yOf(at))}" stroke="#444"/>`,
        );
        body.push(text(from - 9, yOf(at) + 4, escapeXml(label), 'end'));
      }
    }
    body.push(
      text(from + width / 2, TOP + height + bottom - 14, escapeXml(x.name), 'middle', ' font-size="13"'),
    );
  });
  const middle = TOP + height / 2;
  body.push(
    `<text x="18" y="${round(middle)}" text-anchor="middle" font-size="13" transform="rotate(-90 18 ${round(middle)})">${escapeXml(y.name)}</text>`,
  );

  const right = left + panels.length * width + (panels.length - 1) * GAP + 28;
  body.push(
    ...legend(right, height, of === 'status' ? null : measured, seen, {
      arrived: of === 'status',
      best: of === 'rounds' || of === 'bits' ? of : null,
      boundary,
    }),
  );
  const pictureWidth = right + RIGHT;
  const caption = given ?? captionOf(sweep, boundary, agreement);
  const captions = wrapped(caption, (pictureWidth - 30) / (CHARACTER * 0.93));
  const titleText = `${sweep.config}: ${measured.title}`;
  // The legend may be higher than a map of few rows.
  const down = Math.max(height + bottom, 330);
  const head = [
    heading(18, 30, titleText),
    text(18, 52, escapeXml(subtitleOf(sweep)), 'start', ' fill="#555"'),
    ...captions.map((words, at) =>
      text(18, TOP + down + 14 + at * 16, escapeXml(words), 'start', ' font-size="11.5" fill="#333"'),
    ),
  ];
  return svgDocument(
    pictureWidth,
    TOP + down + 20 + captions.length * 16,
    titleText,
    [...head, ...body],
    PATTERNS,
  );
}

const PATTERNS = [
  '<pattern id="late" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="#f4f4f4"/><circle cx="3" cy="3" r="1.1" fill="#999"/></pattern>',
  '<pattern id="diverged" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" fill="#fff"/><rect width="2.2" height="7" fill="#8a8a8a"/></pattern>',
].join('');

const FILLS: Readonly<Record<MapClass, string>> = {
  arrived: '#5b8db8',
  late: 'url(#late)',
  diverged: 'url(#diverged)',
  refused: '#fff',
  failed: '#fff',
  missing: '#fff',
};

const WORDS: Readonly<Record<MapClass, string>> = {
  arrived: 'arrived',
  late: 'not there yet',
  diverged: 'diverged',
  refused: 'refused',
  failed: 'failed',
  missing: 'not run',
};

function scaleOf(
  of: MapQuantity,
  points: readonly SweepPoint[],
  { target }: Sweep,
  rate: (point: SweepPoint) => number | null,
): Scale {
  const to = `to a ${QUANTITIES[target.quantity].title} of ${formatQuantity(target.bound)}`;
  if (of === 'status') return { title: `who arrives ${to}`, share: () => null, ticks: [] };
  if (of === 'rate') {
    const known = points.map(rate).filter((value) => value !== null && value < 1) as number[];
    const logs = known.map((value) => -Math.log10(1 - value));
    const [low, high] = rangeOf(logs);
    const ticks = [0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998, 0.9999, 0.99999]
      .map((value) => ({ share: (-Math.log10(1 - value) - low) / (high - low), label: String(value) }))
      .filter(({ share }) => share >= 0 && share <= 1);
    return {
      title: 'factor of the error in a round',
      share: (point) => {
        const value = rate(point);
        return value === null || value >= 1 ? null : clamp((-Math.log10(1 - value) - low) / (high - low));
      },
      ticks: sparse(ticks),
    };
  }
  const value = (point: SweepPoint) => (of === 'rounds' ? point.rounds : point.bits)?.median ?? null;
  const [low, high] = rangeOf(
    points
      .map(value)
      .filter((known) => known !== null && known > 0)
      .map((known) => Math.log10(known as number)),
  );
  const ticks: Scale['ticks'] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    for (const factor of high - low < 2.5 ? [1, 2, 5] : [1]) {
      const share = (power + Math.log10(factor) - low) / (high - low);
      const number = factor * 10 ** power;
      if (share >= 0 && share <= 1)
        ticks.push({ share, label: of === 'bits' ? formatBits(number) : formatCount(number) });
    }
  }
  // Where no round number lies between them, the ends themselves.
  if (ticks.length < 2) {
    const write = (log: number) => (of === 'bits' ? formatBits(10 ** log) : formatCount(10 ** log));
    ticks.splice(0, ticks.length, { share: 0, label: write(low) }, { share: 1, label: write(high) });
  }
  return {
    title: `${of} ${to}`,
    share: (point) => {
      const known = value(point);
      return known === null ? null : clamp((Math.log10(Math.max(known, 1)) - low) / (high - low));
    },
    ticks,
  };
}

function rateShare(scale: Scale, predicted: number | null): number | null {
  return scale.share({ rate: predicted } as SweepPoint);
}

const clamp = (share: number) => Math.min(1, Math.max(0, share));

/** A tenth of a decade at least. */
function rangeOf(logs: readonly number[]): [number, number] {
  if (logs.length === 0) return [0, 1];
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  return high - low < 0.1 ? [low - 0.05, high + 0.05] : [low, high];
}

/** No two labels nearer than a line of text. */
function sparse(ticks: Scale['ticks']): Scale['ticks'] {
  const kept: Scale['ticks'] = [];
  for (const tick of ticks) if (kept.length === 0 || tick.share - kept.at(-1)!.share > 0.07) kept.push(tick);
  return kept;
}

/** What stands along an axis, in units of cells: round numbers of a range, the entries of a list. */
function shownValues({ values, range }: Axis): { at: number; label: string }[] {
  const last = values.length - 1;
  if (range === null || range.whole || last < 1) {
    const every = Math.ceil(values.length / (range === null ? 24 : LABELS + 1));
    return values.flatMap(({ text: own }, at) => (at % every === 0 ? [{ at, label: own }] : []));
  }
  const log = range.scale === 'log';
  const scaled = (value: number) => (log ? Math.log10(value) : value);
  const [low, high] = [scaled(range.from), scaled(range.to)];
  const shown: { at: number; label: string }[] = [];
  const add = (value: number) => {
    const at = ((scaled(value) - low) / (high - low)) * last;
    if (at >= -0.5 && at <= last + 0.5) shown.push({ at, label: formatQuantity(value, 6) });
  };
  if (log) {
    for (let power = Math.floor(low) - 1; power <= high + 1; power++) {
      for (const factor of high - low < 2.7 ? [1, 2, 5] : [1]) add(Number(`${factor}e${power}`));
    }
  } else {
    const step = niceStep((high - low) / LABELS);
    for (let at = Math.ceil(low / step) - 1; at * step <= high + step; at++)
      add(Number((at * step).toPrecision(12)));
  }
  return shown;
}

function bestOf(of: 'rounds' | 'bits', { points }: SweepResults): SweepPoint | undefined {
  return points.reduce<SweepPoint | undefined>((best, point) => {
    const value = point[of];
    return value !== null && (best === undefined || value.median < best[of]!.median) ? point : best;
  }, undefined);
}

/** What a reader of the page sees over a cell. */
function said(sweep: Sweep, i: number, j: number, point: SweepPoint | undefined, found: MapClass): string {
  const [x, y] = sweep.axes as [Axis, Axis];
  const what = point?.rounds ? `${formatCount(point.rounds.median)} rounds` : WORDS[found];
  const rate = point?.rate ? `, ${point.rate.toFixed(5)} a round` : '';
  const theory = point?.predictedRate ? `, predicted ${point.predictedRate.toFixed(5)}` : '';
  return `<title>${escapeXml(`${x.name} ${x.values[i]!.text}, ${y.name} ${y.values[j]!.text}: ${what}${rate}${theory}`)}</title>`;
}

function cross(x: number, y: number, size: number, found: MapClass): string {
  const arms = `M${round(x - size)} ${round(y - size)}L${round(x + size)} ${round(y + size)}M${round(x - size)} ${round(y + size)}L${round(x + size)} ${round(y - size)}`;
  return `<path d="${arms}" stroke="#555" stroke-width="${found === 'failed' ? 2.5 : 1.2}" fill="none"/>`;
}

/** White with a dark edge: it is seen on every colour. */
function star(x: number, y: number, size: number): string {
  const points = Array.from({ length: 10 }, (_, at) => {
    const radius = at % 2 === 0 ? size : size * 0.42;
    const angle = (at * Math.PI) / 5 - Math.PI / 2;
    return `${round(x + radius * Math.cos(angle))},${round(y + radius * Math.sin(angle))}`;
  });
  return `<polygon points="${points.join(' ')}" fill="#fff" stroke="#111" stroke-width="1.2"/>`;
}

function legend(
  x: number,
  height: number,
  scale: Scale | null,
  seen: ReadonlySet<MapClass>,
  { arrived, best, boundary }: { arrived: boolean; best: string | null; boundary: Boundary | null },
): string[] {
  const body: string[] = [];
  let y = TOP;
  if (scale !== null) {
    const bar = Math.min(190, Math.max(120, height - 120));
    const steps = 48;
    for (let i = 0; i < steps; i++) {
      // Many above, few below, like the values of an axis.
      body.push(
        rect(x, y + (bar * (steps - 1 - i)) / steps, BAR, bar / steps + 0.6, colourAt((i + 0.5) / steps)),
      );
    }
    body.push(rect(x, y, BAR, bar, 'none', ' stroke="#444"'));
    for (const { share, label } of scale.ticks) {
      const at = y + bar * (1 - share);
      body.push(
        `<line x1="${x + BAR}" y1="${round(at)}" x2="${x + BAR + 4}" y2="${round(at)}" stroke="#444"/>`,
      );
      body.push(text(x + BAR + 8, at + 4, escapeXml(label), 'start'));
    }
    y += bar + 24;
  }
  const classes: MapClass[] = ['arrived', 'late', 'diverged', 'refused', 'failed', 'missing'];
  for (const found of classes) {
    if (!seen.has(found) && !(found === 'arrived' && arrived)) continue;
    body.push(rect(x, y - 11, BAR, BAR, FILLS[found], ' stroke="#888"'));
    if (found === 'refused' || found === 'failed') body.push(cross(x + BAR / 2, y - 3, 5, found));
    body.push(text(x + BAR + 8, y + 2, WORDS[found], 'start'));
    y += 24;
  }
  if (best !== null) {
    body.push(star(x + BAR / 2, y - 3, 8), text(x + BAR + 8, y + 2, `fewest ${best}`, 'start'));
    y += 24;
  }
  if (boundary !== null) {
    const dashes = boundary.exact ? '' : ' stroke-dasharray="5 3"';
    body.push(
      `<line x1="${x - 2}" y1="${y - 3}" x2="${x + BAR + 2}" y2="${y - 3}" stroke="#000" stroke-width="2.2"${dashes}/>`,
    );
    body.push(text(x + BAR + 8, y + 2, 'predicted boundary', 'start'));
  }
  return body;
}

function subtitleOf({ cells, points }: Sweep): string {
  const seeds = points[0]!.cells.length;
  const { kinds, loaded } = cells[0]!;
  const often = seeds > 1 ? `medians over ${seeds} seeds` : `seed ${cells[0]!.seed}`;
  return `${kinds.flow}, ${kinds.compressor}; ${often}; ${formatCount(loaded.config.rounds)} rounds at most`;
}

/** What the line is, and how far measurement agrees with it. */
export function captionOf(sweep: Sweep, boundary: Boundary | null, agreement: Agreement | null): string {
  if (boundary === null && agreement === null)
    return 'No boundary is drawn: theory has no exact condition for this flow, compressor and cost.';
  const exact = boundary?.exact ?? true;
  const many = sweep.points[0]!.cells.length > 1 && boundary !== null ? ` (of seed ${boundary.seed})` : '';
  const line =
    boundary === null
      ? 'No boundary is drawn: the axes have no numbers between their values.'
      : boundary.pieces.length === 0
        ? 'The predicted boundary lies outside of this map.'
        : exact
          ? `Line: where the spectral radius of a round is 1${many}. Beyond it errors grow.`
          : `Dashed line: where the model of linear compressors stops to contract${many}; exact for regular graphs and agents of equal curvatures, elsewhere a guide.`;
  if (agreement === null) return line;
  const { cells, agree, margin } = agreement;
  const others = agree < cells ? ` The others are predicted within ${formatQuantity(margin, 2)} of 1.` : '';
  return `${line} Prediction and measurement agree in ${formatCount(agree)} of ${formatCount(cells)} cells.${others}`;
}

function wrapped(content: string, characters: number): string[] {
  const lines: string[] = [];
  for (const word of content.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trim();
    if (lines.length > 0 && longer.length <= characters) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Pieces in a row as one line, so that its corners are round and dashes go on. */
function joined(pieces: Boundary['pieces']): [number, number][][] {
  const key = ([x, y]: readonly [number, number]) => `${x.toFixed(6)} ${y.toFixed(6)}`;
  const left = new Set(pieces);
  const at = new Map<string, Boundary['pieces']>();
  for (const piece of pieces) for (const end of piece) at.set(key(end), [...(at.get(key(end)) ?? []), piece]);
  const lines: [number, number][][] = [];
  for (const piece of pieces) {
    if (!left.delete(piece)) continue;
    const line = piece.map(([x, y]): [number, number] => [x, y]);
    for (const forward of [true, false]) {
      for (;;) {
        const end = forward ? line.at(-1)! : line[0]!;
        const next = (at.get(key(end)) ?? []).find((other) => left.has(other));
        if (next === undefined) break;
        left.delete(next);
        const [x, y] = key(next[0]) === key(end) ? next[1] : next[0];
        if (forward) line.push([x, y]);
        else line.unshift([x, y]);
      }
    }
    lines.push(line);
  }
  return lines;
}

/**
 * Dark blue to light yellow through green: lightness from 0.28 to 0.93 in even steps, in OKLCH (Ottosson 2020),
 * to sRGB.
 */
export function colourAt(share: number): string {
  const lightness = 0.28 + 0.65 * share;
  const hue = ((268 - 165 * share) * Math.PI) / 180;
  const chroma = 0.085 + 0.03 * share;
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const hex = linear.map((value) => {
    const kept = Math.min(1, Math.max(0, value));
    const encoded = kept <= 0.0031308 ? 12.92 * kept : 1.055 * kept ** (1 / 2.4) - 0.055;
    return Math.round(255 * encoded)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${hex.join('')}`;
}
