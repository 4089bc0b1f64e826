/**
 * `sottovoce plot` without a command line: folders in, a figure out, in every format that is asked for. Pure
 * but for reading the folders; nothing is written here.
 */

import { formatValue, InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { didYouMean } from '../base/suggest.js';
import { QUANTITIES, type Quantity } from '../run/targets.js';
import { drawFigure } from './draw.js';
import type { Figure } from './figure.js';
import { loadMeasure } from './fonts.js';
import { type Layout, layOut, type Page } from './layout.js';
import { type FacetName, makeFigure } from './make.js';
import { ALONG_X, ALONG_Y, type XName, type YName } from './quantities.js';
import type { Scene } from './scene.js';
import { arrivalOf, type BandName, type Series, seriesOf } from './series.js';
import { objectiveOfStudy, readStudyFolder, type Study, seriesOfStudy, tableOfStudy } from './study.js';
import type { StyleName } from './style.js';
import type { TableCell, TableTarget } from './table.js';
import { type Group, groupRuns, kindOfFolder, type RunTrace, readRun } from './traces.js';
import { trajectoryFigure } from './trajectories.js';

/** What is drawn, and how. All may be left out. */
export interface PlotChoices {
  x: XName;
  y: YName | 'agents';
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
  studies: readonly Study[];
  notes: readonly string[];
  /** When the last of the runs began. */
  date: Date;
}

/** @throws InputError where a folder is not what can be drawn */
export function readFolders(folders: readonly string[]): PlotData {
  if (folders.length === 0) throw new InputError('no folder is given, expected those of runs or comparisons');
  const runs: RunTrace[] = [];
  const studies: Study[] = [];
  const notes: string[] = [];
  for (const folder of folders) {
    if (kindOfFolder(folder) === 'study') {
      const study = readStudyFolder(folder);
      studies.push(study);
      notes.push(...study.notes);
    } else {
      const read = readRun(folder);
      runs.push(read.run);
      notes.push(...read.notes);
    }
  }
  const begun = [...runs, ...studies].map(({ started }) => Date.parse(started));
  return { groups: groupRuns(runs), studies, notes, date: new Date(Math.max(...begun)) };
}

export interface Plotted {
  figure: Figure;
  series: readonly Series[];
  /** What the target took, for a table. */
  table: { cells: TableCell[]; target: TableTarget } | null;
}

/** The figure as data. Throws InputError. */
export async function plotFigure(data: PlotData, choices: PlotChoices): Promise<Plotted> {
  const { groups, studies } = data;
  const { x, y, band, facet, labels } = choices;
  if (y === 'agents') return agentsFigure(data, choices);
  const target = choices.target === undefined ? commonTarget(data, y) : choices.target;
  const series = [
    ...groups.map((group) => seriesOf(group, { x, y }, target, band)),
    ...studies.flatMap((study) => seriesOfStudy(study, { x, y }, target, band)),
  ];
  const name = namer(
    series.map(({ method }) => method),
    labels,
  );
  const named = series.map((each) => ({ ...each, method: name(each.method) }));
  const { logX, style, title } = choices;
  const noise = noiseOf(data, y);
  const figure = makeFigure(named, { x, y, facet, band, logX, style, target, noise, title });
  const cells = [
    ...groups.map((group) => tableCell(group, y, target)),
    ...studies.flatMap((study) => tableOfStudy(study)),
  ];
  return {
    figure,
    series: named,
    table: {
      cells: cells.map((cell) => ({ ...cell, method: name(cell.method) })),
      target: tableTarget(data, y, target),
    },
  };
}

/** What agents hold, instead of what is measured of them. */
async function agentsFigure({ groups, studies }: PlotData, choices: PlotChoices): Promise<Plotted> {
  const [study] = studies;
  if (study !== undefined) {
    throw new InputError(
      `--y agents: ${showPath(study.data.folder)} is of a comparison, which follows no agents; expected runs`,
      { file: study.data.folder },
    );
  }
  const name = namer(
    groups.map(({ method }) => method),
    choices.labels,
  );
  const named = groups.map((group) => ({ ...group, method: name(group.method) }));
  return { figure: await trajectoryFigure(named, choices), series: [], table: null };
}

/** A comparison's counts are of its own target. */
function tableTarget({ studies }: PlotData, y: YName, target: number | null): TableTarget {
  const [study] = studies;
  if (study === undefined) return { title: ALONG_Y[y].title, bound: target };
  const { quantity, bound } = study.data.results.target;
  return { title: QUANTITIES[quantity].title, bound };
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
function commonTarget({ groups, studies }: PlotData, y: YName): number | null {
  const column = ALONG_Y[y].column as Quantity;
  const bounds = new Set([
    ...groups.flatMap(({ runs }) => runs.map(({ stop }) => stop[column])),
    ...studies.map(({ data: { results } }) =>
      results.target.quantity === column ? results.target.bound : undefined,
    ),
  ]);
  const [bound] = bounds;
  return bounds.size === 1 && bound !== undefined && bound > 0 ? bound : null;
}

/**
 * Below it a gap is a rounding error: 4 units in the last place of the objective at the optimum. Null for
 * what is no difference of objectives.
 */
function noiseOf({ groups, studies }: PlotData, y: YName): number | null {
  if (!['gap', 'agents-gap', 'worst-gap'].includes(y)) return null;
  const sizes = [
    ...groups.flatMap(({ runs }) => runs.map(({ optimum }) => Math.abs(optimum ?? 0))),
    ...studies.map(objectiveOfStudy),
  ];
  const noise = 4 * Number.EPSILON * Math.max(0, ...sizes);
  return noise > 0 ? noise : null;
}

/** From a method to what it is to be called. Throws InputError where there are not as many names. */
function namer(methods: readonly string[], labels: readonly string[] | null): (method: string) => string {
  if (labels === null) return (method) => method;
  const known = [...new Set(methods)];
  if (labels.length !== known.length) {
    throw new InputError(
      `labels has ${labels.length}, expected ${known.length}, one for each method: ${known.join('; ')}`,
    );
  }
  return (method) => labels[known.indexOf(method)] ?? method;
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
export const Y_NAMES = [...(Object.keys(ALONG_Y) as YName[]), 'agents' as const];
