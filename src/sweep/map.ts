/**
 * A map: a sweep over two axes, what became of every point, and the line beyond which theory says that errors
 * grow.
 *
 * The line is where the spectral radius of a round is 1 (`Prepared.predict`). It is looked for on the lattice of
 * the cells' corners: where the radius crosses 1 between two of them the place is halved, and the places are
 * joined square by square (marching squares). On an axis without numbers between its values there is nothing to
 * look for; where one axis has them, the line is a mark in each row or column.
 */

import { isInputError } from '../base/errors.js';
import { askAgain } from '../compare/grid.js';
import { runGrid } from '../compare/run-grid.js';
import type { Cell, CellOutcome, GivingUp } from '../compare/types.js';
import type { Where } from '../compare/where.js';
import { type Axis, type AxisInput, type AxisValue, numberValue } from './axes.js';
import { makeSweep, type Sweep, type SweepInputs } from './make.js';
import type { SweepPoint } from './results.js';

/** What is drawn. */
export const MAP_QUANTITIES = ['rounds', 'rate', 'status', 'bits'] as const;
/** What a map draws: rounds or bits to the target, the factor of the error in a round, or who arrives. */
export type MapQuantity = (typeof MAP_QUANTITIES)[number];

export interface MapInputs extends Pick<SweepInputs, 'config' | 'seeds' | 'target' | 'set'> {
  /** Axes: `flow.step=0.01..1:log:20`, or a path and its values. */
  x: string | { path: string; values: AxisInput };
  y: string | { path: string; values: AxisInput };
  of: MapQuantity;
  /** What makes it give a cell up; null: nothing. */
  giveUp: readonly GivingUp[] | null;
}

/** The sweep over both axes; the one upwards changes fastest. Throws InputError. */
export function makeMap({ x, y, of, giveUp, ...inputs }: MapInputs): Promise<Sweep> {
  // A rate is that of the long run: what is slow is not cut short.
  const reasons = giveUp === null ? null : of === 'rate' ? giveUp.filter((why) => why !== 'slow') : giveUp;
  return makeSweep({
    ...inputs,
    grid: [x, y],
    option: ['--x', '--y'],
    ask: { ...(reasons && { giveUp: reasons }), predict: of === 'rate' ? 'radius' : 'side' },
  });
}

/** What became of a point: `late` is not there yet, `missing` has not run. */
export type MapClass = 'arrived' | 'late' | 'diverged' | 'refused' | 'failed' | 'missing';

/** Places in units of cells: the middle of the first is 0. */
export type Place = readonly [x: number, y: number];

/** Where theory says that a round stops to shrink errors. */
export interface Boundary {
  /** Pieces of the line, each between two places in units of cells: the middle of the first cell is 0. */
  pieces: [from: Place, to: Place][];
  /** Whether it is of the round itself, and not of a model of it. */
  exact: boolean;
  /** Of which seed. */
  seed: number;
}

/** How theory and measurement agree, on the cells that have both. */
export interface Agreement {
  /** Cells of which both say whether errors grow. */
  cells: number;
  /** Of them, those that agree. */
  agree: number;
  /** The largest distance of a radius from 1 at which they do not. */
  margin: number;
}

/** Halvings of the distance between two corners. */
const HALVINGS = 4;

export function classOf(point: SweepPoint | undefined): MapClass {
  if (point === undefined || point.ran < point.seeds) return 'missing';
  const { status, grows, reached, seeds } = point;
  if (reached === seeds) return 'arrived';
  if (status === 'refused' || status === 'failed') return status;
  return grows ? 'diverged' : 'late';
}

export function agreementOf(points: readonly SweepPoint[]): Agreement | null {
  let [cells, agree, margin] = [0, 0, 0];
  for (const point of points) {
    const { predictedRate } = point;
    const found = classOf(point);
    if (predictedRate === null || !['arrived', 'late', 'diverged'].includes(found)) continue;
    cells++;
    if (predictedRate < 1 === (found !== 'diverged')) agree++;
    else margin = Math.max(margin, Math.abs(predictedRate - 1));
  }
  return cells === 0 ? null : { cells, agree, margin };
}

