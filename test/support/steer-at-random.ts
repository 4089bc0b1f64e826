/**
 * A session steered at random from a seed: groups of calls made at once, each awaited in some order. Whatever
 * they are, every call settles, with a round that the run can have been at, and what stands still does so.
 */

import type { RunSession } from '../../dist/src/session/run-session.js';

const SETTLE_MS = 60_000;
const CALLS = ['pause', 'resume', 'step', 'inspect', 'progress'] as const;

/** Numbers below `below`, the same for the same seed. */
export function random(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Nothing may hang: a call that does not settle is the failure we look for. */
export async function settles<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not settle in ${SETTLE_MS} ms`)), SETTLE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** What went wrong, as sentences. `rounds`: of the run; `over`: whether it is, by now. */
export async function steerAtOnce(
  session: RunSession,
  next: (below: number) => number,
  rounds: number,
  over: () => boolean,
): Promise<string[]> {
  const wrong: string[] = [];
  const names = Array.from(
    { length: 1 + next(5) },
    () => CALLS[next(CALLS.length)] as (typeof CALLS)[number],
  );
  const said = `Promise.all of ${names.join(', ')}`;
  const call = async (name: (typeof CALLS)[number]): Promise<number | null> => {
    if (name === 'pause') return session.pause();
    if (name === 'inspect') return (await session.inspect(next(12))).round;
    if (name === 'progress') return (await session.progress()).round;
    if (name === 'resume') return session.resume().then(() => null);
    const length = next(8) === 0 ? rounds : 1 + next(20);
    return session.step(length).catch((error: Error) => {
      // The one refusal that there is: it depends on what came before, which is known where it is the first.
      if (!/^step was called while the run goes on/.test(error.message))
        wrong.push(`${said}: ${error.message}`);
      return null;
    });
  };
  for (const round of await settles(said, Promise.all(names.map(call)))) {
    if (round !== null && !(round >= 0 && round <= rounds)) wrong.push(`${said}: round ${round}`);
  }
  const steering = names.filter((name) => name !== 'inspect' && name !== 'progress');
  // After a pause that came last, alone or behind steps, nothing moves; and a resume that came last lets go.
  if (steering.at(-1) === 'pause' && !over()) {
    const [before, state] = [await session.progress(), await session.inspect(3)];
    await new Promise((resolve) => setTimeout(resolve, 3));
    const [after, later] = [await session.progress(), await session.inspect(3)];
    if (!over() && !(before.paused && after.paused)) wrong.push(`${said}: not paused`);
    if (!over() && JSON.stringify([state.round, ...state.x]) !== JSON.stringify([later.round, ...later.x])) {
      wrong.push(`${said}: moved from round ${state.round} to ${later.round}`);
    }
  }
  if (steering.at(-1) === 'resume' && !over() && (await session.progress()).paused) {
    wrong.push(`${said}: still paused`);
  }
  return wrong;
}
