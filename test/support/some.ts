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

/**
 * The same for lists that come one after the other: the count goes on from list to list, so that what stands
 * at one place of each has its turn too.
 */
export function someOfEach(every: number): <T>(cases: readonly T[]) => readonly T[] {
  let at = 0;
  return (cases) => (ALL ? cases : cases.filter(() => at++ % every === 0));
}

/**
 * Every `every`-th, and those without which something that `namesOf` says of a case would not be among them.
 */
export function someOfAll<T>(
  cases: readonly T[],
  every: number,
  namesOf: (one: T) => readonly string[],
): readonly T[] {
  if (ALL) return cases;
  const seen = new Set(cases.filter((_, at) => at % every === 0).flatMap(namesOf));
  return cases.filter((one, at) => {
    const names = namesOf(one);
    const isChosen = at % every === 0 || names.some((name) => !seen.has(name));
    if (isChosen) for (const name of names) seen.add(name);
    return isChosen;
  });
}
