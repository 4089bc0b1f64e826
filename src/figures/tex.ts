/**
 * A figure for LaTeX: a TikZ picture of PGFPlots axes, in the fonts of the paper, with its numbers in files
 * beside it. Everything stands where the layout has placed it, so that it looks as the other formats do.
 *
 * The file is \input in a paper, or compiled alone: it has a preamble that counts only before a document has
 * begun. The paper needs \usepackage{pgfplots}.
 */

import type { Tick } from './axes.js';
import type { Figure } from './figure.js';
import { type Layout, type PlacedCurve, type PlacedPanel, SIZE, SMALL, targetWords } from './layout.js';
import type { Shape, Words } from './scene.js';
import { curveStyle, THEMES, type Theme } from './style.js';

export interface TexFigure {
  /** The picture. */
  tex: string;
  /** By their names in the folder of the data. */
  data: { name: string; text: string }[];
}

/** Farther out, in points, TeX cannot reckon. */
const FARTHEST = 12_000;

const MARKS: Readonly<Record<Shape, string>> = {
  circle: '*',
  square: 'square*',
  up: 'triangle*',
  diamond: 'diamond*',
  down: 'triangle*',
  cross: 'x',
};

/** @param folder of the data, as seen from the file */
export function renderTex(figure: Figure, layout: Layout, folder: string): TexFigure {
  const theme = THEMES[figure.style];
  const { width, height } = layout;
  const up = (y: number) => number(height - y);
  const data: TexFigure['data'] = [];
  const axes = layout.panels.flatMap((panel, p) => axis(figure, layout, panel, p, theme, data));
  const words = (x: number, y: number, text: string, more = 'anchor=base west') =>
    `\\node[${more}] at (${number(x)},${up(y)}) {${text}};`;
  const legend = layout.legend.flatMap(({ label, style, x, y, sample }) => {
    const middle = y - SIZE * 0.36;
    return [
      `\\draw[${lineOf(style, theme)}] (${number(x)},${up(middle)}) -- (${number(x + sample)},${up(middle)});`,
      `\\draw plot[only marks,mark=${markOf(style, theme)}] coordinates {(${number(x + sample / 2)},${up(middle)})};`,
      words(x + sample + 4, y, escapeTex(label)),
    ];
  });
  const title =
    layout.title === null || figure.title === null
      ? []
      : [words(layout.title.x, layout.title.y, `\\textbf{${escapeTex(figure.title)}}`)];
  const tex = [
    ...comment(figure.caption),
    '% \\input this file, with \\usepackage{pgfplots} in the preamble; or compile it alone.',
    `% Where the data lie elsewhere: \\def\\figuredata{figures/${folder}/}`,
    '\\expandafter\\ifx\\csname @nodocument\\endcsname\\relax\\else',
    '\\documentclass{article}',
    `\\usepackage[paperwidth=${number(width)}bp,paperheight=${number(height)}bp,margin=0bp]{geometry}`,
    '\\usepackage{pgfplots}',
    '\\pagestyle{empty}',
    '\\topskip=0pt \\parindent=0pt',
    '\\def\\figurealone{\\end{document}}',
    '\\begin{document}',
    '\\fi',
    `\\providecommand{\\figuredata}{${folder}/}`,
    '\\providecommand{\\figurealone}{}',
    `\\begin{tikzpicture}[x=1bp,y=1bp,font=\\fontsize{${SIZE}bp}{${SIZE * 1.2}bp}\\selectfont]`,
    ...theme.colours
      .slice(0, Math.max(1, figure.labels.length))
      .map((colour, i) => `\\definecolor{figurecurve${i}}{HTML}{${hex(colour)}}`),
    `\\definecolor{figureink}{HTML}{${hex(theme.ink)}}\\definecolor{figurefaint}{HTML}{${hex(theme.faint)}}\\definecolor{figuregrid}{HTML}{${hex(theme.grid)}}`,
    '\\color{figureink}',
    `\\path[use as bounding box${figure.style === 'dark' ? `,fill={rgb,255:red,22;green,25;blue,29}` : ''}] (0,0) rectangle (${number(width)},${number(height)});`,
    ...axes,
    words(layout.xTitle.x, layout.xTitle.y, escapeTex(figure.x.title), 'anchor=base'),
    `\\node[anchor=base,rotate=90] at (${number(layout.yTitle.x)},${up(layout.yTitle.y)}) {${escapeTex(figure.y.title)}};`,
    ...title,
    ...legend,
    '\\end{tikzpicture}%',
    '\\figurealone',
    '',
  ].join('\n');
  return { tex, data };
}

