/** What the tour knows of examples/01-flights: its name, and what the 34 coordinates of x are. */

/** `name` in flights.yaml. */
export const EXAMPLE = 'flights';
export const HOURS = 24;
export const FEATURES: readonly string[] = [
  'constant',
  'distance',
  'distance squared',
  ...Array.from({ length: HOURS }, (_, hour) => `${hour}:00 to ${hour}:59`),
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
];
