/**
 * In the gate so many of a long list of like cases, spread over it; all of them with `npm run test:all` and
 * `npm run test:chaos`.
 */

/** Whether tests are to try all that they know. */
export const ALL = process.env['SOTTOVOCE_TESTS'] === 'all';

/** Every `every`-th, the first among them. */
export function someOf<T>(cases: readonly T[], every: number): readonly T[] {
  return ALL ? cases : cases.filter((_, at) => at % every === 0);
}
