/**
 * The pictures of docs/figures.md, tutorial.md and when-it-diverges.md, made by what these describe: small
 * comparisons and some runs, drawn by `plot`. The same numbers at every call. A minute.
 *
 * Usage: npm run docs:figures
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare, plot, run } from 'sottovoce';

const docs = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-docs-'));
const at = (name) => path.join(folder, name);
const picture = (name) => path.join(docs, `${name}.svg`);
try {
  const graphs = [
    { kind: 'ring', nodes: 20 },
    { kind: 'torus', rows: 5, columns: 5 },
    { kind: 'complete', nodes: 12 },
  ];
  const base = {
    cost: { kind: 'quadratic', dim: 16, condition: 4 },
    flow: { kind: 'primal-dual', compress: 'error-state' },
    ...{ rounds: 4000, stop: { rmsError: 1e-6 } },
  };
  await compare(
    graphs.map((topology) => ({ ...base, topology })),
    {
      compressors: ['identity', 'flatten(sign)', 'top-k(k=4)', 'sign'],
      ...{ seeds: [1, 2, 3, 4, 5], trials: 10, outDir: at('study') },
    },
  );
  await plot(at('study'), { facet: 'graph', width: '7in', out: picture('rounds') });
  await plot(at('study'), { facet: 'graph', x: 'bits', logX: true, width: '7in', out: picture('bits') });

  const ring = { ...base, topology: graphs[0], trace: { every: 2 }, rounds: 800 };
  for (const step of [0.1, 0.2, 0.27]) {
    await run(
      { ...ring, flow: { kind: 'primal-dual', step, alpha: 2, beta: 2 } },
      { outDir: at(`step-${step}`) },
    );
  }
  await plot(
    [0.1, 0.2, 0.27].map((step) => at(`step-${step}`)),
    { labels: ['step 0.1', 'step 0.2', 'step 0.27'], out: picture('diverges') },
  );

  await run(
    {
      ...base,
      topology: { kind: 'ring', nodes: 12 },
      cost: { kind: 'quadratic', dim: 4, condition: 4 },
      compressor: { kind: 'flatten', inner: { kind: 'sign' } },
      trace: { every: 1, agents: 'all', coordinates: [0, 1] },
    },
    { outDir: at('agents') },
  );
  await plot(at('agents'), { y: 'agents', out: picture('agents') });

  // tutorial.md: the study of it, as it stands there.
  const [studyText] = /topology:.*?(?=```)/s.exec(
    readFileSync(path.join(docs, '../tutorial.md'), 'utf8').split('# town-study.yaml')[1],
  );
  const examples = path.join(docs, '../../examples');
  writeFileSync(at('town-study.yaml'), studyText.replaceAll('examples/', `${examples}/`));
  await compare([at('town-study.yaml')], { outDir: at('town') });
  await plot(at('town'), { x: 'bits', out: picture('tutorial') });

  // when-it-diverges.md: the same gains, four messages.
  const edge = { kind: 'primal-dual', compress: 'error-state', step: 0.0075, alpha: 60, beta: 6 };
  const far = { topology: { kind: 'ring', nodes: 25 }, cost: { kind: 'quadratic', dim: 64, condition: 4 } };
  const runs = [
    { label: 'identity', compressor: { kind: 'identity' }, mu: 1 },
    { label: 'one bit, mu 1', compressor: { kind: 'flattened-sign' }, mu: 1 },
    { label: 'one bit, mu 0.25', compressor: { kind: 'flattened-sign' }, mu: 0.25 },
    { label: 'eight entries, mu 1', compressor: { kind: 'top-k', k: 8 }, mu: 1 },
  ];
  for (const [index, { compressor, mu }] of runs.entries()) {
    const config = { ...far, compressor, flow: { ...edge, mu }, rounds: 6000, stop: { rmsError: 1e-6 } };
    await run({ ...config, trace: { every: 10 } }, { outDir: at(`edge-${index}`) });
  }
  await plot(
    runs.map((_, index) => at(`edge-${index}`)),
    { labels: runs.map(({ label }) => label), out: picture('edge') },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