function axis(
  figure: Figure,
  layout: Layout,
  panel: PlacedPanel,
  p: number,
  theme: Theme,
  data: TexFigure['data'],
): string[] {
  const { frame, x, y, numbered } = panel;
  const options = [
    `at={(${number(frame.x)}bp,${number(layout.height - frame.y - frame.height)}bp)}`,
    'anchor=south west',
    'scale only axis',
    `width=${number(frame.width)}bp`,
    `height=${number(frame.height)}bp`,
    ...limits('x', figure.x),
    ...limits('y', figure.y),
    ...ticks('x', x.ticks, numbered.below),
    ...ticks('y', y.ticks, numbered.left),
    'ymajorgrids',
    'major grid style={figuregrid,line width=0.5bp}',
    'axis line style={figureink,line width=0.6bp}',
    'tick style={figureink,line width=0.6bp}',
    'tick align=outside',
    'tick pos=lower',
    'major tick length=3bp',
    'minor tick length=1.5bp',
    'unbounded coords=jump',
    'enlargelimits=false',
    'clip mode=individual',
    ...(panel.title === null ? [] : [`title={${escapeTex(panel.title)}}`, 'title style={yshift=-5bp}']),
  ];
  const inside: string[] = [];
  if (figure.noise !== null && figure.noise > figure.y.low) {
    const { low, high } = figure.x;
    inside.push(
      `\\fill[figurefaint,opacity=0.14] (axis cs:${low},${figure.y.low}) rectangle (axis cs:${high},${figure.noise});`,
    );
    inside.push(
      `\\node[figurefaint,anchor=north east,inner sep=2bp,font=\\fontsize{${SMALL}bp}{${SMALL}bp}\\selectfont] at (axis cs:${high},${figure.noise}) {rounding};`,
    );
  }
  if (figure.target !== null) {
    const { low, high } = figure.x;
    inside.push(
      `\\draw[figurefaint,line width=0.7bp,dash pattern=on 4bp off 2.5bp] (axis cs:${low},${figure.target}) -- (axis cs:${high},${figure.target});`,
    );
    if (p === 0 && layout.target !== null) {
      inside.push(
        node(
          layout.target.x,
          layout.target.y + 0.85 * SMALL,
          panel,
          wordsToTex(targetWords(figure.target)),
          `figurefaint,font=\\fontsize{${SMALL}bp}{${SMALL}bp}\\selectfont`,
        ),
      );
    }
  }
  for (const { value, style } of panel.levels) {
    const colour = style === null ? 'figurefaint' : colourName(style, theme);
    const { low, high } = figure.x;
    inside.push(
      `\\draw[${colour},line width=0.8bp,dash pattern=on 4bp off 2.5bp] (axis cs:${low},${value}) -- (axis cs:${high},${value});`,
    );
  }
  panel.curves.forEach((curve, c) => {
    const name = `${p + 1}-${c + 1}-${slug(curve.curve.label)}`;
    inside.push(...plotOf(curve, name, figure, panel, theme, data));
  });
  for (const { label, x: at, y: to } of panel.labels) {
    const style = figure.labels.indexOf(label);
    inside.push(node(at, to, panel, escapeTex(label), `${colourName(style, theme)}!62!figureink`));
  }
  return [`\\begin{axis}[${options.join(',\n  ')}]`, ...inside, '\\end{axis}'];
}

/** Words whose left end and base line are known on the page, within an axis. */
function node(x: number, y: number, { frame }: PlacedPanel, text: string, style: string): string {
  const across = (x - frame.x) / frame.width;
  const up = 1 - (y - frame.y) / frame.height;
  return `\\node[anchor=base west,inner sep=0bp,${style}] at (rel axis cs:${number(across)},${number(up)}) {${text}};`;
}

function limits(name: 'x' | 'y', { scale, low, high }: Figure['x']): string[] {
  return [`${name}min=${low}`, `${name}max=${high}`, ...(scale === 'linear' ? [] : [`${name}mode=log`])];
}

function ticks(name: 'x' | 'y', all: readonly Tick[], numbered: boolean): string[] {
  const shown = all.filter(({ label }) => label !== null);
  const minor = all.filter(({ label }) => label === null);
  const labels = numbered ? shown.map(({ label }) => `{${wordsToTex(label as Words)}}`).join(',') : '';
  return [
    `${name}tick={${shown.map(({ value }) => value).join(',')}}`,
    `${name}ticklabels={${labels}}`,
    // Without them, LaTeX draws minor ticks of its own.
    `minor ${name}tick={${minor.map(({ value }) => value).join(',')}}`,
  ];
}

