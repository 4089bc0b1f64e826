/**
 * What `sottovoce plot` writes, given to the programs that read it: .tex is compiled by pdflatex, alone and
 * within a paper, the fonts of every PDF are asked for with pdffonts (all embedded), and every picture is
 * rendered. Where the programs are missing they are installed with apt-get, by root alone; where that cannot
 * be, it says so and exits with 0: nothing was checked.
 *
 * Usage: npm run test:figures [-- --keep FOLDER] for the pictures.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { plot, run } from 'sottovoce';

const PACKAGES = ['texlive-latex-base', 'texlive-latex-recommended', 'texlive-pictures', 'poppler-utils'];
const PROGRAMS = ['pdflatex', 'pdffonts', 'pdftoppm'];
const { values: options } = parseArgs({ options: { keep: { type: 'string' } } });

const why = install();
if (why !== null) {
  console.log(`test:figures checked nothing: ${why}`);
  process.exit(0);
}
const folder = options.keep ?? mkdtempSync(path.join(os.tmpdir(), 'sottovoce-figures-'));
mkdirSync(folder, { recursive: true });
const at = (name) => path.join(folder, name);
let failed = 0;
try {
  const runs = await makeRuns();
  const figures = {
    rounds: { folders: runs.ring, width: '3.5in' },
    bits: { folders: runs.all, x: 'bits', facet: 'graph', width: '7in', title: 'Bits & rounds, 100%' },
    gap: { folders: runs.all, y: 'agents-gap', facet: 'method', logX: true, style: 'dark', width: '180mm' },
  };
  for (const [name, { folders, ...how }] of Object.entries(figures)) {
    const out = ['svg', 'png', 'pdf', 'tex'].map((extension) => at(`${name}.${extension}`));
    await plot(folders, { ...how, out, ...(name === 'bits' && { table: at('table.tex') }) });
    embeds(`${name}.pdf`);
    latex(`${name}.tex`, `${name}-latex.pdf`);
  }
  writeFileSync(
    at('paper.tex'),
    [
      '\\documentclass{article}\\usepackage[margin=1in]{geometry}\\usepackage{pgfplots,booktabs}\\pgfplotsset{compat=1.16}',
      '\\begin{document}\\begin{figure}\\centering\\input{rounds}\\caption{x}\\end{figure}',
      '\\begin{table}\\input{table}\\end{table}\\end{document}',
      '',
    ].join('\n'),
  );
  latex('paper.tex', 'paper.pdf');
} finally {
  if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
}
if (failed > 0) process.exit(1);

/** Three methods on two graphs, two seeds each, and one that diverges. */
async function makeRuns() {
  const all = [];
  const graphs = { ring: { kind: 'ring', nodes: 10 }, torus: { kind: 'torus', rows: 3, columns: 4 } };
  const compressors = [
    { kind: 'identity' },
    { kind: 'flatten', inner: { kind: 'sign' } },
    { kind: 'top-k', k: 4 },
  ];
  for (const [name, topology] of Object.entries(graphs)) {
    for (const [c, compressor] of compressors.entries()) {
      for (const seed of [1, 2]) {
        const outDir = at(`${name}-${c}-${seed}`);
        const config = {
          ...{ topology, compressor, seed },
          cost: { kind: 'quadratic', dim: 16, condition: 4 },
          flow: { kind: 'primal-dual', compress: 'error-state' },
          ...{ rounds: 2000, trace: { every: 3 }, stop: { rmsError: 1e-6 } },
        };
        await run(config, { outDir });
        all.push(outDir);
      }
    }
  }
  return { all, ring: all.filter((name) => path.basename(name).startsWith('ring')) };
}

/** Null where all programs are there. */
function install() {
  const missing = () => PROGRAMS.filter((name) => spawnSync('which', [name]).status !== 0);
  const hasPlots = () =>
    spawnSync('kpsewhich', ['pgfplots.sty', 'booktabs.sty']).stdout?.toString().trim().split('\n').length ===
    2;
  if (missing().length === 0 && hasPlots()) return null;
  if (process.getuid?.() !== 0 || spawnSync('which', ['apt-get']).status !== 0)
    return `${missing().join(', ') || 'pgfplots'} is not there, and only root can install it with apt-get`;
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
  const { status } = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...PACKAGES], {
    stdio: 'ignore',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0 && missing().length === 0 ? null : `apt-get install ${PACKAGES.join(' ')} failed`;
}

function latex(tex, pdf) {
  const job = path.basename(pdf, '.pdf');
  const { status, stdout } = spawnSync(
    'pdflatex',
    ['-interaction=nonstopmode', '-halt-on-error', `-jobname=${job}`, tex],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  const errors = stdout.split('\n').filter((line) => /^!|Overfull|Undefined/.test(line));
  say(`pdflatex ${tex}`, status === 0 && errors.length === 0, errors.join('; ') || 'compiles');
  if (status === 0) embeds(pdf);
}

function embeds(pdf) {
  const { stdout } = spawnSync('pdffonts', [at(pdf)], { encoding: 'utf8' });
  const fonts = stdout.trimEnd().split('\n').slice(2);
  // name, type, encoding, then emb, sub, uni
  const open = fonts.filter((line) => !/\syes yes (yes|no)\s+\d+\s+\d+$/.test(line));
  say(
    pdf,
    fonts.length > 0 && open.length === 0,
    `${fonts.length} fonts, ${open.length === 0 ? 'all embedded, each a subset' : `not embedded: ${open.join('; ')}`}`,
  );
  spawnSync('pdftoppm', ['-r', '150', '-png', '-singlefile', at(pdf), at(`${pdf}-rendered`)]);
  const { size } = statSync(at(`${pdf}-rendered.png`));
  // A page of nothing is smaller.
  say(
    `${pdf} as PNG`,
    size > 5000 &&
      readFileSync(at(`${pdf}-rendered.png`))
        .subarray(1, 4)
        .toString() === 'PNG',
    `${size} bytes`,
  );
}

function say(what, good, words) {
  if (!good) failed++;
  console.log(`${good ? 'ok    ' : 'FAILED'}  ${what}: ${words}`);
}
