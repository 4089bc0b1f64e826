/**
 * The classic picture of consensus: what chosen agents hold, coordinate by coordinate, against rounds; and
 * where they meet as a level line, the mean of the final x over all agents. A panel for each run. Colours are
 * the coordinates', or the agents' where there is one coordinate.
 */

import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../base/errors.js';
import { plural } from '../base/format.js';
import { showPath } from '../base/show-path.js';
import { readNpy } from '../data/npy.js';
import { type Curve, type Figure, type Panel, wordsAcross } from './figure.js';
import { ALONG_X, type AlongX, type XName } from './quantities.js';
import type { StyleName } from './style.js';
import type { Group, RunTrace } from './traces.js';

/** x.npy is read whole for the level lines; not where it is larger. */
const MOST_BYTES = 2 ** 28;
/** So many agents have colours of their own. */
const MOST_COLOURS = 7;

interface Trajectory {
  agent: number;
  coordinate: number;
  values: number[];
}

interface Followed {
  run: RunTrace;
  title: string;
  x: number[];
  all: Trajectory[];
}

export interface TrajectoryChoices {
  x: XName;
  logX: boolean;
  style: StyleName;
  title: string | null;
}

/** @throws InputError where a run has followed no agents */
export async function trajectoryFigure(
  groups: readonly Group[],
  choices: TrajectoryChoices,
): Promise<Figure> {
  const { x, logX, style, title } = choices;
  const several = groups.length > 1 || groups.some(({ runs }) => runs.length > 1);
  const followed = groups.flatMap(({ method, graph, runs }) =>
    runs.map((run) => {
      const others = new Set(groups.map((group) => group.graph)).size > 1 ? [graph] : [];
      const seed = runs.length > 1 ? [`seed ${run.seed}`] : [];
      return readFollowed(run, [method, ...others, ...seed].join(', '), x);
    }),
  );
  const everything = followed.flatMap(({ all }) => all);
  const coordinates = distinct(everything.map(({ coordinate }) => coordinate));
  const agents = distinct(everything.map(({ agent }) => agent));
  const byAgent = coordinates.length === 1 && agents.length <= MOST_COLOURS;
  const keys = byAgent ? agents : coordinates;
  const styleOf = (each: Trajectory) => keys.indexOf(byAgent ? each.agent : each.coordinate);
  const labels = keys.map((key) => (byAgent ? `agent ${key}` : `coordinate ${key}`));
  const ends = await Promise.all(followed.map(({ run }) => meansAtEnd(run, coordinates)));
  const panels = followed.map(({ run, title: panelTitle, x: along, all }, p): Panel => {
    const curves = all.map(
      (each): Curve => ({
        label: labels[styleOf(each)] as string,
        style: styleOf(each),
        x: along,
        y: each.values,
        low: null,
        high: null,
        diverges: run.status === 'diverged',
        thin: true,
      }),
    );
    const levels = (ends[p] ?? []).map((value, i) => ({ value, style: byAgent ? null : i }));
    return { title: several ? panelTitle : null, curves, levels };
  });
  const calm = panels.filter((_, p) => followed[p]?.run.status !== 'diverged');
  const shown = (calm.length > 0 ? calm : panels).flatMap(({ curves, levels = [] }) => [
    ...curves.flatMap(({ y }) => y.filter(Number.isFinite)),
    ...levels.map(({ value }) => value),
  ]);
  const [least, most] = shown.reduce(
    ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  const room = 0.05 * (most - least) || 0.05 * Math.abs(most) || 1;
  // Beyond the last row the level lines are to be seen.
  const high = 1.06 * Math.max(...followed.map((each) => each.x.at(-1) ?? 1));
  const begins = followed.flatMap((each) => each.x.filter((value) => value > 0).slice(0, 1));
  const across: AlongX = ALONG_X[x];
  const which = byAgent
    ? `coordinate ${coordinates[0]} of x`
    : `${plural(coordinates.length, 'coordinate')} of x`;
  return {
    title,
    caption: `What ${plural(agents.length, 'agent')} ${agents.length === 1 ? 'holds' : 'hold'}, ${which}, against ${across.title}; linear vertical and ${logX ? 'logarithmic' : 'linear'} horizontal axis. Dashed: the mean over all agents at the end.`,
    style,
    x: {
      scale: logX ? 'log' : 'linear',
      low: logX ? Math.min(...begins, high / 2) : 0,
      high,
      ...wordsAcross(across, high, logX),
    },
    y: {
      scale: 'linear',
      low: least - room,
      high: most + room,
      title: coordinates.length === 1 ? `x, coordinate ${coordinates[0]}` : 'x',
      unit: 1,
      labels: 'si',
    },
    panels,
    labels,
    target: null,
    noise: null,
  };
}

function readFollowed(run: RunTrace, title: string, x: XName): Followed {
  const file = path.join(run.folder, 'agents-trace.csv');
  const shown = showPath(run.folder);
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch {
    throw new InputError(
      `--y agents: the run in ${shown} has followed no agents: there is no agents-trace.csv`,
      {
        file,
        hint: 'trace: { every: 1, agents: [0, 5], coordinates: [0, 1] } in the config keeps what they hold',
      },
    );
  }
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const columns = head.split(',').map((name) => /^agent(\d+)\.x(\d+)$/.exec(name));
  const rows = lines.map((line) =>
    line.split(',').map((field) => (field === '' ? Number.NaN : Number(field))),
  );
  if (columns.length < 2 || rows.length === 0 || rows.some(({ length }) => length !== columns.length))
    throw new InputError(`${showPath(file)} has no whole rows with the columns of followed agents`, { file });
  const { column, lacks } = ALONG_X[x] as AlongX;
  const at = new Map(run.rows.map((row) => [row.round, row[column]]));
  const known = rows.filter(([round = -1]) => !Number.isNaN(at.get(round) ?? Number.NaN));
  if (known.length === 0)
    throw new InputError(`--x ${x}: the trace in ${shown} has no ${column}: ${lacks}`, { file });
  const all = columns.flatMap((found, c): Trajectory[] =>
    found === null
      ? []
      : [
          {
            agent: Number(found[1]),
            coordinate: Number(found[2]),
            values: known.map((row) => row[c] as number),
          },
        ],
  );
  return { run, title, x: known.map(([round = 0]) => at.get(round) as number), all };
}

/** The mean of the final x over all agents; none where x.npy is too large or has diverged. */
async function meansAtEnd({ folder }: RunTrace, coordinates: readonly number[]): Promise<number[]> {
  const file = path.join(folder, 'x.npy');
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0 || size > MOST_BYTES) return [];
  const { data, shape } = await readNpy(file);
  const [agents = 0, dim = 0] = shape;
  return coordinates.flatMap((c) => {
    let sum = 0;
    for (let agent = 0; agent < agents; agent++) sum += Number(data[agent * dim + c]);
    return Number.isFinite(sum) ? [sum / agents] : [];
  });
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)];
}