/** The line, its band and its dots; and their numbers, into `data`. */
function plotOf(
  placed: PlacedCurve,
  name: string,
  figure: Figure,
  panel: PlacedPanel,
  theme: Theme,
  data: TexFigure['data'],
): string[] {
  const { curve, rows, bands, dots, lost } = placed;
  const { low, high, style } = curve;
  const isNear = (value: number) => Math.abs(panel.y.of(value)) < FARTHEST;
  const lines = rows.map((i) => {
    const numbers = [curve.x[i], curve.y[i], ...(low && high ? [low[i], high[i]] : [])] as number[];
    return numbers.map((value, at) => (at === 1 && !isNear(value) ? 'nan' : inFile(value))).join(' ');
  });
  const head = ['x', 'y', ...(low && high ? ['low', 'high'] : [])].join(' ');
  data.push({ name: `${name}.dat`, text: `${[head, ...lines].join('\n')}\n` });
  const plots: string[] = [];
  bands.forEach((_, b) => {
    const own = `${name}-band${b === 0 ? '' : `-${b + 1}`}.dat`;
    data.push({ name: own, text: outline(placed, b, figure) });
    plots.push(
      `\\addplot[draw=none,fill=${colourName(style, theme)},fill opacity=0.18] table[x=x,y=y] {\\figuredata ${own}} -- cycle;`,
    );
  });
  const at = new Map(rows.map((row, i) => [row, i + 1]));
  const indices = dots.map(({ row }) => at.get(row)).join(',');
  const marks = dots.length === 0 ? 'mark=none' : `mark=${markOf(style, theme)},mark indices={${indices}}`;
  plots.push(
    `\\addplot[${lineOf(style, theme)}${curve.thin ? ',line width=0.7bp' : ''},${marks}] table[x=x,y=y] {\\figuredata ${name}.dat};`,
  );
  if (lost !== null) {
    const last = curve.y.findLastIndex((value) => Number.isFinite(value));
    plots.push(
      `\\addplot[only marks,mark=x,mark size=3bp,${colourName(style, theme)}] coordinates {(${curve.x[last]},${curve.y[last]})};`,
    );
  }
  return plots;
}

/** A band's edge, as numbers: there along its upper end, and back along its lower one. */
function outline({ curve, bandRows }: PlacedCurve, band: number, { y }: Figure): string {
  const beyond = (value: number) => {
    if (value === Number.POSITIVE_INFINITY) return y.scale === 'linear' ? 2 * y.high - y.low : y.high * 10;
    return value <= 0 && y.scale !== 'linear' ? y.low / 10 : value;
  };
  const { top = [], bottom = [] } = bandRows[band] ?? {};
  const line = (ends: readonly number[] | null) => (i: number) =>
    `${inFile(curve.x[i] as number)} ${inFile(beyond(ends?.[i] as number))}`;
  return `${['x y', ...top.map(line(curve.high)), ...[...bottom].reverse().map(line(curve.low))].join('\n')}\n`;
}

function inFile(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return Number.isFinite(value) ? String(value) : 'inf';
}

function lineOf(style: number, theme: Theme): string {
  const { dash } = curveStyle(style, theme);
  const dashes =
    dash === null
      ? ''
      : `,dash pattern=${dash.map((length, i) => `${i % 2 === 0 ? 'on' : 'off'} ${length}bp`).join(' ')}`;
  return `${colourName(style, theme)},line width=1.1bp,line join=round${dashes}`;
}

function markOf(style: number, theme: Theme): string {
  const { shape } = curveStyle(style, theme);
  const turned = shape === 'down' ? ',rotate=180' : '';
  return `${MARKS[shape]},mark size=1.9bp,mark options={solid,${colourName(style, theme)}${turned}}`;
}

function colourName(style: number, { colours }: Theme): string {
  return `figurecurve${style % colours.length}`;
}

function wordsToTex(words: Words): string {
  if (typeof words === 'string') return mathMinus(escapeTex(words));
  return words
    .map(({ text, raised }) =>
      raised ? `\\textsuperscript{${mathMinus(text)}}` : mathMinus(escapeTex(text)),
    )
    .join('');
}

function mathMinus(text: string): string {
  return text.replaceAll('−', '$-$').replaceAll('·', '$\\cdot$');
}

/** What TeX would take for something else. */
export function escapeTex(text: string): string {
  const special: Record<string, string> = {
    '\\': '\\textbackslash{}',
    '~': '\\textasciitilde{}',
    '…': '\\ldots{}',
    '^': '\\textasciicircum{}',
  };
  return text
    .replaceAll(/[\\~^#$%&_{}…]/g, (found) => special[found] ?? `\\${found}`)
    .replaceAll(/[<>|]/g, (found) => `$${found === '|' ? '\\vert' : found}$`);
}

function slug(label: string): string {
  return (
    label
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 40) || 'curve'
  );
}

/** In lines that a terminal shows whole. */
function comment(text: string): string[] {
  return text.match(/.{1,100}(\s|$)/g)?.map((line) => `% ${line.trim()}`) ?? [];
}

function hex(colour: string): string {
  return colour.slice(1).toUpperCase();
}

function number(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
