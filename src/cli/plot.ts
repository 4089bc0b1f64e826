/** `sottovoce plot`: folders of finished runs as a figure for a paper. */

import type { Command } from 'commander';
import { formatValue, InputError } from '../base/errors.js';
import type { PlotOptions } from '../library/plot.js';
import { wholeNumber } from '../schema/whole-numbers.js';
import { oneOf } from './one-of.js';
import { writtenWhole } from './signals.js';
import { colours, printLine, type Terminal } from './terminal.js';

const HELP = `
A folder is what \`sottovoce run --out\` left, or \`sottovoce compare --out\`. Several folders are several curves; runs that differ in nothing but their seed are one method, drawn
as the median of its seeds with a band from the first to the third quartile. What the methods differ in stands in the legend.

The axes are those of the methods that arrive. Down to the target: what all runs stop at, if it is what --y draws, or --target. A method that
diverges leaves the frame. Numbers are those of trace.csv: give \`trace: { every: 5 }\` in the config for a finer curve.

  --x  rounds     bits       link-bits   seconds     network (needs \`network:\` in the config)
  --y  rms        gap        agents-gap  worst-gap   consensus   gradient    observer    objective   accuracy
       agents     what agents hold, with \`trace: { every: 1, agents: [0, 5], coordinates: [0, 1] }\` in the config: the picture of consensus

Text is 8 points high in print, whatever the width: make the figure as wide as the column (3.5in, 88mm), and do not scale it.

A .tex file is for \\input, with \\usepackage{pgfplots}, and compiles alone, too; its numbers lie beside it, in figure-data/. --table needs booktabs.

Examples:
  $ sottovoce plot runs/ring-* --out figure.svg
  $ sottovoce plot runs/ring-* --x bits --y agents-gap --out figure.pdf --out figure.png
  $ sottovoce plot runs/* --facet graph --width 7in --out figure.pdf --caption
  $ sottovoce plot study --facet graph --out figure.tex --table rounds.tex
  $ sottovoce plot runs/ring --y agents --out consensus.pdf
  $ sottovoce plot runs/ring-* --labels 'one bit; top-k; uncompressed' --log-x --out figure.svg

Exit codes: 0 done, 2 bad usage or bad input; nothing is written then.
`;

interface Flags {
  x: PlotOptions['x'] & string;
  y: PlotOptions['y'] & string;
  facet: PlotOptions['facet'] & string;
  band: PlotOptions['band'] & string;
  legend: PlotOptions['legend'] & string;
  style: PlotOptions['style'] & string;
  logX?: boolean;
  target?: number | null;
  width: string;
  height?: string;
  columns?: number;
  title?: string;
  labels?: string[];
  out: string[];
  table?: string;
  caption?: boolean;
  debug?: boolean;
}

export function addPlotCommand(program: Command, terminal: Terminal): void {
  program
    .command('plot')
    .summary('draw what runs left: a figure for a paper')
    .description('Draw what finished runs left: curves of methods with bands over their seeds.')
    .argument('<folder...>', 'folders of finished runs, or of a comparison')
    .option('--x <quantity>', 'across: rounds, bits, link-bits, seconds, network', 'rounds')
    .option('--y <quantity>', 'upwards: rms, gap, agents-gap, consensus, ... (see below)', 'rms')
    .option(
      '--facet <what>',
      'a panel for each graph, method; none: one panel',
      oneOf('--facet', ['graph', 'method', 'none']),
      'none',
    )
    .option(
      '--band <what>',
      'around the median of several seeds: iqr, range, none',
      oneOf('--band', ['iqr', 'range', 'none']),
      'iqr',
    )
    .option('--log-x', 'logarithmic across')
    .option('--target <value>', 'draw a line there, and end the axis there; none: no line', targetOf)
    .option('--width <length>', 'in print: 3.5in, 88mm, 252pt', '3.5in')
    .option('--height <length>', 'in print; by the width where absent')
    .option('--columns <count>', 'panels side by side', (text) => wholeNumber('--columns', text, 1))
    .option('--style <name>', 'light or dark', oneOf('--style', ['light', 'dark']), 'light')
    .option(
      '--legend <place>',
      'auto: at the curves where there is room; direct, below, none',
      oneOf('--legend', ['auto', 'direct', 'below', 'none']),
      'auto',
    )
    .option('--labels <names>', "names of the methods, in their order: 'a; b; c'", (text) =>
      text.split(';').map((each) => each.trim()),
    )
    .option('--title <text>', 'above the figure')
    .option(
      '-o, --out <file>',
      'picture: .svg, .png, .pdf, .tex; may be given several times',
      (file: string, before: string[]) => [...before, file],
      [],
    )
    .option('--table <file>', 'LaTeX table of rounds and bits to the target, best in bold: .tex')
    .option('--caption', 'print a caption: what bands, seeds and axes are')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action((folders: string[], flags: Flags) => plotCommand(folders, flags, terminal));
}

/** @throws InputError */
async function plotCommand(folders: readonly string[], flags: Flags, terminal: Terminal): Promise<void> {
  const { caption, debug: _debug, ...options } = flags;
  if (options.out.length === 0 && options.table === undefined && !caption)
    throw new InputError('--out is missing, expected a file: --out figure.svg, .png, .pdf or .tex');
  const { plot } = await import('../library/plot.js');
  const made = await writtenWhole(terminal.stderr, () => plot(folders, options)).catch((error: unknown) => {
    throw asFlag(error, options);
  });
  const paint = colours(terminal, terminal.stdout);
  for (const note of made.notes)
    printLine(terminal.stderr, `${colours(terminal, terminal.stderr).yellow('note:')} ${note}`);
  for (const file of [...options.out, ...(options.table === undefined ? [] : [options.table])])
    printLine(terminal.stdout, `${paint.dim('written')}  ${file}`);
  if (caption) printLine(terminal.stdout, made.caption);
}

/** The library's options have their names on the command line. */
function asFlag(error: unknown, options: PlotOptions): unknown {
  const names = Object.keys(options).join('|');
  if (error instanceof InputError && new RegExp(`^(${names}) (is|has) `).test(error.message))
    error.message = `--${error.message.replace(/^logX/, 'log-x')}`;
  return error;
}

function targetOf(text: string): number | null {
  if (text.trim() === 'none') return null;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value > 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new InputError(`--target is ${formatValue(text)}, expected a number > 0, or none`);
}