/** Values between those of an axis; null where it has none. */
function between(axis: Axis): ((place: number) => AxisValue) | null {
  const numbers = axis.values.map(({ value }) => value);
  if (!numbers.every((value) => typeof value === 'number') || axis.range?.whole || numbers.length < 2)
    return null;
  const values = numbers as number[];
  const log = axis.range?.scale === 'log';
  const last = values.length - 1;
  return (place) => {
    const at = Math.min(last - 1, Math.max(0, Math.floor(place)));
    const [low, high] = [values[at]!, values[at + 1]!];
    const share = place - at;
    return numberValue(log ? low * (high / low) ** share : low + (high - low) * share, 12, false);
  };
}

/** Corners along an axis: half a cell beyond its ends, where the config may be that; one a value where nothing lies between. */
interface Side {
  places: number[];
  value: (place: number) => AxisValue;
  continuous: boolean;
}

/** Null where theory says nothing of this config, or a stop came. */
export async function predictBoundary(
  sweep: Sweep,
  { where, onRun }: { where: Where; onRun?: (stop: () => void) => void },
): Promise<Boundary | null> {
  const [x, y] = sweep.axes as [Axis, Axis];
  const first = sweep.cells[0] as Cell;
  const memory = new Map<string, { radius: number; exact: boolean } | null>();
  const key = ([i, j]: Place) => `${i} ${j}`;
  const sides = [x, y].map((axis): Side => {
    const inner = between(axis);
    const last = axis.values.length - 1;
    if (inner === null)
      return {
        places: axis.values.map((_, i) => i),
        value: (place) => axis.values[place]!,
        continuous: false,
      };
    return {
      places: [-0.5, ...Array.from({ length: last }, (_, i) => i + 0.5), last + 0.5],
      value: inner,
      continuous: true,
    };
  }) as [Side, Side];
  if (!sides[0].continuous && !sides[1].continuous) return null;
  const valuesAt = ([i, j]: Place) => [sides[0].value(i), sides[1].value(j)];
  for (const [at, side] of sides.entries()) {
    if (!side.continuous) continue;
    // Half a cell beyond the end may be no config: then the lattice ends in the middle of the last cells.
    for (const [end, to] of [
      [0, 0],
      [side.places.length - 1, (at === 0 ? x : y).values.length - 1],
    ] as const) {
      const place: Place = at === 0 ? [side.places[end]!, 0] : [0, side.places[end]!];
      const fine = await sweep.loadAt(valuesAt(place), first.seed).then(
        () => true,
        (error: unknown) => {
          if (isInputError(error)) return false;
          throw error;
        },
      );
      if (!fine) side.places[end] = to;
    }
  }

  /** Fills in the radius at these places; false where it was stopped. */
  const look = async (places: readonly Place[]): Promise<boolean> => {
    const cells: Cell[] = [];
    const of = new Map<string, Place[]>();
    for (const place of places) {
      if (memory.has(key(place))) continue;
      const loaded = await sweep.loadAt(valuesAt(place), first.seed).catch(() => null);
      if (loaded === null) {
        memory.set(key(place), null);
        continue;
      }
      loaded.config.stop = { ...first.loaded.config.stop };
      const cell = askAgain({ ...first, loaded }, 0, { predict: 'side', limit: 0 });
      of.set(cell.id, [...(of.get(cell.id) ?? []), place]);
      cells.push(cell);
    }
    let stopped = false;
    const run = runGrid(
      cells,
      { read: () => null, keep: () => {} },
      {
        where,
        target: sweep.target,
        tune: 0,
        ask: { predict: 'side', limit: 0 },
        onDone: () => {},
      },
    );
    onRun?.(() => {
      stopped = true;
      run.stop();
    });
    await run.finished;
    for (const [id, group] of of)
      for (const place of group) memory.set(key(place), predictionOf(run.outcomes.get(id)));
    return !stopped;
  };

  const lattice = sides[0].places.flatMap((i) => sides[1].places.map((j): Place => [i, j]));
  // Where theory has nothing to say of a corner or two, it has nothing to say of the others.
  if (
    !(await look(lattice.slice(0, 2))) ||
    lattice.slice(0, 2).every((place) => memory.get(key(place)) === null)
  )
    return null;
  if (!(await look(lattice))) return null;
  const known = [...memory.values()].find((prediction) => prediction !== null);
  if (known === undefined || known === null) return null;

  // Edges of the lattice that the line crosses: [inside, outside], halved.
  const inside = (place: Place) => {
    const prediction = memory.get(key(place));
    return prediction === null || prediction === undefined ? null : prediction.radius < 1;
  };
  const edges = new Map<string, { near: Place; far: Place }>();
  const edgeKey = (a: Place, b: Place) => `${key(a)} ${key(b)}`;
  const [columns, rows] = [sides[0].places, sides[1].places];
  for (const [i, column] of columns.entries()) {
    for (const [j, row] of rows.entries()) {
      const ends: [number | undefined, number | undefined, boolean][] = [
        [columns[i + 1], row, sides[0].continuous],
        [column, rows[j + 1], sides[1].continuous],
      ];
      for (const [toColumn, toRow, continuous] of ends) {
        if (!continuous || toColumn === undefined || toRow === undefined) continue;
        const [a, b]: [Place, Place] = [
          [column, row],
          [toColumn, toRow],
        ];
        const [atA, atB] = [inside(a), inside(b)];
        if (atA === null || atB === null || atA === atB) continue;
        edges.set(edgeKey(a, b), atA ? { near: a, far: b } : { near: b, far: a });
      }
    }
  }
  const middle = ({ near, far }: { near: Place; far: Place }): Place => [
    (near[0] + far[0]) / 2,
    (near[1] + far[1]) / 2,
  ];
  for (let halving = 0; halving < HALVINGS && edges.size > 0; halving++) {
    if (!(await look([...edges.values()].map(middle)))) return null;
    for (const edge of edges.values()) {
      const place = middle(edge);
      if (inside(place)) edge.near = place;
      else edge.far = place;
    }
  }

  const pieces: Boundary['pieces'] = [];
  if (!sides[0].continuous || !sides[1].continuous) {
    for (const edge of edges.values()) {
      const [i, j] = middle(edge);
      pieces.push(
        sides[0].continuous
          ? [
              [i, j - 0.5],
              [i, j + 0.5],
            ]
          : [
              [i - 0.5, j],
              [i + 0.5, j],
            ],
      );
    }
  } else {
    for (let i = 0; i + 1 < columns.length; i++) {
      for (let j = 0; j + 1 < rows.length; j++) {
        const corner = (a: number, b: number): Place => [columns[a]!, rows[b]!];
        // Around the square.
        const crossed = [
          edges.get(edgeKey(corner(i, j), corner(i + 1, j))),
          edges.get(edgeKey(corner(i + 1, j), corner(i + 1, j + 1))),
          edges.get(edgeKey(corner(i, j + 1), corner(i + 1, j + 1))),
          edges.get(edgeKey(corner(i, j), corner(i, j + 1))),
        ].filter((edge) => edge !== undefined);
        for (let at = 0; at + 1 < crossed.length; at += 2)
          pieces.push([middle(crossed[at]!), middle(crossed[at + 1]!)]);
      }
    }
  }
  return { pieces, exact: known.exact, seed: first.seed };
}

function predictionOf(outcome: CellOutcome | undefined) {
  return outcome !== undefined && 'predicted' in outcome ? (outcome.predicted ?? null) : null;
}
