/** Certificates as people read them: a table, one sentence each, and the picture of the decay. */

import type { Certificate } from '../certify/certify.js';
import { type Colours, formatBits, formatCount, formatQuantity } from '../format.js';
import { logPlot } from './plot.js';

/** Cheapest first: by the bits that the worst start takes to a thousandth; what never gets there comes last. */
export function sortCertificates(certificates: readonly Certificate[]): Certificate[] {
  const bits = ({ verdict, bits }: Certificate) =>
    verdict.kind !== 'no' ? bits.thousandfold.worst : Number.MAX_VALUE;
  return [...certificates].sort(
    (a, b) => bits(a) - bits(b) || a.bits.thousandfold.median - b.bits.thousandfold.median || 0,
  );
}

const MAX_NAME = 40;

export function formatCertificates(certificates: readonly Certificate[], paint: Colours): string {
  const [{ dim, seed, starts }] = certificates;
  const head = [
    [
      '',
      '',
      '',
      'one message keeps',
      '',
      'as planned',
      '',
      'rate a round',
      '',
      'bits a',
      'bits to |e|/1000',
      '',
    ],
    [
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
    ],
  ];
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
  const widths = head[1].map((_, c) =>
    // The words above two columns reach over both.
    Math.max(...[head[1], ...rows].map((row) => [...row[c]].length), c === 3 || c === 5 || c === 7 ? 7 : 0),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
      .join('  ')
      .trimEnd();
  const upper = spanning(head[0], widths);
  const width = Math.max(...rows.map(([name]) => [...name].length));
  return [
    `dim ${dim}, ${starts.length} starts, seed ${seed}; e <- e - mu C(e, k), one message a round`,
    '',
    paint.dim(upper),
    paint.dim(line(head[1])),
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

/** Headings over two columns, right-aligned with the second. */
function spanning(cells: readonly string[], widths: readonly number[]): string {
  let out = '';
  for (let c = 0; c < cells.length; c++) {
    const gap = c === 0 ? '' : '  ';
    const isWide = c === 3 || c === 5 || c === 7 || c === 10;
    if (isWide) {
      out += gap + cells[c].padStart(widths[c] + 2 + widths[c + 1]);
      c++;
    } else out += gap + cells[c].padStart(widths[c]);
  }
  return out.trimEnd();
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
  const [{ dim, starts }] = certificates;
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
