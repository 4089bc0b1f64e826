/**
 * report.html of a sweep or a map: the best point in a sentence, the points by rank, each with its command, a
 * curve of rounds against the value of one axis, or the map of two, and what became of all. Made of
 * results.json, of which `report` makes it again, and of map.svg.
 */

import { formatCount } from '../base/count.js';
import { formatBits, formatQuantity, plural } from '../base/format.js';
import { ownVersion } from '../output/versions.js';
import { asText, base64, pageOf } from '../page/html.js';
import { bars, details, figure, list, paragraph, section, table } from '../page/parts.js';
import type { ReportPayload } from '../page/payload.js';
import { QUANTITIES } from '../run/targets.js';
import { classOf, type MapClass } from '../sweep/map.js';
import type { SweepPoint } from '../sweep/results.js';
import { type SweepFile, sayEnds } from './sweep.js';

/** Points in the table. */
const MOST_SHOWN = 50;
/** More bars than this are no picture any more. */
const MOST_BARS = 60;

const ENDS: Readonly<Record<MapClass, string>> = {
  arrived: 'arrived',
  late: 'not there yet',
  diverged: 'diverged',
  refused: 'refused',
  failed: 'failed',
  missing: 'not all seeds have run',
};

export interface SweepPageExtras {
  /** Of the folder. */
  name: string;
  /** map.svg; null where there is none. */
  map: string | null;
  /** Of what ran: the program's version, and the digest of its kernels. */
  versions: { sottovoce?: string | undefined; kernels?: string | undefined };
}

export function sweepPage(file: SweepFile, { name, map, versions }: SweepPageExtras): string {
  const { axes, points, rows, target, config, complete } = file;
  const payload: ReportPayload = { axes: [], shared: [], panels: [], network: null, tiles: null };
  const bound = `${QUANTITIES[target.quantity].title} at ${formatQuantity(target.bound)} or below`;
  const [only] = axes;
  const picture =
    map !== null
      ? mapFigure(file, map)
      : axes.length === 1 && only !== undefined
        ? curveFigure(file, only)
        : '';
  const body = `<a class="skip" href="#main">To the report</a>
<header>
<div class="bar"><p class="brand">Sottovoce</p><div id="theme"></div></div>
<h1>${asText(name)} <span class="status ${complete ? 'finished' : 'ended'}">${complete ? 'sweep' : '■ not all runs are done'}</span></h1>
${paragraph(`${config} at ${plural(points.length, 'point')} of ${axes.map(({ path }) => path).join(', ')}, ${plural(rows.length, 'run')}. The target: ${bound}, and it stays there.`, 'opening')}
${paragraph(bestSentence(file))}
${paragraph(`${sayEnds(points)}.`)}
</header>
<main id="main">
${picture === '' ? '' : section('picture', map === null ? 'Along the axis' : 'The map', picture)}
${section('points', 'Points by rank', pointsTable(file))}
${errorsSection(points)}
${aboutSection(file, versions)}
${section('how', 'How to read it', `${paragraph('Rounds are to the first round from which a run stays at the target for as long again, and at least 100 rounds. Over several seeds they are medians, and a point has arrived where every seed has. The rate is the factor of the rms error in a round.')}${paragraph('Every command makes its run again alone, with the same hash of its state. results.csv has every run; the same command with the same --out goes on where the sweep was ended, and runs nothing twice.')}`)}
</main>
<footer>${paragraph(`Written by Sottovoce ${ownVersion()}. This file needs no network, and no other file.`)}</footer>`;
  return pageOf({ title: name, body, data: payload });
}

/** As it stands on the command line. */
function at({ values }: Pick<SweepPoint, 'values'>): string {
  return Object.entries(values)
    .map(([path, value]) => `${path}=${value}`)
    .join(' ');
}

function byRank({ points, ranking }: SweepFile): SweepPoint[] {
  const byNumber = new Map(points.map((point) => [point.point, point]));
  const arrived = ranking.flatMap((number) => byNumber.get(number) ?? []);
  const known = new Set(ranking);
  const order: readonly MapClass[] = ['arrived', 'late', 'missing', 'diverged', 'refused', 'failed'];
  const others = points
    .filter(({ point }) => !known.has(point))
    .sort(
      (a, b) =>
        order.indexOf(classOf(a)) - order.indexOf(classOf(b)) ||
        (a.final ?? Number.MAX_VALUE) - (b.final ?? Number.MAX_VALUE) ||
        a.point - b.point,
    );
  return [...arrived, ...others];
}

