/** From curves of methods to a figure: which panel each stands in, what the axes reach over, and its caption. */

import { plural } from '../base/format.js';
import { boundInWords } from './axes.js';
import { type Curve, type Figure, type Panel, rangeAcross, rangeUp, wordsAcross } from './figure.js';
import { ALONG_X, ALONG_Y, type AlongX, type AlongY, type XName, type YName } from './quantities.js';
import { plainWords } from './scene.js';
import type { BandName, Series } from './series.js';
import type { StyleName } from './style.js';

export type FacetName = 'graph' | 'method' | 'none';

export interface FigureChoices {
  x: XName;
  y: YName;
  facet: FacetName;
  band: BandName;
  logX: boolean;
  style: StyleName;
  /** Null: none. */
  title: string | null;
  /** On the vertical axis. */
  target: number | null;
  noise: number | null;
}

export function makeFigure(series: readonly Series[], choices: FigureChoices): Figure {
  const { x, y, facet, logX, target, noise } = choices;
  const [across, up]: [AlongX, AlongY] = [ALONG_X[x], ALONG_Y[y]];
  const [methods, graphs] = [
    distinct(series.map(({ method }) => method)),
    distinct(series.map(({ graph }) => graph)),
  ];
  // What no panel says, a label does.
  const named = ({ method, graph }: Series): string => {
    const parts = [
      ...(facet === 'method' || (methods.length === 1 && graphs.length > 1) ? [] : [method]),
      ...(facet === 'graph' || graphs.length === 1 ? [] : [graph]),
    ];
    return parts.join(', ') || method;
  };
  const labels = distinct(series.map(named));
  const curveOf = (each: Series): Curve => ({
    label: named(each),
    style: labels.indexOf(named(each)),
    x: each.x,
    y: each.y,
    low: each.low,
    high: each.high,
    diverges: each.diverged * 2 > each.seeds || (each.seeds === 1 && each.diverged === 1),
  });
  const panelOf = (title: string | null, of: readonly Series[]): Panel => ({
    title,
    curves: of.map(curveOf),
  });
  const keyOf = ({ method, graph }: Series) => (facet === 'graph' ? graph : method);
  const panels =
    facet === 'none'
      ? [panelOf(null, series)]
      : distinct(series.map(keyOf)).map((key) =>
          panelOf(
            key,
            series.filter((each) => keyOf(each) === key),
          ),
        );
  const reach = rangeAcross(series, logX, target);
  return {
    title: choices.title,
    caption: caption(series, choices),
    style: choices.style,
    x: {
      ...reach,
      scale: logX ? 'log' : 'linear',
      ...wordsAcross(across, reach.high, logX),
    },
    y: {
      ...rangeUp(series, up.scale, target, noise),
      scale: up.scale,
      title: up.title,
      unit: 1,
      labels: up.scale === 'log' ? 'power' : 'si',
    },
    panels,
    labels,
    target,
    noise,
  };
}

/** What bands, seeds and axes are, for whoever sees the figure in a paper. */
function caption(series: readonly Series[], choices: FigureChoices): string {
  const { x, y, band, target, logX, noise, facet } = choices;
  const [across, up]: [AlongX, AlongY] = [ALONG_X[x], ALONG_Y[y]];
  const scales = `${up.scale === 'log' ? 'logarithmic' : 'linear'} vertical and ${logX ? 'logarithmic' : 'linear'} horizontal axis`;
  const sentences = [`${capital(up.title)} against ${across.title}; ${scales}.`];
  if (facet !== 'none') sentences.push(`One panel for each ${facet}; all share both axes.`);
  const seeds = distinct(series.map((each) => each.seeds));
  const most = Math.max(...seeds);
  if (most > 1) {
    const many = seeds.length === 1 ? `${most} seeds` : `${Math.min(...seeds)} to ${most} seeds`;
    sentences.push(
      `Lines are medians over ${many}${band === 'none' ? '' : `, bands reach ${band === 'iqr' ? 'from the first to the third quartile' : 'from the least to the largest seed'}`}.`,
      'A seed that has arrived counts with its last value from then on, one that has diverged as infinitely large.',
    );
  } else sentences.push('One seed each.');
  if (target !== null) sentences.push(`The dashed line is the target, ${plainWords(boundInWords(target))}.`);
  const ends = series.flatMap(({ method, graph, seeds: of, arrived, diverged }) => {
    if (arrived === of) return [];
    const where = new Set(series.map((each) => each.graph)).size > 1 ? ` on ${graph}` : '';
    if (diverged > 0)
      return [`${method}${where} diverges${of === 1 ? '' : ` for ${diverged} of ${plural(of, 'seed')}`}`];
    if (target === null) return [];
    return [
      `${method}${where} does not reach it${of === 1 ? '' : ` for ${of - arrived} of ${plural(of, 'seed')}`}`,
    ];
  });
  if (ends.length > 0) sentences.push(`${ends.join('; ')}.`);
  if (noise !== null) {
    sentences.push('In the shaded part, gaps are rounding errors of the objective in float64.');
  }
  return sentences.join(' ');
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
