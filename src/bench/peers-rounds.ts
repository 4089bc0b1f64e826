/** Rounds of one problem by everybody, in turns, and who is how many times as fast. */

import { countText, figure, medianText, ratioFigure, spreadText } from './figures.js';
import { GATHER_LIMIT, gatherLimit } from './gather-limit.js';
import { type Contestant, interleave } from './interleave.js';
import type { Peer, Peers } from './peers-open.js';
import {
  type Agreement,
  checkAgreement,
  type Method,
  NUMPY_WAYS,
  type SharedProblem,
  shareProblem,
} from './peers-problem.js';
import { DEGREE, DIM, OUT_OF_CACHE_AGENTS } from './problem.js';
import { Rig } from './rig.js';
import { bytesAskedFor } from './round-bytes.js';
import type { BenchInputs, Figure, Table, Target } from './types.js';

export interface Shape {
  agents: number;
  dim: number;
}

export interface Collected {
  figures: Figure[];
  tables: Table[];
  agreement: Agreement[];
}

const isInCache = ({ agents, dim }: Shape) => agents * dim < OUT_OF_CACHE_AGENTS * DIM;
/** Of figures' ids: agents, and the dimension where it is not the usual one. */
const idOf = ({ agents, dim }: Shape) => (dim === DIM ? `${agents}` : `${agents}x${dim}`);

type Contender =
  | 'ours'
  | 'ours-alone'
  | 'ours-float32'
  | 'c'
  | 'c-alone'
  | 'numpy'
  | 'numpy-in-place'
  | 'numpy-float32'
  | 'gather';

/** Whose time is held over whose: theirs over ours. */
const AGAINST: Partial<Record<Contender, { ours: Contender; label: string }>> = {
  c: { ours: 'ours', label: "speed over C/OpenMP's" },
  'c-alone': { ours: 'ours-alone', label: "one thread, speed over C's" },
  numpy: { ours: 'ours', label: "speed over NumPy/SciPy's" },
  'numpy-in-place': { ours: 'ours', label: "speed over NumPy/SciPy's in place" },
  'numpy-float32': { ours: 'ours-float32', label: "float32, speed over NumPy/SciPy's in float32" },
};

/** What the project set itself, by shape, method and peer. */
const TARGETS: Readonly<Record<string, number>> = {
  '1000/none/c': 0.6,
  '1000/none/c-alone': 0.7,
  '100000/none/c': 1.2,
  '1000000x8/none/c': 1.2,
  // NumPy as it is usually written.
  '1000/none/numpy': 8,
  '1000/none/numpy-float32': 4,
  '100000/none/numpy': 3,
  '1000/flattened-sign/numpy': 10,
  '100000/flattened-sign/numpy': 10,
};

function roundTarget(shape: Shape, method: Method, peer: Contender): Target | undefined {
  const atLeast = TARGETS[`${idOf(shape)}/${method}/${peer}`];
  return atLeast === undefined ? undefined : { atLeast };
}

interface RoundContestant extends Contestant<number> {
  who: Contender;
  method: Method;
}

export async function compareRounds(
  inputs: BenchInputs,
  opened: Peers,
  threads: number,
  shape: Shape,
  collected: Collected,
): Promise<void> {
  // With a line a row NumPy would be measured at its temporaries.
  const peers = shape.dim === DIM ? opened : { ...opened, numpy: null };
  const problem = await shareProblem(peers, shape.agents, inputs.seed, shape.dim);
  collected.agreement.push(...(await checkAgreement(problem, peers)));
  const seconds = inputs.quick ? 0.01 : 0.3;
  const rigs: Rig[] = [];
  try {
    const contestants: RoundContestant[] = [];
    for (const method of problem.methods) {
      const { c, numpy } = peers;
      contestants.push(...(await ourContestants(problem, method, threads, seconds, peers, rigs)));
      if (c && method === 'none') contestants.push(...(await contestantsInC(c, problem, threads, seconds)));
      if (numpy) contestants.push(...(await contestantsInNumpy(numpy, problem, method, seconds)));
    }
    inputs.progress.expect(contestants.length * inputs.passes);
    const samples = await interleave(contestants, inputs.passes, inputs.progress);
    const transform = peers.numpy ? (await peers.numpy.child.ask('transform'))[0] : null;
    collectRounds(contestants, samples, shape, transform, collected);
  } finally {
    for (const rig of rigs) await rig.close();
  }
}

const named = (who: string, method: Method, { agents }: Shape) =>
  `${who}, ${method}, ${countText(agents)} agents`;

async function ourContestants(
  problem: SharedProblem,
  method: Method,
  threads: number,
  seconds: number,
  { c, numpy }: Peers,
  rigs: Rig[],
): Promise<RoundContestant[]> {
  const open = async (who: Contender, title: string, workers: number, more: object = {}) => {
    const rig = await Rig.open({ ...problem.config(method), ...more }, workers);
    rigs.push(rig);
    await rig.calibrate(seconds);
    const sample = async () => (await rig.sample()).seconds;
    return { who, method, name: named(title, method, problem), sample };
  };
  const found = [await open('ours', 'engine', threads)];
  if (method !== 'none' || !isInCache(problem)) return found;
  if (c) found.push(await open('ours-alone', 'engine on one thread', 1));
  if (numpy) found.push(await open('ours-float32', 'engine in float32', threads, { precision: 'float32' }));
  return found;
}