function bestSentence(file: SweepFile): string {
  const [best] = byRank(file);
  if (best?.rounds == null || best.bits === null) return 'No point arrived with every seed.';
  const { rounds, bits, seeds } = best;
  const spread =
    seeds > 1
      ? ` (median of ${seeds} seeds; ${formatCount(rounds.q1)} to ${formatCount(rounds.q3)} between the quartiles)`
      : '';
  return `The best is ${at(best)}: ${plural(rounds.median, 'round')}${spread}, and ${formatBits(bits.median)} said.`;
}

function pointsTable(file: SweepFile): string {
  const { axes, points } = file;
  const ranked = byRank(file);
  const shown = ranked.slice(0, MOST_SHOWN);
  const several = points.some(({ seeds }) => seeds > 1);
  const body = shown.map((point, rank) => [
    point.rounds === null ? '–' : String(rank + 1),
    ...axes.map(({ path }) => String(point.values[path] ?? null)),
    ENDS[classOf(point)],
    point.rounds === null ? '–' : formatCount(point.rounds.median),
    ...(several
      ? [
          point.rounds === null ? '–' : `${formatCount(point.rounds.q1)} to ${formatCount(point.rounds.q3)}`,
          `${point.reached} of ${point.seeds}`,
        ]
      : []),
    point.bits === null ? '–' : formatBits(point.bits.median),
    point.rate === null ? '–' : point.rate.toFixed(4),
    point.command,
  ]);
  const head = [
    'rank',
    ...axes.map(({ path }) => path),
    'ended',
    'rounds',
    ...(several ? ['quartiles', 'seeds arrived'] : []),
    'bits',
    'rate',
    several ? 'the first seed again' : 'again',
  ];
  const left = ranked.length - shown.length;
  const more =
    left > 0
      ? paragraph(
          `The first ${shown.length} are shown; results.csv has the other ${formatCount(left)}.`,
          'note',
        )
      : '';
  return `<div class="commands">${table('Points by rank', head, body)}</div>${more}`;
}

function errorsSection(points: readonly SweepPoint[]): string {
  const errors = new Map<string, number>();
  for (const { error } of points) if (error !== null) errors.set(error, (errors.get(error) ?? 0) + 1);
  if (errors.size === 0) return '';
  const rows = [...errors].slice(0, MOST_SHOWN).map(([error, count]) => [formatCount(count), error]);
  return section('errors', 'What could not run', table('What could not run', ['points', 'why'], rows));
}

function mapFigure({ mapCaption, points }: SweepFile, map: string): string {
  const counts = new Map<MapClass, number>();
  for (const point of points) counts.set(classOf(point), (counts.get(classOf(point)) ?? 0) + 1);
  const rows = [...counts].map(([found, count]) => [ENDS[found], formatCount(count)]);
  // As a picture, so that nothing in a file can become a part of the page.
  const data = `data:image/svg+xml;base64,${base64(Buffer.from(map))}`;
  const says = mapCaption ?? 'A cell for each point; the caption says what the line is.';
  return figure(
    'A cell for each point',
    says,
    `<img class="map" src="${data}" alt="${asText(`Map of the sweep: ${rows.map(([end, count]) => `${count} ${end}`).join(', ')}. ${says}`)}">`,
    details('As a table', table('How the cells ended', ['ended', 'cells'], rows)),
  );
}

/* One axis */

const WIDE = 640;
const TALL = 360;
const LEFT = 62;
const BOTTOM = 46;
const TOP = 16;

