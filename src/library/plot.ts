/** The library's `plot`: what finished runs left, as a figure for a paper. */

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { removeFile, writeNamed } from '../../topology/whole-file.js';
import { formatValue, InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { Figure } from '../figures/figure.js';
import type { Layout, LegendPlace } from '../figures/layout.js';
import type { FacetName } from '../figures/make.js';
import type { XName, YName } from '../figures/quantities.js';
import type { BandName } from '../figures/series.js';
import type { StyleName } from '../figures/style.js';
import { refuseNoFolder, unwritable } from '../output/failures.js';
import { checkOptions } from './options.js';

/** What a figure shows, and how. */
export interface PlotOptions {
  /** Across; `rounds` where absent. Bits are counted as sent, every message once an agent. */
  x?: XName;
  /**
   * Upwards; `rms` where absent. `agents`: what agents hold that the run has followed (`trace: { agents }` in
   * its config).
   */
  y?: YName | 'agents';
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
  /**
   * Files to write, in the format of their names: .svg, .png (300 dots an inch), .pdf, .tex (PGFPlots, its
   * numbers in a folder beside it: `figure-data` of `figure.tex`).
   */
  out?: string | readonly string[];
  /** A LaTeX table (booktabs) of the rounds and bits to the target, for this .tex file. */
  table?: string;
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
  'table',
];
const FORMATS = ['svg', 'png', 'pdf', 'tex'] as const;
type Format = (typeof FORMATS)[number];

/**
 * Draws what finished runs have left: a curve for each method, the median of its seeds with a band. Folders of
 * runs that differ in their seed alone are one method's.
 *
 * ```ts
 * for (const seed of [1, 2, 3]) {
 *   await run(
 *     {
 *       topology: { kind: 'ring', nodes: 8 },
 *       cost: { kind: 'quadratic', dim: 4 },
 *       flow: { kind: 'primal-dual' },
 *       seed,
 *     },
 *     { outDir: `runs/ring-${seed}` },
 *   );
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
  const { columns, table, logX = false, target, labels = null, title = null } = options;
  const out = typeof options.out === 'string' ? [options.out] : [...(options.out ?? [])];
  const formats = out.map(formatOf);
  if (table !== undefined && !/\.tex$/i.test(table))
    throw new InputError(`table is ${formatValue(table)}, expected a file that ends in .tex`);
  for (const file of [...out, ...(table === undefined ? [] : [table])]) refuseNoFolder(showPath(file), file);
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
  const plotted = await plotFigure(data, choices);
  const { figure } = plotted;
  const { layout, scene } = await placeFigure(figure, page);
  const svg = render.renderSvg(scene);

  // All are made before one is written.
  const made = await Promise.all(
    formats.map(async (format, i): Promise<Made[]> => {
      const file = out[i] as string;
      if (format === 'svg') return [{ file, content: svg }];
      if (format === 'pdf') {
        const { renderPdf } = await import('../figures/pdf.js');
        return [{ file, content: await renderPdf(scene, data.date) }];
      }
      if (format === 'tex') return texFiles(file, figure, layout);
      const { PRINT_SCALE, renderPng } = await import('../figures/png.js');
      return [{ file, content: await renderPng(svg, PRINT_SCALE) }];
    }),
  );
  if (table !== undefined && plotted.table === null)
    throw new InputError(
      'table is of rounds and bits to a target, which agents have none of: expected another y',
    );
  if (table !== undefined && plotted.table !== null) {
    const { renderTable } = await import('../figures/table.js');
    made.push([{ file: table, content: renderTable(plotted.table.cells, plotted.table.target) }]);
  }
  for (const files of made) {
    const [picture, ...beside] = files.toReversed();
    if (beside.length > 0) prepareFolder(beside.map(({ file }) => file));
    for (const each of [...beside, picture as Made]) await write(each);
  }
  const files = made.flatMap((each) => each.map(({ file }) => file));
  return { figure, caption: figure.caption, svg, files, notes: data.notes };
}

interface Made {
  file: string;
  content: string | Uint8Array;
}

/** The numbers first, and last the picture that reads them. */
async function texFiles(file: string, figure: Figure, layout: Layout): Promise<Made[]> {
  const { renderTex } = await import('../figures/tex.js');
  const folder = `${path.basename(file, path.extname(file))}-data`;
  const { tex, data } = renderTex(figure, layout, folder);
  const place = path.join(path.dirname(file), folder);
  return [
    ...data.map(({ name, text }) => ({ file: path.join(place, name), content: text })),
    { file, content: tex },
  ];
}

/** The folder of a figure's numbers, without those of an earlier figure that this one has not. */
function prepareFolder(files: readonly string[]): void {
  const folder = path.dirname(files[0] as string);
  try {
    if (!existsSync(folder)) mkdirSync(folder);
    const kept = new Set(files.map((file) => path.basename(file)));
    for (const name of readdirSync(folder))
      if (/^\d+-\d+-.*\.dat$/.test(name) && !kept.has(name)) removeFile(path.join(folder, name));
  } catch (cause) {
    throw unwritable(showPath(folder), folder, cause);
  }
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

async function write({ file, content }: Made): Promise<void> {
  await writeNamed(file, content).catch((cause: Error) => {
    throw unwritable(showPath(file), file, cause);
  });
}
