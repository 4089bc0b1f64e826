/**
 * Where the compiled parts lie: this module runs from dist/src/run, from a folder of dist/bundle, or from
 * src/run in tests, and all find dist.
 */

import type { Precision } from '../arena/layout.js';

const dist = import.meta.url.endsWith('.ts') ? '../../dist/' : '../../';

export const kernelsUrl = new URL(`${dist}kernels/kernels.wasm`, import.meta.url);
const kernelsFloat32Url = new URL(`${dist}kernels/kernels-float32.wasm`, import.meta.url);
/** The kernels of a precision; `kernelsUrl` are those of float64. */
export const kernelsOf = (precision: Precision): URL =>
  precision === 'float64' ? kernelsUrl : kernelsFloat32Url;
export const agentsUrl = new URL(`${dist}workers/agents-entry.cjs`, import.meta.url);
export const cellUrl = new URL(`${dist}workers/cell-entry.cjs`, import.meta.url);
export const benchUrl = new URL(`${dist}workers/bench.js`, import.meta.url);
export const ranksBenchUrl = new URL(`${dist}workers/ranks-bench.js`, import.meta.url);
export const startupUrl = new URL(`${dist}src/cli/startup-process-entry.cjs`, import.meta.url);
export const turnsUrl = new URL(`${dist}src/library/turns-process.js`, import.meta.url);
export const coordinatorUrl = new URL(`${dist}workers/coordinator-entry.cjs`, import.meta.url);
/** What `sottovoce` starts. */
export const commandUrl = new URL(`${dist}src/cli/sottovoce.cjs`, import.meta.url);
export const commandLineUrl = new URL(`${dist}src/cli/main.js`, import.meta.url);
/** The script of a flame graph's page, for a browser. */
export const flameGraphUrl = new URL(`${dist}pages/flame-graph.js`, import.meta.url);
/** The live dashboard's page and what belongs to it; not there where pages are not built. */
export const dashboardUrl = new URL(`${dist}pages/dashboard/`, import.meta.url);
/** Scripts and style sheets of pages, for a browser. */
export const pagesUrl = new URL(`${dist}pages/`, import.meta.url);
/** What comes with the package beside dist. */
export const packageUrl = new URL(`${dist}../`, import.meta.url);
/** Starts of a user's own modules. */
export const templatesUrl = new URL(`${dist}../templates/`, import.meta.url);
export const examplesUrl = new URL(`${dist}../examples/`, import.meta.url);
export const referenceUrl = new URL(`${dist}../bench/reference/`, import.meta.url);
/** Versions of what is bundled; not there where nothing is. */
export const bundledUrl = new URL(`${dist}bundle/packages.json`, import.meta.url);
