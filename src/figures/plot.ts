/**
 * `sottovoce plot` without a command line: folders in, a figure out, in every format that is asked for. Pure
 * but for reading the folders; nothing is written here.
 */

import { formatValue, InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { didYouMean } from '../base/suggest.js';
import { drawFigure } from './draw.js';
import type { Figure } from './figure.js';
import { loadMeasure } from './fonts.js';
import { type Layout, layOut, type Page } from './layout.js';
import { type FacetName, makeFigure } from './make.js';
import { ALONG_X, ALONG_Y, type XName, type YName } from './quantities.js';
import type { Scene } from './scene.js';
import { arrivalOf, type BandName, type Series, seriesOf } from './series.js';
import type { StyleName } from './style.js';
import type { TableCell, TableTarget } from './table.js';
import { type Group, groupRuns, kindOfFolder, readRun } from './traces.js';

/** What is drawn, and how. All may be left out. */
export interface PlotChoices {
  x: XName;
  y: YName;
  facet: FacetName;
  band: BandName;
  logX: boolean;
  style: StyleName;
  title: string | null;
  /** Undefined: what all runs stop at, if it is the quantity that is drawn. Null: none. */
  target: number | null | undefined;
  /** Instead of those that follow from the configs, in their order. */
  labels: readonly string[] | null;
  page: Page;
}

export interface PlotData {
  groups: readonly Group[];
  notes: readonly string[];
  /** When the last of the runs began. */
  date: Date;
}

/** @throws InputError where a folder is not what can be drawn */
export function readFolders(folders: readonly string[]): PlotData {
  if (folders.length === 0) throw new InputError('no folder is given, expected those of runs or comparisons');
  const notes: string[] = [];
  const runs = folders.map((folder) => {
    if (kindOfFolder(folder) === 'study') {
      throw new InputError(`${showPath(folder)} is a comparison's folder, expected runs' folders`);
    }
    const read = readRun(folder);
    notes.push(...read.notes);
    return read.run;
  });
  const date = new Date(Math.max(...runs.map(({ started }) => Date.parse(started))));
  return { groups: groupRuns(runs), notes, date };
}

export interface Plotted {
  figure: Figure;
  series: readonly Series[];
  /** What the target took, for a table. */
  table: { cells: TableCell[]; target: TableTarget };
}

/** The figure as data. Throws InputError. */
export function plotFigure({ groups }: PlotData, choices: PlotChoices): Plotted {
  const { x, y, band, facet, labels } = choices;
  const target = choices.target === undefined ? commonTarget(groups, y) : choices.target;
  const named = relabel(groups, labels);
  const series = named.map((group) => seriesOf(group, { x, y }, target, band));
  const { logX, style, title } = choices;
  const noise = noiseOf(groups, y);
  const figure = makeFigure(series, { x, y, facet, band, logX, style, title, target, noise });
  return {
    figure,
    series,
    table: {
      cells: named.map((group) => tableCell(group, y, target)),
      target: { title: ALONG_Y[y].title, bound: target },
    },
  };
}

function tableCell({ method, graph, runs }: Group, y: YName, target: number | null): TableCell {
  const arrivals = runs.map((run) => arrivalOf(run, ALONG_Y[y].column, target));
  return {
    method,
    graph,
    seeds: runs.length,
    arrived: arrivals.filter((row) => row !== null).length,
    rounds: arrivals.map((row) => row?.round ?? Number.POSITIVE_INFINITY),
    bits: arrivals.map((row) => row?.bitsBroadcast ?? Number.POSITIVE_INFINITY),
  };
}

/** Everything has its place. Throws InputError where it has no room. */
export async function placeFigure(figure: Figure, page: Page): Promise<{ layout: Layout; scene: Scene }> {
  const layout = layOut(figure, page, await loadMeasure());
  return { layout, scene: drawFigure(figure, layout) };
}

/** What every run stops at, of the quantity that is drawn; null where they differ, or stop at another. */
function commonTarget(groups: readonly Group[], y: YName): number | null {
  const column = ALONG_Y[y].column as keyof Group['runs'][number]['stop'];
  const bounds = new Set(groups.flatMap(({ runs }) => runs.map(({ stop }) => stop[column])));
  const [bound] = bounds;
  return bounds.size === 1 && bound !== undefined && bound > 0 ? bound : null;
}

/**
 * Below it a gap is a rounding error: 4 units in the last place of the objective at the optimum. Null for
 * what is no difference of objectives.
 */
function noiseOf(groups: readonly Group[], y: YName): number | null {
  if (!['gap', 'agents-gap', 'worst-gap'].includes(y)) return null;
  const sizes = groups.flatMap(({ runs }) =>
    runs.flatMap(({ optimum }) => (optimum === null ? [] : [Math.abs(optimum)])),
  );
  const noise = 4 * Number.EPSILON * Math.max(0, ...sizes);
  return noise > 0 ? noise : null;
}

function relabel(groups: readonly Group[], labels: readonly string[] | null): Group[] {
  if (labels === null) return [...groups];
  const methods = [...new Set(groups.map(({ method }) => method))];
  if (labels.length !== methods.length) {
    throw new InputError(
      `--labels has ${labels.length}, expected ${methods.length}, one for each method: ${methods.join('; ')}`,
    );
  }
  return groups.map((group) => ({ ...group, method: labels[methods.indexOf(group.method)] as string }));
}

/** A name of a table, or InputError with what was expected. */
export function nameIn<Name extends string>(option: string, given: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === given);
  if (found !== undefined) return found;
  throw new InputError(
    `${option} is ${formatValue(given)}, expected one of ${names.join(', ')}${didYouMean(given, names)}`,
  );
}

export const X_NAMES = Object.keys(ALONG_X) as XName[];
export const Y_NAMES = Object.keys(ALONG_Y) as YName[];
