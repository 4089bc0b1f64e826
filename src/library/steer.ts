/** Whoever calls for a run may stop it, and may be told how it goes: the same for every call that has one. */

import type { Progress, Session } from '../session/types.js';
import type { TraceRow } from '../trace/row.js';

const PROGRESS_MS = 100;

/** What a call that runs something may be told beside what it runs. */
export interface SteerOptions {
  signal?: AbortSignal;
  onRows?: (rows: TraceRow[]) => void;
  onProgress?: (progress: Progress) => void;
}

/**
 * Starts a session that is prepared, and sees to it until it has ended. What a callback throws ends it, and is
 * what this rejects with.
 */
export async function steered<Result extends { rows: TraceRow[] }>(
  session: Session,
  { signal, onRows, onProgress }: SteerOptions,
  start: () => Promise<Result>,
): Promise<Result> {
  const ended = new AbortController();
  const stop = () => void session.stop().catch(() => {});
  const thrown: unknown[] = [];
  const failed = (error: unknown) => {
    thrown.push(error);
    stop();
  };
  /** Promises of callbacks that are asynchronous. */
  const waiting = new Set<Promise<unknown>>();
  const call = (tell: () => unknown) => {
    if (ended.signal.aborted || thrown.length > 0) return;
    try {
      const told = tell();
      if (!(told instanceof Promise)) return;
      const seen = told.catch(failed).finally(() => waiting.delete(seen));
      waiting.add(seen);
    } catch (error) {
      failed(error);
    }
  };
  try {
    if (signal?.aborted) await session.stop();
    signal?.addEventListener('abort', stop, { signal: ended.signal });
    let told = 0;
    const tellRows = (rows: TraceRow[]) =>
      call(() => {
        told += rows.length;
        return onRows?.(rows);
      });
    if (onRows !== undefined) await session.subscribe(tellRows);
    if (onProgress !== undefined) {
      const look = async () => {
        const progress = await session.progress();
        call(() => onProgress(progress));
      };
      const timer = setInterval(() => void look().catch(() => {}), PROGRESS_MS);
      ended.signal.addEventListener('abort', () => clearInterval(timer));
    }
    const result = await start();
    // Rows come over a port of their own, and the last of them may still be under way.
    if (onRows !== undefined && told < result.rows.length) tellRows(result.rows.slice(told));
    await Promise.all(waiting);
    if (thrown.length > 0) throw thrown[0];
    return result;
  } finally {
    ended.abort();
  }
}