async function contestantsInC(
  c: Peer,
  problem: SharedProblem,
  threads: number,
  seconds: number,
): Promise<RoundContestant[]> {
  const method = 'none';
  const contender = async (who: Contender, title: string, team: number): Promise<RoundContestant> => {
    const [first] = await c.child.ask('rounds', team, 2, 3);
    const count = Math.max(1, Math.round((3 * seconds) / Number(first)));
    const sample = async () => (await c.child.seconds('rounds', team, 2, count)) / count;
    return { who, method, name: named(title, method, problem), sample };
  };
  const found = [await contender('c', 'C', threads)];
  // What more threads bring to C is what this machine gives to rounds whose rows go back and forth between its
  // cores.
  if (threads > 1 || isInCache(problem)) found.push(await contender('c-alone', 'C on one thread', 1));
  if (!isInCache(problem) && problem.dim === DIM) {
    const { agents } = problem;
    const sample = async () => bytesAskedFor(agents) / (await gatherLimit(c, agents, threads));
    found.push({
      who: 'gather',
      method,
      name: named("a round's bytes at the gather limit", method, problem),
      sample,
    });
  }
  return found;
}

async function contestantsInNumpy(
  { child }: Peer,
  problem: SharedProblem,
  method: Method,
  seconds: number,
): Promise<RoundContestant[]> {
  const found: RoundContestant[] = [];
  for (const [way, suffix] of NUMPY_WAYS) {
    if (suffix === '-float32' && (method !== 'none' || !isInCache(problem))) continue;
    const [first] = await child.ask('rounds', `${method}${suffix}`, 1, 1);
    const count = Math.max(1, Math.round(seconds / Number(first)));
    const sample = async () => (await child.seconds('rounds', `${method}${suffix}`, 1, count)) / count;
    found.push({ who: `numpy${suffix}`, method, name: named(way, method, problem), sample });
  }
  return found;
}

function collectRounds(
  contestants: readonly RoundContestant[],
  samples: readonly (readonly number[])[],
  shape: Shape,
  transform: string | null,
  { figures, tables }: Collected,
): void {
  const { agents, dim } = shape;
  const where = idOf(shape);
  const what = `${countText(agents)} agents${dim === DIM ? '' : `, d = ${dim}`}`;
  const find = (who: Contender, method: Method) =>
    contestants.findIndex((one) => one.who === who && one.method === method);
  const rows = contestants.map(({ who, method, name }, index) => {
    const speeds = samples[index].map((seconds) => (agents * dim) / seconds / 1e6);
    const speed = figure(
      `peers/round/${method}/${where}/${who}`,
      `round, ${name}`,
      'Mcoordinates/s',
      'higher',
      speeds,
    );
    figures.push(speed);
    let ratio = '';
    const against = AGAINST[who];
    const ours = against === undefined ? -1 : find(against.ours, method);
    if (against && ours >= 0) {
      const over = ratioFigure(
        `peers/round/${method}/${where}/over-${who}`,
        `${method} round, ${what}: ${against.label}`,
        samples[index],
        samples[ours],
        'higher',
        roundTarget(shape, method, who),
      );
      figures.push(over);
      ratio = spreadText(over);
    }
    return [name, medianText(samples[index].map((s) => s * 1000)), spreadText(speed), ratio];
  });
  const [plain, flattened] = [find('ours', 'none'), find('ours', 'flattened-sign')];
  const ratio = (
    id: string,
    label: string,
    numerator: number,
    denominator: number,
    target?: Target,
  ): Figure | null => {
    if (numerator < 0 || denominator < 0) return null;
    const made = ratioFigure(
      `peers/round/${id}`,
      label,
      samples[numerator],
      samples[denominator],
      'higher',
      target,
    );
    figures.push(made);
    return made;
  };
  const gain = ratio(
    `${where}/flattened-over-none`,
    `flatten(sign) round over our own uncompressed round, ${what}`,
    plain,
    flattened,
    agents === OUT_OF_CACHE_AGENTS ? { atLeast: 1.8 } : undefined,
  );
  const limitShare = ratio(
    `none/${where}/gather-limit`,
    `none round, ${what}: share of the gather limit`,
    find('gather', 'none'),
    plain,
    { atLeast: 0.5 },
  );
  const scaling = ratio(
    `none/${where}/c-scaling`,
    `none round, ${what}: C/OpenMP over itself on one thread`,
    find('c-alone', 'none'),
    find('c', 'none'),
  );
  tables.push({
    title: `Rounds, ${countText(agents)} agents, d = ${dim}, random regular of degree ${DEGREE}`,
    columns: ['', 'ms a round', 'Mcoordinates/s (quartiles)', 'ours is so many times as fast'],
    rows,
    notes: [
      ...(gain
        ? [`flatten(sign) takes ${spreadText(gain)} times as many rounds a second as no compression`]
        : []),
      ...(limitShare ? [`an uncompressed round reaches ${spreadText(limitShare)} of ${GATHER_LIMIT}`] : []),
      ...(scaling ? [`C is ${spreadText(scaling)} times as fast as on one thread`] : []),
      ...(transform
        ? [`NumPy transforms by ${transform.replace('-', ' ')}, the faster of two ways here`]
        : []),
    ],
  });
}