function curveFigure(file: SweepFile, { path, scale }: SweepFile['axes'][number]): string {
  const { points } = file;
  const numbers = points.map(({ values }) => values[path]);
  const rows = points.map((point) => [
    String(point.values[path] ?? null),
    ENDS[classOf(point)],
    point.rounds === null ? '–' : formatCount(point.rounds.median),
    point.rounds === null ? '–' : `${formatCount(point.rounds.q1)} to ${formatCount(point.rounds.q3)}`,
  ]);
  const asTable = details(
    'As a table',
    table(`Rounds along ${path}`, [path, 'ended', 'rounds', 'quartiles'], rows),
  );
  if (!numbers.every((value) => typeof value === 'number')) {
    const best = byRank(file).slice(0, MOST_BARS);
    return figure(
      'Rounds to the target',
      `Medians over the seeds, the fewest first. What has no bar did not arrive.`,
      bars(
        'Rounds to the target',
        best.map((point) => ({
          label: cut(String(point.values[path] ?? null)),
          text: point.rounds === null ? ENDS[classOf(point)] : formatCount(point.rounds.median),
          parts: [{ label: 'rounds', value: point.rounds?.median ?? 0, kind: 'bar' }],
        })),
      ),
      asTable,
    );
  }
  const arrived = points.filter(({ rounds }) => rounds !== null);
  const says =
    arrived.length === 0
      ? 'No point arrived: crosses stand where they were tried.'
      : `Medians over the seeds, a bar between the quartiles; the filled dot is the best. ${
          arrived.length < points.length
            ? `Crosses along the top are the ${plural(points.length - arrived.length, 'point')} that did not arrive.`
            : 'All points arrived.'
        }`;
  return figure(
    `Rounds to the target along ${path}`,
    says,
    curve(file, numbers as number[], path, scale),
    asTable,
  );
}

function cut(label: string): string {
  return label.length > 20 ? `${label.slice(0, 19)}…` : label;
}

function curve(
  { points, ranking }: SweepFile,
  values: readonly number[],
  path: string,
  scale: 'log' | 'lin' | null,
): string {
  const low = Math.min(...values);
  const high = Math.max(...values);
  // A list says nothing of its scale: what spans more than a decade is read on a logarithmic one.
  const logarithmic = low > 0 && (scale === 'log' || (scale === null && high / low > 10));
  const x = scaleOf([low, high], LEFT + 18, WIDE - 24, logarithmic);
  const rounds = points.flatMap(({ rounds: own }) => (own === null ? [] : [own.q1, own.median, own.q3]));
  const [least, most] = rounds.length === 0 ? [1, 10] : [Math.min(...rounds), Math.max(...rounds)];
  const bottom = TALL - BOTTOM;
  const y = scaleOf([least, most], bottom - 14, TOP + 34, least > 0 && most / least > 5);
  const placed = points
    .map((point, index) => ({ point, x: x.at(values[index] as number), value: values[index] as number }))
    .sort((a, b) => a.value - b.value);
  const lines: string[] = [];
  let pen = 'M';
  let way = '';
  const dots: string[] = [];
  for (const { point, x: px, value } of placed) {
    const { rounds: own, point: number } = point;
    if (own === null) {
      pen = 'M';
      const name = asText(`${path}=${value}: ${ENDS[classOf(point)]}`);
      dots.push(`<path class="away" d="M${px - 4} ${TOP}l8 8m0 -8l-8 8"><title>${name}</title></path>`);
      continue;
    }
    way += `${pen}${px} ${y.at(own.median)}`;
    pen = 'L';
    if (own.q1 !== own.q3) lines.push(`<path class="spread" d="M${px} ${y.at(own.q1)}V${y.at(own.q3)}"/>`);
    const name = asText(`${path}=${value}: ${plural(own.median, 'round')}`);
    const best = number === ranking[0];
    dots.push(
      `<circle${best ? ' class="best"' : ''} cx="${px}" cy="${y.at(own.median)}" r="${best ? 6 : 4}"><title>${name}</title></circle>`,
    );
  }
  const ticksX = x.ticks.map(
    (value) =>
      `<line x1="${x.at(value)}" x2="${x.at(value)}" y1="${TOP + 18}" y2="${bottom}"/><text class="axis middle" x="${x.at(value)}" y="${bottom + 16}">${asText(formatQuantity(value))}</text>`,
  );
  const ticksY = (rounds.length === 0 ? [] : y.ticks).map(
    (value) =>
      `<line x1="${LEFT}" x2="${WIDE}" y1="${y.at(value)}" y2="${y.at(value)}"/><text class="axis end" x="${LEFT - 6}" y="${y.at(value) + 4}">${asText(formatQuantity(value))}</text>`,
  );
  return `<svg class="pareto" role="img" aria-label="${asText(`Rounds to the target along ${path}`)}" viewBox="0 0 ${WIDE} ${TALL}">${ticksX.join('')}${ticksY.join('')}${lines.join('')}<path class="way" d="${way}"/>${dots.join('')}<text class="axis end" x="${WIDE - 4}" y="${TALL - 8}">${asText(path)}</text><text class="axis" x="4" y="${TALL - 8}">↑ rounds</text></svg>`;
}

