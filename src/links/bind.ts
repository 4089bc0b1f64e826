/**
 * From "which arcs are up" to the Laplacian of the round, in the arena.
 *
 * At the beginning of a round every worker writes the weights and degrees of its own agents' rows; gather kernels read no others, so this takes no
 * barrier and changes no kernel. Flows see `Runtime.graph` and gather as ever.
 *
 *     links.weights[e] = w_e where e is up, else 0        links.degrees[i] = their sum over row i, in row order
 *
 * Where a sender has to know who will hear it (push-sum) or arcs have a direction, a second table of arcs, `hearers`, is kept one round ahead of the first.
 */

import type { Kernels } from '../../kernels/bindings.js';
import type { Graph } from '../../topology/index.js';
import type { Arena } from '../arena/arena.js';
import type { FieldSpec } from '../arena/layout.js';
import type { Seed } from '../runtime.js';
import { LINKS_STREAM } from './draws.js';
import { linksDefinition } from './registry.js';
import type { ArcRows, ArcTable, BoundLinks, LinksModel, LinksPlan, Orientation } from './types.js';

const ORIENTATION: Record<Orientation, number> = { edges: 0, heard: 1, hearers: 2 };

/** What the second table is for; without any there is none. */
export interface Hearers {
  /** Arcs have a direction: who is heard is another table than who hears. */
  directed: boolean;
  /** The flow divides by the number of those who will hear: `graph.outDegrees` is kept a round ahead. */
  shares: boolean;
}

const hasHearers = ({ directed, shares }: Hearers) => directed || shares;

/** Rows of what each node hears, the table that gather kernels read; `graph.rowStart` and `graph.columns` of the arena. */
export function heardRows({ rowStart, columns, arcs }: Graph): ArcRows {
  return arcs
    ? { rowStart: arcs.inStart, columns: arcs.inColumns, orientation: 'heard' }
    : { rowStart, columns, orientation: 'edges' };
}

/** Rows of those who hear each node. */
export function hearerRows({ rowStart, columns, arcs }: Graph): ArcRows {
  return arcs
    ? { rowStart: arcs.outStart, columns: arcs.outColumns, orientation: 'hearers' }
    : { rowStart, columns, orientation: 'edges' };
}

const heardField = (name: string) => `links.${name}`;
const hearersField = (name: string) => `links.hearers.${name}`;

export function linksFields(model: LinksModel, agents: number, arcs: number, hearers: Hearers): FieldSpec[] {
  const { lanes } = model.plan;
  const table = (field: (name: string) => string): FieldSpec[] => [
    { name: field('up'), type: 'u8', length: arcs },
    ...(lanes > 0 ? [{ name: field('words'), type: 'u32' as const, length: lanes * arcs }] : []),
    ...model.fields(arcs, agents).map((own) => ({ ...own, name: field(own.name) })),
  ];
  return [
    ...table(heardField),
    { name: 'links.weights', type: 'f64', length: arcs },
    { name: 'links.degrees', type: 'f64', length: agents },
    ...(hasHearers(hearers) ? table(hearersField) : []),
  ];
}

/** On the host, once. */
export function fillLinks(arena: Arena, model: LinksModel): void {
  model.fill?.(arena, heardField, heardRows(model.graph));
  if (arena.has(hearersField('up'))) model.fill?.(arena, hearersField, hearerRows(model.graph));
}

/** The links of a run, bound to one worker. */
export interface RoundLinks {
  /** Before round 0. */
  prologue(): void;
  /** Weights and degrees of `round`, before anything is gathered. */
  begin(round: number): void;
  /** Hearers of `round`, in the round before it and after that one's messages were counted. */
  ahead(round: number): void;
  /** Of the arcs on which this worker's agents are heard, those that are up in the round that began. */
  carries: Uint8Array;
}

export interface LinksInputs {
  plan: LinksPlan;
  hearers: Hearers;
  agents: number;
  /** 8, or 0 where all edges weigh 1. */
  weightStride: number;
  seed: Seed;
  /** Agents of this worker. */
  first: number;
  end: number;
}

export function bindLinks(inputs: LinksInputs, arena: Arena, kernels: Kernels): RoundLinks {
  const { plan, hearers, agents, weightStride, seed, first, end } = inputs;
  const { directed, shares } = hearers;

  const tableOf = (field: (name: string) => string, orientation: Orientation): ArcTable => {
    const outward = orientation === 'hearers';
    const [startName, columnsName] = outward
      ? ['graph.outStart', 'graph.outColumns']
      : ['graph.rowStart', 'graph.columns'];
    const [startAt, columnsAt] = [arena.address(startName), arena.address(columnsName)];
    const { lanes } = plan;
    const wordsAt = lanes > 0 ? arena.address(field('words')) : 0;
    const words = lanes > 0 ? arena.view(field('words'), 'u32') : new Uint32Array();
    const code = ORIENTATION[orientation];
    return {
      arena,
      agents,
      first,
      end,
      orientation,
      field,
      rowStart: arena.view(startName, 'u32'),
      columns: arena.view(columnsName, 'u32'),
      up: arena.view(field('up'), 'u8'),
      draw(round) {
        kernels.linkWords(
          first,
          end - first,
          startAt,
          columnsAt,
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
  const heardTable = tableOf(heardField, directed ? 'heard' : 'edges');
  const heard = definition.bind(plan, heardTable);
  const hearerTable = hasHearers(hearers) ? tableOf(hearersField, directed ? 'hearers' : 'edges') : null;
  const heardBy: BoundLinks | null = hearerTable && definition.bind(plan, hearerTable);

  const { rowStart, up } = heardTable;
  const base = arena.view('graph.weights', 'f64');
  const every = weightStride / 8;
  const weights = arena.view('links.weights', 'f64');
  const degrees = arena.view('links.degrees', 'f64');
  const outDegrees = shares ? arena.view('graph.outDegrees', 'f64') : null;

  const ahead = (round: number) => {
    if (hearerTable === null || heardBy === null) return;
    heardBy.mask(round);
    if (outDegrees === null) return;
    for (let row = first; row < end; row++) {
      let count = 0;
      for (let arc = hearerTable.rowStart[row]; arc < hearerTable.rowStart[row + 1]; arc++) {
        count += hearerTable.up[arc];
      }
      outDegrees[row] = count;
    }
  };

  return {
    prologue() {
      heard.prologue?.();
      heardBy?.prologue?.();
      ahead(0);
    },
    begin(round) {
      heard.mask(round);
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
    carries: hearerTable?.up ?? up,
  };
}
