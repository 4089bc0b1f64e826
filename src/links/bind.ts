/**
 * From "which arcs are up" to the Laplacian of the round, in the arena.
 *
 * At the beginning of a round every worker writes the weights and degrees of its own agents' rows; gather
 * kernels read no others, so this takes no barrier and changes no kernel. Flows see `Runtime.graph` and
 * gather as ever.
 *
 *     links.weights[e] = w_e where e is up, else 0     links.degrees[i] = their sum over row i, in row order
 *
 * The first table of arcs has each agent's in-neighbours, whose messages it reads. Where a sender has to know
 * its out-neighbours beforehand (push-sum), or arcs have a direction, a second table, of out-neighbours, is
 * kept one round ahead of the first.
 */

import type { Kernels } from '../../kernels/bindings.js';
import type { Graph } from '../../topology/index.js';
import type { Arena } from '../arena/arena.js';
import { arcsThatLast, type FieldSpec } from '../arena/layout.js';
import type { Seed } from '../runtime.js';
import { LINKS_STREAM } from './draws.js';
import { linksDefinition } from './registry.js';
import type { ArcRows, ArcTable, BoundLinks, LinksModel, LinksPlan, Orientation } from './types.js';

const ORIENTATION: Record<Orientation, number> = { edges: 0, in: 1, out: 2 };

/** What the table of out-neighbours is for; without any there is none. */
export interface OutTable {
  /** Arcs have a direction: in-neighbours are others than out-neighbours. */
  directed: boolean;
  /** The flow divides by the number of out-neighbours: `graph.outDegrees` is kept a round ahead. */
  shares: boolean;
}

const hasOutTable = ({ directed, shares }: OutTable) => directed || shares;

/** Rows of in-neighbours, which gather kernels read; `graph.rowStart` and `graph.columns` of the arena. */
export function inRows({ rowStart, columns, arcs }: Graph): ArcRows {
  return arcs
    ? { rowStart: arcs.inStart, columns: arcs.inColumns, orientation: 'in' }
    : { rowStart, columns, orientation: 'edges' };
}

/** Rows of out-neighbours. */
export function outRows({ rowStart, columns, arcs }: Graph): ArcRows {
  return arcs
    ? { rowStart: arcs.outStart, columns: arcs.outColumns, orientation: 'out' }
    : { rowStart, columns, orientation: 'edges' };
}

const inField = (name: string) => `links.${name}`;
const outField = (name: string) => `links.out.${name}`;

export function linksFields(model: LinksModel, agents: number, arcs: number, out: OutTable): FieldSpec[] {
  const { lanes } = model.plan;
  const table = (field: (name: string) => string, outward: boolean): FieldSpec[] => [
    // Those of out-neighbours are known a round ahead.
    arcsThatLast({ name: field('up'), type: 'u8', length: arcs }, arcs, 1, outward),
    ...(lanes > 0 ? [{ name: field('words'), type: 'u32' as const, length: lanes * arcs }] : []),
    ...model.fields(arcs, agents, outward).map((own) => ({ ...own, name: field(own.name) })),
  ];
  return [
    ...table(inField, false),
    { name: 'links.weights', type: 'f64', length: arcs },
    { name: 'links.degrees', type: 'f64', length: agents },
    ...(hasOutTable(out) ? table(outField, true) : []),
  ];
}

/** On the host, once; the rows are those of the arena, by position, which are there by then. */
export function fillLinks(arena: Arena, model: LinksModel): void {
  if (model.fill === undefined) return;
  const directed = model.graph.arcs !== undefined;
  model.fill(arena, inField, arcRowsOf(arena, directed ? 'in' : 'edges'));
  if (arena.has(outField('up'))) model.fill(arena, outField, arcRowsOf(arena, directed ? 'out' : 'edges'));
}