function scaleOf([low, high]: [number, number], from: number, to: number, logarithmic: boolean) {
  const of = (value: number) => (logarithmic ? Math.log10(value) : value);
  const span = of(high) - of(low);
  const place = (value: number) =>
    Math.round(100 * (span > 0 ? from + ((to - from) * (of(value) - of(low))) / span : (from + to) / 2)) /
    100;
  if (span === 0) return { at: place, ticks: [low] };
  const inside = (value: number) =>
    value >= low * (1 - 1e-9) - (low < 0 ? 1 : 0) && value <= high * (1 + 1e-9);
  if (logarithmic) {
    const within = (factors: readonly number[]) => {
      const found: number[] = [];
      for (let power = Math.floor(of(low)); power <= Math.ceil(of(high)); power++)
        for (const factor of factors) found.push(Number((factor * 10 ** power).toPrecision(3)));
      return found.filter(inside);
    };
    const steps = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]].map(within);
    return { at: place, ticks: steps.find(({ length }) => length >= 3) ?? (steps.at(-1) as number[]) };
  }
  const rough = 10 ** Math.floor(Math.log10(span / 4));
  const step = ([1, 2, 5, 10].find((factor) => span / (factor * rough) <= 6) ?? 10) * rough;
  const ticks: number[] = [];
  for (let count = Math.ceil(low / step - 1e-9); count * step <= high + 1e-9 * span; count++)
    ticks.push(Number((count * step).toPrecision(12)));
  return { at: place, ticks };
}

/* About */

function aboutSection(file: SweepFile, { sottovoce, kernels }: SweepPageExtras['versions']): string {
  const { axes, target, rows, bestConfig } = file;
  const [best] = byRank(file);
  const setup = list([
    ['config', file.config],
    ...axes.map(({ path, values, scale }) => [path, axisText(values, scale)] as const),
    ['target', `${target.quantity} ${formatQuantity(target.bound)}`],
    ['seeds', [...new Set(rows.map(({ seed }) => seed))].slice(0, MOST_SHOWN).join(', ')],
    ['version', sottovoce === undefined ? null : `Sottovoce ${sottovoce}`],
  ]);
  const own = rows.filter(({ point, stateHash }) => point === best?.point && stateHash !== null);
  const hashes = list([
    ...own.slice(0, 10).map(({ seed, stateHash }) => [`seed ${seed}`, stateHash] as const),
    ['kernels', kernels],
  ]);
  const again =
    best === undefined
      ? ''
      : `${paragraph('The best point again:')}<pre tabindex="0">${asText(`npx ${best.command}`)}</pre>`;
  const config =
    bestConfig == null
      ? ''
      : details(
          'The whole config of the best point, every default written out',
          `<pre tabindex="0">${bestConfig.split('\n').map(asText).join('\n')}</pre>`,
        );
  return section(
    'about',
    'What was run, and how to make it again',
    `<div class="halves"><div><h3>Set-up</h3>${setup}</div><div><h3>Hashes of the best (SHA-256)</h3><div class="hashes">${hashes}</div></div></div>${again}${config}`,
  );
}

function axisText(values: SweepFile['axes'][number]['values'], scale: 'log' | 'lin' | null): string {
  const many = plural(values.length, 'value');
  if (values.length > 8 && values.every((value) => typeof value === 'number')) {
    const ordered = (values as number[]).toSorted((a, b) => a - b);
    const how = scale === 'log' ? ', logarithmic' : '';
    return `${formatQuantity(ordered[0] ?? null)} to ${formatQuantity(ordered.at(-1) ?? null)}, ${many}${how}`;
  }
  const shown = values.slice(0, 20).map(String).join('; ');
  return values.length > 20 ? `${shown}; and ${values.length - 20} more` : shown;
}
