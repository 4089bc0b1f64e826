/**
 * What is done when the process is left, as it is with `process.exit` and at its normal end. One listener for
 * all of it: a program with twenty runs at once is not warned of a leak.
 */

const acts = new Set<() => void>();

/** @returns takes it back; idempotent */
export function atExit(act: () => void): () => void {
  if (acts.size === 0) process.on('exit', doAll);
  // The same function may be asked for twice.
  const own = () => act();
  acts.add(own);
  return () => {
    if (acts.delete(own) && acts.size === 0) process.off('exit', doAll);
  };
}

function doAll(): void {
  for (const act of acts) act();
}
