/**
 * What of our code is compiled by now is kept for the next start, where a bundle was loaded that keeps it
 * (`scripts/load-bundle.cjs`). A thread is ended from outside: it says itself when it has called what a run
 * calls. Costs some 20 ms the first time on a machine, and nothing from then on.
 */

const KEY = Symbol.for('sottovoce.record');

export function keepCompiledCode(): void {
  (globalThis as { [KEY]?: () => void })[KEY]?.();
}
