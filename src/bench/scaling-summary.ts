/** From samples to figures, a table and a curve: speed-ups, efficiency, waits, and the laws of scaling. */

import { type Cores, ownCores } from '../base/cores.js';
import { formatQuantity } from '../base/format.js';
import { percent } from '../report/chart.js';
import { countText, figure, ratioFigure, spreadText } from './figures.js';
import { fitAmdahl, fitUsl } from './fits.js';
import type { RoundSample } from './rig.js';
import type { Curve } from './scaling-picture.js';
import type { Study } from './scaling-studies.js';
import { ratios, spreadOf } from './stats.js';
import type { Figure, Table } from './types.js';

/** A problem on a number of workers, pass by pass, and pure arithmetic on as many threads right after it. */
export interface Measured {
  workers: number;
  agents: number;
  /** Coordinates, or steps, a second. */
  speeds: number[];
  rounds: RoundSample[];
  ceilingSpeeds: number[];
  ceilings: RoundSample[];
}

export function summarizeStudy(
  study: Pick<Study, 'id' | 'title' | 'kind' | 'target' | 'barrierTarget'>,
  measured: readonly Measured[],
  figures: Figure[],
  cores: Pick<Cores, 'count' | 'threads'> = ownCores(),
): { table: Table; curve: Curve } {
  const { id, title, kind } = study;
  const [single] = measured;
  const curve: Curve = {
    id,
    title,
    kind,
    points: [],
    overCeiling: false,
    fittedTo: 1,
    amdahl: null,
    usl: null,
  };
  const rows = measured.map(({ workers: count, agents, speeds, rounds, ceilingSpeeds, ceilings }) => {
    const speed = figure(
      `scaling/${id}/${count}`,
      `${title}, ${count} workers`,
      'Mcoordinates/s',
      'higher',
      speeds.map((each) => each / 1e6),
    );
    const holds = count === 2 && cores.count >= 2;
    const ceilingSpeedups = ratios(ceilingSpeeds, single.ceilingSpeeds);
    const speedups = ratios(speeds, single.speeds);
    const speedup = figure(
      `scaling/${id}/${count}/speed-up`,
      `${title}: 1 -> ${count} workers`,
      'x',
      'higher',
      speedups,
      holds ? study.target : undefined,
    );
    speedup.ceiling = spreadOf(ceilingSpeedups);
    const ofCeiling = ratioFigure(
      `scaling/${id}/${count}/of-ceiling`,
      `${title}: speed-up over that of pure arithmetic, ${count} workers`,
      speedups,
      ceilingSpeedups,
    );
    const share = figure(
      `scaling/${id}/${count}/barrier`,
      `${title}, ${count} workers: time at the barrier`,
      '%',
      'lower',
      rounds.map((sample) => 100 * sample.barrier),
      holds ? study.barrierTarget : undefined,
    );
    share.ceiling = spreadOf(ceilings.map((sample) => 100 * sample.barrier));
    figures.push(speed);
    if (count > 1) figures.push(speedup, ofCeiling, share);
    const imbalance = spreadOf(rounds.map((sample) => sample.imbalance)).median;
    curve.points.push({
      workers: count,
      speedup: speedup.median,
      low: speedup.interval?.low ?? speedup.q1,
      high: speedup.interval?.high ?? speedup.q3,
      barrier: share.median / 100,
      imbalance,
      ceiling: { speedup: speedup.ceiling.median, barrier: share.ceiling.median / 100 },
    });
    return [
      `${count}${placeOf(count, cores)}`,
      countText(agents),
      spreadText(speed),
      // One worker over itself is 1 by definition, and no measurement.
      ...(count === 1
        ? ['1', '1', '']
        : [speedup, speedup.ceiling, ofCeiling].map((each) => spreadText(each))),
      percent(speedup.median / count),
      percent(share.median / 100),
      percent(share.ceiling.median / 100),
      percent(imbalance),
    ];
  });
  // More workers than cores take turns: no law of scaling speaks of them.
  const real = curve.points.filter((point) => point.workers <= cores.count);
  curve.fittedTo = real.at(-1)?.workers ?? 1;
  curve.overCeiling = isLow(real.at(-1));
  const fitted = real.map((point) => ({
    workers: point.workers,
    speedup: curve.overCeiling ? (point.workers * point.speedup) / point.ceiling.speedup : point.speedup,
  }));
  curve.amdahl = fitAmdahl(fitted);
  curve.usl = fitUsl(fitted);
  return {
    curve,
    table: {
      title,
      columns: [
        'workers',
        'agents',
        'Mcoordinates/s (quartiles)',
        'speed-up',
        'ceiling',
        'speed-up / ceiling',
        'efficiency',
        'at the barrier',
        'ceiling’s',
        'imbalance',
      ],
      rows,
      notes: [amdahlNote(curve), uslNote(curve)],
    },
  };
}

/** What a number of workers beyond the cores has to live with. */
function placeOf(workers: number, { count, threads }: Pick<Cores, 'count' | 'threads'>): string {
  if (workers <= count) return '';
  return workers <= threads ? ' (two to a core)' : ' (more than cores)';
}

/**
 * Where arithmetic alone gains less than so much of its share from a worker more, cores are busy or are half
 * cores: a law that is fitted to the plain speed-up would call that a serial share of the code.
 */
const LOW_CEILING = 0.9;

function isLow(last: Curve['points'][number] | undefined): boolean {
  return last !== undefined && last.ceiling.speedup < LOW_CEILING * last.workers;
}

const fittedTo = ({ overCeiling }: Curve) => (overCeiling ? ', fitted to speed-up / ceiling' : '');

function amdahlNote(curve: Curve): string {
  const { amdahl: fit } = curve;
  if (fit === null) return "Amdahl's law: needs at least two numbers of workers up to the number of cores";
  const law = `Amdahl's law${fittedTo(curve)}`;
  if (fit.sigma >= 1) return `${law}: says nothing here, more workers were no faster`;
  const limit = Number.isFinite(fit.limit)
    ? `never more than ${formatQuantity(fit.limit, 3)} times`
    : 'no limit seen';
  return `${law}: serial share ${percent(fit.sigma)}, ${limit}`;
}

function uslNote(curve: Curve): string {
  const { usl: fit } = curve;
  if (fit === null)
    return 'Universal Scalability Law: fitted from six numbers of workers on, up to the number of cores';
  const best = Number.isFinite(fit.bestWorkers)
    ? `best with ${countText(fit.bestWorkers)} workers (${formatQuantity(fit.bestSpeedup, 3)} times)`
    : 'no best number: it never gets slower';
  return `Universal Scalability Law${fittedTo(curve)}: contention ${percent(fit.sigma)}, coherency ${percent(fit.kappa)}, ${best}`;
}
