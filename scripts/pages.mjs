/**
 * The pages that a browser opens, built by Vite into dist/pages/NAME: scripts and styles in files of their
 * own beside the page, at addresses relative to it, so that it can be served from anywhere.
 */

import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Papa from 'papaparse';

const root = fileURLToPath(new URL('..', import.meta.url));
const NEEDED = ['vite', 'sigma', 'graphology', 'uplot', 'vega-datasets'];

/** `note` is called with the path of every module that is bundled. Answers whether the page was built. */
export async function buildDashboard(note) {
  const missing = NEEDED.filter((name) => !existsSync(path.join(root, 'node_modules', name)));
  if (missing.length > 0) {
    // A clone whose packages are of yesterday. What is packed without it fails its test.
    console.warn(`${missing.join(', ')} not installed, so this build has no dashboard: npm ci`);
    return false;
  }
  const { build } = await import('vite');
  const page = path.join(root, 'pages/dashboard');
  const out = path.join(root, 'dist/pages/dashboard');
  await build({
    root: page,
    base: './',
    configFile: false,
    logLevel: 'warn',
    plugins: [airportsModule(), { name: 'note', moduleParsed: ({ id }) => note(id) }],
    build: {
      outDir: out,
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: false,
      chunkSizeWarningLimit: 1200,
      reportCompressedSize: false,
      assetsInlineLimit: 0,
    },
  });
  copyFileSync(path.join(page, 'refused.html'), path.join(out, 'refused.html'));
  return true;
}

/** Where the quickstart's 305 airports lie, from vega-datasets, as a module of the page. */
function airportsModule() {
  const name = 'virtual:airports';
  return {
    name: 'airports',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load(id) {
      if (id !== `\0${name}`) return undefined;
      const rows = (file) => {
        const text = readFileSync(path.join(root, 'node_modules/vega-datasets/data', file), 'utf8').trim();
        return Papa.parse(text).data.slice(1);
      };
      const used = new Set(rows('flights-airport.csv').flatMap((cells) => cells.slice(0, 2)));
      const airports = {};
      for (const [code, , city, , , latitude, longitude] of rows('airports.csv')) {
        if (used.has(code)) airports[code] = [city, ...onMap(Number(latitude), Number(longitude))];
      }
      return `export const airports = ${JSON.stringify(airports)};`;
    },
  };
}

/**
 * Albers' equal-area conic projection with the parallels that maps of the United States have (29.5 and 45.5
 * degrees). Alaska, at a third of its size, and Hawaii stand below California, and the islands of the
 * Caribbean below Florida, as on such maps.
 */
function onMap(latitude, longitude) {
  if (latitude > 51) return inset(latitude, longitude, [60, -152], 0.33, [-0.78, -0.52]);
  if (longitude < -150) return inset(latitude, longitude, [20.8, -157.3], 1, [-0.42, -0.6]);
  if (latitude < 19 && longitude > -70) return inset(latitude, longitude, [18.2, -66], 1, [0.86, -0.6]);
  return albers(latitude, longitude).map(rounded);
}

function inset(latitude, longitude, [lat0, lon0], scale, [x0, y0]) {
  const radians = Math.PI / 180;
  const x = (longitude - lon0) * Math.cos(lat0 * radians) * radians;
  const y = (latitude - lat0) * radians;
  return [x0 + scale * 2.55 * x, y0 + scale * 2.55 * y].map(rounded);
}

function albers(latitude, longitude) {
  const radians = Math.PI / 180;
  const [p1, p2, lat0, lon0] = [29.5, 45.5, 37.8, -96].map((degrees) => degrees * radians);
  const n = (Math.sin(p1) + Math.sin(p2)) / 2;
  const c = Math.cos(p1) ** 2 + 2 * n * Math.sin(p1);
  const rho = (lat) => Math.sqrt(c - 2 * n * Math.sin(lat)) / n;
  const angle = n * (longitude * radians - lon0);
  const r = rho(latitude * radians);
  // 0.39 radians from the middle to either coast.
  return [2.55 * r * Math.sin(angle), 2.55 * (rho(lat0) - r * Math.cos(angle))];
}

const rounded = (value) => Math.round(1e4 * value) / 1e4;
