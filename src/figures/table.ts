/**
 * What a target took, as a LaTeX table (booktabs): rounds and bits of each method on each graph, median and
 * quartiles over the seeds, and how many seeds came to it. A seed that did not counts as infinite. The best
 * of a graph are bold: the smallest median among the methods of which every seed arrived.
 */

import { unitFor } from './figure.js';
import { quantileOf } from './quantile.js';
import { escapeTex } from './tex.js';

export interface TableCell {
  method: string;
  graph: string;
  seeds: number;
  arrived: number;
  /** Of each seed; infinite where it did not arrive. */
  rounds: readonly number[];
  bits: readonly number[];
}

export interface TableTarget {
  title: string;
  bound: number | null;
}

type Quantity = 'rounds' | 'bits';

export function renderTable(cells: readonly TableCell[], { title, bound }: TableTarget): string {
  const graphs = [...new Set(cells.map(({ graph }) => graph))];
  const methods = [...new Set(cells.map(({ method }) => method))];
  const medians = cells.map(({ bits }) => quantileOf(bits, 0.5)).filter(Number.isFinite);
  const { unit, name } = unitFor(medians.length > 0 ? 2 * Math.min(...medians) : 1, 'bit');
  const best = (graph: string, of: Quantity) =>
    Math.min(
      ...cells
        .filter((cell) => cell.graph === graph && cell.arrived === cell.seeds)
        .map((cell) => quantileOf(cell[of], 0.5)),
    );
  const entry = (cell: TableCell | undefined): string[] => {
    if (cell === undefined) return ['', '', ''];
    const shown = (of: Quantity, scale: number) => {
      const median = quantileOf(cell[of], 0.5);
      if (!Number.isFinite(median)) return '---';
      const [q1, q3] = [0.25, 0.75].map((share) => digits(quantileOf(cell[of], share) / scale));
      const isBest = cell.arrived === cell.seeds && median === best(cell.graph, of);
      const text = digits(median / scale);
      const spread = cell.seeds > 1 ? ` [${q1}, ${q3}]` : '';
      return `${isBest ? `\\textbf{${text}}` : text}${spread}`;
    };
    return [shown('rounds', 1), shown('bits', unit), `${cell.arrived}/${cell.seeds}`];
  };
  const rows = methods.map((method) => {
    const of = graphs.flatMap((graph) =>
      entry(cells.find((cell) => cell.method === method && cell.graph === graph)),
    );
    return `${[escapeTex(method), ...of].join(' & ')} \\\\`;
  });
  const spans = graphs.map((graph) => `\\multicolumn{3}{c}{${escapeTex(graph)}}`);
  const rules = graphs.map((_, i) => `\\cmidrule(lr){${2 + 3 * i}-${4 + 3 * i}}`);
  const several = cells.some(({ seeds }) => seeds > 1);
  const what = bound === null ? 'until each run stopped' : `until ${title} <= ${bound}`;
  return [
    `% Rounds and bits ${what}${several ? ': median [first, third quartile] over the seeds, and how many of them arrived' : ''}.`,
    '% The smallest of each graph, among methods of which every seed arrived, is bold. \\usepackage{booktabs}',
    `\\begin{tabular}{l${'rrr'.repeat(graphs.length)}}`,
    '\\toprule',
    ...(graphs.length > 1 ? [` & ${spans.join(' & ')} \\\\`, rules.join(' ')] : []),
    `method & ${graphs.map(() => `rounds & ${name} & seeds`).join(' & ')} \\\\`,
    '\\midrule',
    ...rows,
    '\\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n');
}

/** Whole numbers with thin spaces between thousands, others to three digits. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return '$\\infty$';
  if (value < 1000) return String(Number(value.toPrecision(3)));
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\\,');
}
