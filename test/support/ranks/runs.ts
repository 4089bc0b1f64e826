/** Runs of one config over several ranks, which are sessions of this process. */

import { openSession, type PrepareOptions, parseConfig, type RunResult } from '../../../dist/src/index.js';
import { findResumption, findResumptionOfRank } from '../../../dist/src/session/resume-point.js';
import { doubleTask, mailboxes } from './double.mjs';

type Config = Parameters<typeof parseConfig>[0];

type Session = Awaited<ReturnType<typeof openSession>>['session'];

interface OverRanks {
  workers?: number;
  keepX?: boolean;
  /** Of the first rank. */
  outDir?: string;
  /** Called with the first rank's session when it has started. */
  steer?: (session: Session) => Promise<void>;
}

/** The result of the first rank. Where one fails the others are let go, and its error is thrown. */
export async function runOverRanks(
  config: Config & object,
  ranks: number,
  options: OverRanks = {},
): Promise<RunResult> {
  // METIS draws with the random numbers of its process, which are those of all ranks here.
  // A program has no graph to cut.
  const layout = { cut: 'rcm', ...(config as { layout?: object }).layout };
  const cut = 'program' in config ? {} : { layout };
  const parsed = await parseConfig({ ...config, ...cut, workers: options.workers ?? 1 });
  return overRanks(ranks, options, async () => ({ config: parsed, outDir: options.outDir ?? null }));
}

/** Goes on with the run in a folder. */
export async function resumeOverRanks(
  folder: string,
  ranks: number,
  options: OverRanks = {},
): Promise<RunResult> {
  const workers = { path: ['workers'], value: options.workers ?? 1, origin: 'workers' };
  const first = await findResumption(folder, [workers]);
  const others = await findResumptionOfRank(folder, [workers]);
  return overRanks(ranks, options, async (rank) => {
    const { loaded, from, folder: outDir, run } = rank === 0 ? { ...others, ...first } : others;
    return { config: loaded, from, outDir, runId: run };
  });
}

/** Ranks that were started with other configs each. */
export async function runUnlike(configs: readonly (Config & object)[]): Promise<RunResult> {
  const parsed = await Promise.all(configs.map((config) => parseConfig({ ...config, workers: 1 })));
  return overRanks(configs.length, {}, async (rank) => ({ config: parsed[rank]!, outDir: null }));
}

async function overRanks(
  ranks: number,
  options: OverRanks,
  given: (rank: number) => Promise<Pick<PrepareOptions, 'config' | 'from' | 'outDir'> & { runId?: string }>,
): Promise<RunResult> {
  const boxes = mailboxes(ranks);
  const failures: Error[] = [];
  const run = async (rank: number): Promise<RunResult | null> => {
    const { session, close } = await openSession();
    try {
      const { runId, outDir, ...inputs } = await given(rank);
      await session.prepare({
        ...inputs,
        outDir: rank === 0 ? outDir : null,
        keepRows: true,
        keepX: options.keepX ?? false,
        ranks: doubleTask(boxes, rank),
      });
      const running = session.start(runId === undefined ? {} : { runId });
      if (rank === 0) await options.steer?.(session);
      return await running;
    } catch (error) {
      failures.push(error as Error);
      // As mpirun does: a job of which one has failed is over.
      Atomics.compareExchange(boxes.bells, 32 * (ranks + 1), 0, 2);
      return null;
    } finally {
      await close();
    }
  };
  const [first] = await Promise.all(Array.from({ length: ranks }, (_, rank) => run(rank)));
  if (failures[0] !== undefined) throw failures[0];
  return first as RunResult;
}

/** The same on one machine. */
export async function runAlone(
  config: Config & object,
  workers = 1,
  outDir: string | null = null,
): Promise<RunResult> {
  const { session, close } = await openSession();
  try {
    const parsed = await parseConfig({ ...config, workers });
    await session.prepare({ config: parsed, outDir, keepRows: true, keepX: true });
    return await session.start();
  } finally {
    await close();
  }
}

/** Rows of a trace without what they took. */
export function rowsOf({ rows }: RunResult): unknown[] {
  return rows.map(({ seconds: _, ...row }) => row);
}
