/** Certificates as people read them: a table, one sentence each, and the picture of the decay. */

import { formatCount } from '../base/count.js';
import { alignRow, type Colours, columnWidths, formatBits, formatQuantity } from '../base/format.js';
import type { Certificate } from '../certify/certify.js';
import { logPlot } from './plot.js';

/**
 * Cheapest first: by the bits that the worst start takes to a thousandth; what never gets there comes last.
 */
export function sortCertificates(certificates: readonly Certificate[]): Certificate[] {
  const bits = ({ verdict, bits }: Certificate) =>
    verdict.kind !== 'no' ? bits.thousandfold.worst : Number.MAX_VALUE;
  return [...certificates].sort(
    (a, b) => bits(a) - bits(b) || a.bits.thousandfold.median - b.bits.thousandfold.median || 0,
  );
}

const MAX_NAME = 40;

const HEAD = [
  'compressor',
  'mu',
  'L_c',
  'mean',
  'worst',
  'least',
  'of',
  'median',
  'worst',
  'message',
  'median',
  'worst',
];

const UPPER_HEAD = [
  ['', 3],
  ['one message keeps', 2],
  ['as planned', 2],
  ['rate a round', 2],
  ['bits a', 1],
  ['bits to |e|/1000', 2],
] as const;

export function formatCertificates(certificates: readonly Certificate[], paint: Colours): string {
  const [first] = certificates;
  if (first === undefined) return '';
  const { dim, seed, starts } = first;
  const rows = certificates.map((certificate) => {
    const { compressor, gain, bound, contraction, rate, bits, exactAfter } = certificate;
    const about = (value: number) =>
      Number.isFinite(value) ? `${bits.extrapolated ? '~' : ''}${formatBits(value)}` : 'never';
    const rates = exactAfter === 1 ? ['exact', 'exact'] : [rate.median, rate.worst].map(three);
    return [
      shorten(compressor),
      three(gain.used),
      bound.measured > 1e6 ? bound.measured.toExponential(0) : three(bound.measured),
      three(contraction.mean),
      three(contraction.worst),
      three(contraction.analytic),
      contraction.kind,
      ...rates,
      Number.isInteger(bits.perMessage) ? formatCount(bits.perMessage) : formatQuantity(bits.perMessage, 4),
      about(bits.thousandfold.median),
      about(bits.thousandfold.worst),
    ];
  });
  // What stands above two columns reaches over both.
  const least = HEAD.map((_, c) => (c === 3 || c === 5 || c === 7 ? 7 : 0));
  const widths = columnWidths([HEAD, ...rows], least);
  const line = (row: readonly string[]) => alignRow(row, widths, 1);
  const width = Math.max(...rows.map(([name = '']) => [...name].length));
  return [
    `dim ${dim}, ${starts.length} starts, seed ${seed}; e <- e - mu C(e, k), one message a round`,
    '',
    paint.dim(spanning(UPPER_HEAD, widths)),
    paint.dim(line(HEAD)),
    ...rows.map(line),
    '',
    ...certificates.map(({ compressor, verdict }) => {
      const [word, colour] = {
        yes: ['qualifies', paint.green],
        'smaller-gain': ['qualifies', paint.green],
        'in-range': ['only in part', paint.yellow],
        no: ['does not qualify', paint.red],
      }[verdict.kind] as [string, (text: string) => string];
      return `${shorten(compressor).padEnd(width)}  ${colour(word)}: ${verdict.reason}`;
    }),
  ].join('\n');
}

/** Headings that reach over so many columns each, right-aligned with the last of them. */
function spanning(headings: readonly (readonly [text: string, columns: number])[], widths: number[]): string {
  let next = 0;
  const cells = headings.map(([text, columns]) => {
    const under = widths.slice(next, next + columns);
    next += columns;
    return text.padStart(under.reduce((total, width) => total + width, 2 * (columns - 1)));
  });
  return cells.join('  ').trimEnd();
}

function three(value: number): string {
  // What rounding leaves of zero.
  return formatQuantity(Math.abs(value) < 1e-12 ? 0 : value, 3);
}

function shorten(name: string): string {
  if (name.length <= MAX_NAME) return name;
  const half = Math.floor((MAX_NAME - 1) / 2);
  return `${name.slice(0, half)}…${name.slice(name.length - half)}`;
}

const FLOOR = 1e-9;
const CEILING = 10;
/** More bands than this hide one another. */
const MAX_BANDS = 6;

/** |e| against rounds, and against bits: the median start as a line, shaded up to the worst. */
export function drawCertificates(certificates: readonly Certificate[]): string {
  const series = (x: (certificate: Certificate) => number[]) =>
    certificates.map((certificate) => {
      const { decay, compressor, gain } = certificate;
      const suffix = gain.used === gain.asked ? '' : `, mu = ${gain.used}`;
      return {
        label: shorten(compressor) + suffix,
        x: x(certificate),
        y: decay.median,
        ...(certificates.length <= MAX_BANDS && { low: decay.median, high: decay.worst }),
      };
    });
  const [first] = certificates;
  if (first === undefined) return '';
  const { dim, starts } = first;
  return logPlot(
    [
      {
        xLabel: 'rounds',
        logX: true,
        series: series(({ decay }) => decay.rounds.map((k) => Math.max(k, 0.5))),
      },
      {
        xLabel: 'bits sent',
        logX: true,
        series: series(({ decay, bits }) => decay.bits.map((b) => Math.max(b, bits.perMessage / 2))),
      },
    ],
    {
      title: `Error left, dim ${dim}: median of ${starts.length} starts${certificates.length <= MAX_BANDS ? '; shaded up to the worst of them' : ''}`,
      yLabel: '|e| / |e(0)|',
      floor: FLOOR,
      ceiling: CEILING,
    },
  );
}

/** Everything, for programs: numbers that JSON does not have become null. */
export function certificatesJson(certificates: readonly Certificate[]): string {
  return JSON.stringify(
    certificates,
    (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? null : value),
    2,
  );
}
