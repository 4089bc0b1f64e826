/** The library's `plot`: what finished runs left, as a figure for a paper. */

import path from 'node:path';
import { writeNamed } from '../../topology/whole-file.js';
import { formatValue, InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { Figure } from '../figures/figure.js';
import type { LegendPlace } from '../figures/layout.js';
import type { FacetName } from '../figures/make.js';
import type { XName, YName } from '../figures/quantities.js';
import type { BandName } from '../figures/series.js';
import type { StyleName } from '../figures/style.js';
import { checkOptions } from './options.js';

/** What a figure shows, and how. */
export interface PlotOptions {
  /** Across; `rounds` where absent. Bits are counted as sent, every message once an agent. */
  x?: XName;
  /** Upwards; `rms` where absent. */
  y?: YName;
  /** Panels: one for each graph, one for each method, or one; `none` where absent. */
  facet?: FacetName;
  /** Around the median of several seeds: quartiles, all seeds, nothing; `iqr` where absent. */
  band?: BandName;
  /** Whether the horizontal axis is logarithmic; false where absent. */
  logX?: boolean;
  /** A line at this value of `y`; null for none. Where absent, what all runs stop at, if it is of `y`. */
  target?: number | null;
  /** Of the figure as it is printed: `3.5in`, `88mm`, `252pt`; `3.5in` where absent. */
  width?: string;
  /** The same; by the width where absent. */
  height?: string;
  /** Panels side by side; as many as have room where absent. */
  columns?: number;
  /** `light` where absent. */
  style?: StyleName;
  /** Above the figure; none where absent. */
  title?: string;
  /** Names of the methods, in the order in which they would stand in the legend. */
  labels?: readonly string[];
  /** `auto`: at the ends of the curves where they have room, else below; the default. */
  legend?: LegendPlace;
  /** Files to write, in the format of their names: .svg, .png (300 dots an inch), .pdf. */
  out?: string | readonly string[];
}

/** A figure that was made. */
export interface PlotOutcome {
  /** Its numbers: curves, bands, axes. */
  figure: Figure;
  /** What bands, seeds and axes are, in sentences. */
  caption: string;
  /** The picture. */
  svg: string;
  /** What was written. */
  files: string[];
  /** What somebody should know of the folders, as sentences. */
  notes: readonly string[];
}

const OPTIONS = [
  'x',
  'y',
  'facet',
  'band',
  'logX',
  'target',
  'width',
  'height',
  'columns',
  'style',
  'title',
  'labels',
  'legend',
  'out',
];
const FORMATS = ['svg', 'png', 'pdf'] as const;
type Format = (typeof FORMATS)[number];

/**
 * Draws what finished runs have left: a curve for each method, the median of its seeds with a band. Folders of
 * runs that differ in their seed alone are one method's.
 *
 * ```ts
 * for (const seed of [1, 2, 3]) {
 *   const config = {
 *     topology: { kind: 'ring', nodes: 8 },
 *     cost: { kind: 'quadratic', dim: 4 },
 *     flow: { kind: 'primal-dual' },
 *     seed,
 *   };
 *   await run(config, { outDir: `runs/ring-${seed}` });
 * }
 * const folders = ['runs/ring-1', 'runs/ring-2', 'runs/ring-3'];
 * const { caption } = await plot(folders, { x: 'bits', out: 'bits.svg' });
 * console.log(caption);
 * ```
 *
 * @param folders of runs
 * @throws InputError where a folder holds no finished run, a trace lacks what is asked for, or an option is
 *   wrong; nothing is written then
 */
export async function plot(
  folders: string | readonly string[],
  options: PlotOptions = {},
): Promise<PlotOutcome> {
  checkOptions('plot', options, OPTIONS);
  const [{ nameIn, placeFigure, plotFigure, readFolders, X_NAMES, Y_NAMES }, { lengthInPoints }, render] =
    await Promise.all([
      import('../figures/plot.js'),
      import('../figures/lengths.js'),
      import('../figures/render-svg.js'),
    ]);
  const { columns, logX = false, target, labels = null, title = null } = options;
  const out = typeof options.out === 'string' ? [options.out] : [...(options.out ?? [])];
  const formats = out.map(formatOf);
  if (columns !== undefined && !(Number.isInteger(columns) && columns >= 1))
    throw new InputError(`columns is ${formatValue(columns)}, expected a whole number >= 1`);
  if (target !== undefined && target !== null && !(target > 0 && target < Number.POSITIVE_INFINITY))
    throw new InputError(`target is ${formatValue(target)}, expected a number > 0`);
  const page = {
    width: lengthInPoints('width', options.width ?? '3.5in'),
    height: options.height === undefined ? null : lengthInPoints('height', options.height),
    columns: columns ?? null,
    legend: nameIn('legend', options.legend ?? 'auto', ['auto', 'direct', 'below', 'none']),
  };
  const choices = {
    x: nameIn('x', options.x ?? 'rounds', X_NAMES),
    y: nameIn('y', options.y ?? 'rms', Y_NAMES),
    facet: nameIn('facet', options.facet ?? 'none', ['graph', 'method', 'none']),
    band: nameIn('band', options.band ?? 'iqr', ['iqr', 'range', 'none']),
    style: nameIn('style', options.style ?? 'light', ['light', 'dark']),
    ...{ logX, target, labels, title, page },
  };
  const data = readFolders(typeof folders === 'string' ? [folders] : folders);
  const { figure } = plotFigure(data, choices);
  const { scene } = await placeFigure(figure, page);
  const svg = render.renderSvg(scene);

  // All are made before one is written.
  const made = await Promise.all(
    formats.map(async (format): Promise<string | Uint8Array> => {
      if (format === 'svg') return svg;
      if (format === 'pdf') return (await import('../figures/pdf.js')).renderPdf(scene, data.date);
      const { PRINT_SCALE, renderPng } = await import('../figures/png.js');
      return renderPng(svg, PRINT_SCALE);
    }),
  );
  for (const [i, file] of out.entries()) await write(file, made[i] as string | Uint8Array);
  return { figure, caption: figure.caption, svg, files: out, notes: data.notes };
}

/** By the file's name. @throws InputError */
function formatOf(file: string): Format {
  const extension = path.extname(file).slice(1).toLowerCase();
  const found = FORMATS.find((format) => format === extension);
  if (found !== undefined) return found;
  throw new InputError(
    `out is ${formatValue(file)}, expected a file that ends in ${FORMATS.map((format) => `.${format}`).join(', ')}`,
  );
}

async function write(file: string, content: string | Uint8Array): Promise<void> {
  await writeNamed(file, content).catch((cause: Error) => {
    throw new InputError(`${showPath(file)} cannot be written: ${cause.message}`, { file }, { cause });
  });
}
