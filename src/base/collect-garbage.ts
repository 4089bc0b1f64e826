/**
 * What is no longer needed is given back now, and not when V8 next looks: what it would look at (the heap) is
 * small beside what is held through it (typed arrays), and a run that fills its memory does not ask it again.
 *
 * By the inspector's own protocol, within this thread: `gc()` is there only where Node was told so. Takes some
 * tens of milliseconds.
 */

/** Of this thread. Nothing where Node was built without its inspector, or (`--permission`) may not use it. */
export async function collectGarbage(): Promise<void> {
  if (!process.features.inspector) return;
  const { Session } = await import('node:inspector');
  const session = new Session();
  try {
    session.connect();
  } catch {
    return;
  }
  try {
    // It answers when it is done, from a task of its own: on an empty stack nothing is held by accident.
    await new Promise<void>((resolve) => session.post('HeapProfiler.collectGarbage', () => resolve()));
  } finally {
    session.disconnect();
  }
}
