/** Runs of one config over several ranks, which are sessions of this process. */

import { openSession, parseConfig, type RunResult } from '../../../dist/src/index.js';
import { doubleTask, mailboxes } from './double.mjs';

type Config = Parameters<typeof parseConfig>[0];

/** The result of the first rank. Where one fails the others are let go, and its error is thrown. */
export async function runOverRanks(
  config: Config & object,
  ranks: number,
  options: { workers?: number; keepX?: boolean } = {},
): Promise<RunResult> {
  const boxes = mailboxes(ranks);
  const failures: Error[] = [];
  const run = async (rank: number): Promise<RunResult | null> => {
    const { session, close } = await openSession();
    try {
      await session.prepare({
        config: await parseConfig({ ...config, workers: options.workers ?? 1 }),
        outDir: null,
        keepRows: true,
        keepX: options.keepX ?? false,
        ranks: doubleTask(boxes, rank),
      });
      return await session.start();
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
export async function runAlone(config: Config & object, workers = 1): Promise<RunResult> {
  const { session, close } = await openSession();
  try {
    const parsed = await parseConfig({ ...config, workers });
    await session.prepare({ config: parsed, outDir: null, keepRows: true, keepX: true });
    return await session.start();
  } finally {
    await close();
  }
}

/** Rows of a trace without what they took. */
export function rowsOf({ rows }: RunResult): unknown[] {
  return rows.map(({ seconds: _, ...row }) => row);
}