function arcRowsOf(arena: Arena, orientation: Orientation): ArcRows {
  const outward = orientation === 'out';
  return {
    rowStart: arena.view(outward ? 'graph.outStart' : 'graph.rowStart', 'u32'),
    columns: arena.view(outward ? 'graph.outColumns' : 'graph.columns', 'u32'),
    orientation,
    numbers: arena.has('agents.numbers') ? arena.view('agents.numbers', 'u32') : undefined,
  };
}

/** The links of a run, bound to one worker. */
export interface RoundLinks {
  /** Before round 0. */
  prologue(): void;
  /** Weights and degrees of `round`, before anything is gathered. */
  begin(round: number): void;
  /** Out-neighbours of `round`, in the round before it and after that one's messages were counted. */
  ahead(round: number): void;
  /** Of the arcs to this worker's agents' out-neighbours, those that are up in the round that began. */
  carries: Uint8Array;
}

export interface LinksInputs {
  plan: LinksPlan;
  out: OutTable;
  /** Rows of agents in the arena, and agents of the run. */
  agents: number;
  total: number;
  /** 8, or 0 where all edges weigh 1. */
  weightStride: number;
  seed: Seed;
  /** Agents of this worker. */
  first: number;
  end: number;
}

export function bindLinks(inputs: LinksInputs, arena: Arena, kernels: Kernels): RoundLinks {
  const { plan, out, agents, total, weightStride, seed, first, end } = inputs;
  const { directed, shares } = out;

  const tableOf = (field: (name: string) => string, orientation: Orientation): ArcTable => {
    const rows = arcRowsOf(arena, orientation);
    const startAt = rows.rowStart.byteOffset;
    const columnsAt = rows.columns.byteOffset;
    const numbersAt = rows.numbers?.byteOffset ?? 0;
    const { lanes } = plan;
    const wordsAt = lanes > 0 ? arena.address(field('words')) : 0;
    const words = lanes > 0 ? arena.view(field('words'), 'u32') : new Uint32Array();
    const code = ORIENTATION[orientation];
    return {
      ...rows,
      arena,
      agents,
      total,
      seed,
      first,
      end,
      field,
      up: arena.view(field('up'), 'u8'),
      draw(round) {
        kernels.linkWords(
          first,
          end - first,
          startAt,
          columnsAt,
          numbersAt,
          code,
          lanes,
          wordsAt,
          round,
          LINKS_STREAM,
          seed.low,
          seed.high,
        );
        return words;
      },
    };
  };

  const definition = linksDefinition(plan.kind, ['links']);
  const inTable = tableOf(inField, directed ? 'in' : 'edges');
  const inLinks = definition.bind(plan, inTable);
  const outTable = hasOutTable(out) ? tableOf(outField, directed ? 'out' : 'edges') : null;
  const outLinks: BoundLinks | null = outTable && definition.bind(plan, outTable);

  const { rowStart, up } = inTable;
  const base = arena.view('graph.weights', 'f64');
  const every = weightStride / 8;
  const weights = arena.view('links.weights', 'f64');
  const degrees = arena.view('links.degrees', 'f64');
  const outDegrees = shares ? arena.view('graph.outDegrees', 'f64') : null;

  const ahead = (round: number) => {
    if (outTable === null || outLinks === null) return;
    outLinks.mask(round);
    if (outDegrees === null) return;
    for (let row = first; row < end; row++) {
      let count = 0;
      for (let arc = outTable.rowStart[row]; arc < outTable.rowStart[row + 1]; arc++) {
        count += outTable.up[arc];
      }
      outDegrees[row] = count;
    }
  };

  return {
    prologue() {
      inLinks.prologue?.();
      outLinks?.prologue?.();
      ahead(0);
    },
    begin(round) {
      inLinks.mask(round);
      for (let row = first; row < end; row++) {
        let degree = 0;
        for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
          const weight = up[arc] === 1 ? base[arc * every] : 0;
          weights[arc] = weight;
          degree += weight;
        }
        degrees[row] = degree;
      }
    },
    ahead,
    carries: outTable?.up ?? up,
  };
}
