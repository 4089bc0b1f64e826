/**
 * Flights: the quickstart's data, from the npm package vega-datasets (Bureau of Transportation Statistics,
 * January to March 2001).
 *
 * Agents are the 305 airports of flights-airport.csv, edges its routes (either direction, once); samples are
 * the flights of flights-20k.json that leave from one of them. Late means at least 15 minutes, as the Bureau
 * defines it. 34 features:
 *
 *     1, distance/1000, (distance/1000)^2 (in thousands of miles), one-hot hour 0..23, one-hot weekday, Monday first
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const LATE_MINUTES = 15;
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
export const HOURS = 24;
export const FEATURES = [
  'constant',
  'distance',
  'distance^2',
  ...Array.from({ length: HOURS }, (_, hour) => `hour ${hour}`),
  ...WEEKDAYS,
];
/** Where the hours begin among the features. */
const HOUR_0 = 3;
const MONDAY = HOUR_0 + HOURS;

/**
 * @returns {Promise<{ edges: string[][], flights: { origin: string, late: boolean, hour: number, features:
 * number[] }[] }>}
 */
export async function loadFlights() {
  const package_ = new URL('../data/', import.meta.resolve('vega-datasets'));
  const routes = (await readFile(new URL('flights-airport.csv', package_), 'utf8'))
    .trim()
    .split('\n')
    .slice(1);
  const pairs = new Map();
  for (const route of routes) {
    const ends = route.split(',').slice(0, 2).sort();
    if (ends[0] !== ends[1]) pairs.set(ends.join(','), ends);
  }
  const edges = [...pairs.values()];
  const airports = new Set(edges.flat());
  const rows = JSON.parse(await readFile(new URL('flights-20k.json', package_), 'utf8'));
  const flights = rows
    .filter(({ origin }) => airports.has(origin))
    .map(({ date, delay, distance, origin }) => {
      // "2001/01/10 18:20" is the airport's own clock: read as text, so that no time zone of this machine can
      // move it.
      const [year, month, day, hour] = date.split(/[/ :]/).map(Number);
      const weekday = (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
      const features = new Array(FEATURES.length).fill(0);
      features[0] = 1;
      features[1] = distance / 1000;
      features[2] = (distance / 1000) ** 2;
      features[HOUR_0 + hour] = 1;
      features[MONDAY + weekday] = 1;
      return { origin, late: delay >= LATE_MINUTES, hour, features };
    });
  return { edges, flights };
}

/** Writes routes.csv and flights.csv, which flights.yaml names. */
export async function writeFlights({ edges, flights }) {
  const folder = new URL('data/', import.meta.url);
  await mkdir(folder, { recursive: true });
  const csv = (header, lines) => `${[header, ...lines].map((cells) => cells.join(',')).join('\n')}\n`;
  await writeFile(new URL('routes.csv', folder), csv(['source', 'target'], edges));
  await writeFile(
    new URL('flights.csv', folder),
    csv(
      ['origin', ...FEATURES, 'late'],
      flights.map(({ origin, features, late }) => [origin, ...features, late ? 1 : -1]),
    ),
  );
  return fileURLToPath(folder);
}
