/** Where do direct, error-state and observer compression converge, over compressors, topologies and gains? */

import { colourAt } from '../../dist/src/report/heat-map.js';
import { drawScene, WIDTH } from '../frame/figure.mjs';
import { show } from '../frame/numbers.mjs';
import { runs, seedsTo } from '../frame/runs.mjs';
import { all, atLeast, atMost, each } from '../frame/verdict.mjs';

const MODES = { 'node-state': 'direct', 'error-state': 'error state', observer: 'observer' };

/** `vanishes`: whether what C leaves of a state goes to 0 where the agents agree: linear maps, and cells that shrink. */
const COMPRESSORS = {
  'none, to compare': { spec: { kind: 'identity' }, vanishes: true },
  'one entry in turn': { spec: { kind: 'scalarize-cyclic' }, vanishes: true },
  'quantiser, zooming': { spec: { kind: 'uniform-quantize', step: 1, rate: 0.99 }, vanishes: true },
  '2 entries, own draws': { spec: { kind: 'rand-k', k: 2 }, vanishes: false },
  'top 2 of 8': { spec: { kind: 'top-k', k: 2 }, vanishes: false },
  signs: { spec: { kind: 'sign' }, vanishes: false },
};
const NONE = 'none, to compare';
const SCALAR = 'one entry in turn';

const TOPOLOGIES = {
  ring: { kind: 'ring', nodes: 8 },
  star: { kind: 'star', nodes: 8 },
  hypercube: { kind: 'hypercube', dimension: 3 },
  complete: { kind: 'complete', nodes: 8 },
};

/** How many times more unlike than none the topologies are under direct compression, to call it a condition on them. */
const UNLIKE = 1.5;
/** What an observer may cost in rounds at the smallest step. */
const SAME = 1.1;

const source =
  'Ren, L. Wang, Yi, X. Wang, Yuan, T. Yang, Wu, Shi 2025 (arXiv 2409.00002, version 4), abstract';
const OWN_CONDITIONS =
  "The paper's conditions stand in its body, which could not be had: what is measured is where runs arrive, and not whether the conditions hold. Its abstract speaks of conditions, and of broader ones for the observer; that those of direct compression are on compressor and topology was read in a summary of version 2.";

export default {
  order: 5,
  title: 'Where direct, error-state and observer compression converge',
  about: [
    'The central claim of arXiv 2409.00002: compressing the states directly converges under conditions on compressor and topology; an observer of the states, which is told compressed innovations, converges under broader ones. Here are all three forms of the primal-dual flow over six compressors, four graphs and five gains.',
    'Direct sends C(x). Error state sends q = C(x - s) and uses s + q; the observer sends the same and uses s. The gain is the step h of the Euler scheme, with alpha = beta = eta = 1 and mu = 0.5.',
    'Graphs (eight agents, weights 1), costs (drawn quadratics with curvatures 1 to 4, dimension 8), gains and the target (rms error 1e-6) are our own. A seed draws costs and what compressors draw.',
  ],
  configs: ['problem.yaml'],
  sizes: {
    full: { topologies: Object.keys(TOPOLOGIES), steps: [0.02, 0.04, 0.08, 0.16, 0.32], seeds: 3 },
    small: { topologies: ['ring', 'complete'], steps: [0.04, 0.16], seeds: 1 },
  },

  async measure({ topologies, steps, seeds }) {
    const list = await runs(new URL('problem.yaml', import.meta.url).pathname, {
      grid: {
        'flow.compress': Object.keys(MODES),
        compressor: Object.values(COMPRESSORS).map(({ spec }) => spec),
        topology: topologies.map((name) => TOPOLOGIES[name]),
        'flow.step': steps,
      },
      seeds: seedsTo(seeds),
    });
    let next = 0;
    const cells = [];
    for (const mode of Object.keys(MODES))
      for (const compressor of Object.keys(COMPRESSORS))
        for (const topology of topologies)
          for (const step of steps) {
            const of = list.slice(next, next + seeds);
            next += seeds;
            cells.push({
              ...{ mode, compressor, topology, step },
              rounds: of.map(({ reached, rounds }) => (reached ? rounds : null)),
              diverged: of.map(({ status, grows }) => status === 'diverged' || grows),
              final: of.map(({ summary }) => summary?.final.rmsError ?? null),
            });
          }
    return { topologies, steps, cells };
  },

  claims: [
    {
      id: 'direct-compressor',
      claim: 'Direct compression asks something of the compressor',
      source,
      how: 'Direct: where what the compressor leaves of a state vanishes (one entry in turn, the same for all; a quantiser that zooms), some step arrives on every topology; where it does not (top-k, signs, entries drawn by each agent), no step arrives on any. Each topology and seed.',
      judge: ({ cells }) => {
        const direct = pairs(cells, 'node-state').filter(({ compressor }) => compressor !== NONE);
        const [vanishing, others] = [true, false].map((vanishes) =>
          direct.filter(({ compressor }) => COMPRESSORS[compressor].vanishes === vanishes),
        );
        return all(
          each(
            vanishing.flatMap(({ arrives }) => arrives),
            'arrives, vanishing',
          ),
          each(
            others.flatMap(({ stays }) => stays),
            'does not arrive, not vanishing',
          ),
        );
      },
      deviations: [
        OWN_CONDITIONS,
        'That the error of a compressor has to vanish at agreement is our reading of the condition; the project says the same of nonlinear compressors in docs/model/flows.md.',
        'A zooming quantiser is nonlinear and arrives all the same, since its cells shrink whatever the state does.',
      ],
    },
    {
      id: 'direct-topology',
      claim: 'Direct compression asks something of the topology',
      source,
      how: `Direct with one entry in turn, at the largest step at which it arrives on every topology: its rounds as a multiple of those without compression. The largest of these multiples is at least ${UNLIKE} times the smallest. Each seed.`,
      judge: ({ cells, steps, topologies }) => {
        const list = ratios(cells, steps ?? [], topologies, 'node-state', SCALAR);
        return atLeast(
          list.map((of) => (of === null ? null : Math.max(...of) / Math.min(...of))),
          UNLIKE,
          'largest to smallest multiple',
        );
      },
      deviations: [
        OWN_CONDITIONS,
        'On these four graphs the topology decides how slow direct compression is, and up to which step it is stable; none of them rules it out.',
      ],
    },
    {
      id: 'observer-broader',
      claim: 'The observer converges under broader conditions: with every compressor, on every topology',
      source,
      how: 'Some step arrives, for each compressor, topology and seed; so wherever direct compression does, and where it does not. Beside it the same of error states.',
      judge: ({ cells }) =>
        all(
          ...['observer', 'error-state'].map((mode) =>
            each(
              pairs(cells, mode).flatMap(({ arrives }) => arrives),
              `${MODES[mode]} arrives`,
            ),
          ),
        ),
      deviations: [
        OWN_CONDITIONS,
        'Error states are of arXiv 2408.02332, which has them for the primal-dual flow.',
        'Broader in compressors and topologies, not in gains: at the two largest steps there are cells where direct compression arrives and the observer does not. The picture shows them.',
      ],
    },
    {
      id: 'observer-free',
      claim: 'With a small gain the observer costs no rounds',
      source: 'ours; what the observer is for (arXiv 2409.00002)',
      how: `Observer at the smallest step: rounds at most ${SAME} times those without compression. Each compressor but the quantiser, whose rounds are those of its zoom; each topology and seed.`,
      judge: ({ cells, steps }) =>
        atMost(
          cells
            .filter(
              ({ mode, step, compressor }) =>
                mode === 'observer' &&
                step === (steps?.[0] ?? null) &&
                compressor !== NONE &&
                compressor !== 'quantiser, zooming',
            )
            .flatMap(({ topology, step, rounds }) => {
              const none = find(cells, 'node-state', NONE, topology, step);
              return rounds.map((of, i) => divided(of, none?.rounds[i]));
            }),
          SAME,
          'rounds to rounds of none',
        ),
      deviations: ['The paper has no such sentence in its abstract; it is what the picture shows.'],
    },
  ],

  caption:
    'A panel for each compressor and topology; in it a row for each form of compression and a column for each step. Darker: fewer rounds to an rms error of 1e-6, median of the seeds. A dot: a seed does not get there within 4,000 rounds, because it is slow or has stalled. A cross: a seed diverges.',

  figure(numbers) {
    return drawScene((measure) => scene(numbers, measure, this.caption));
  },
};

const divided = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a / b : null);

function find(cells, mode, compressor, topology, step) {
  return cells.find(
    (cell) =>
      cell.mode === mode &&
      cell.compressor === compressor &&
      cell.topology === topology &&
      cell.step === step,
  );
}

/** Of each compressor and topology, seed by seed: whether some step arrives, and whether it is known that none does. */
function pairs(cells, mode) {
  const found = new Map();
  for (const cell of cells.filter((each) => each.mode === mode)) {
    const key = `${cell.compressor} ${cell.topology}`;
    found.set(key, [...(found.get(key) ?? []), cell]);
  }
  return [...found.values()].map((of) => {
    const seeds = of[0].rounds.map((_, i) => of.map(({ rounds }) => rounds[i] !== null));
    const known = of[0].rounds.map((_, i) => of.every(({ diverged }) => diverged[i] !== null));
    return {
      compressor: of[0].compressor,
      arrives: seeds.map((steps) => steps.some(Boolean)),
      stays: seeds.map((steps, i) => (known[i] ? !steps.some(Boolean) : null)),
    };
  });
}

/** Of each seed, rounds as multiples of those of none on each topology, at the largest step at which all arrive. */
function ratios(cells, steps, topologies, mode, compressor) {
  const seeds = cells[0].rounds.length;
  return Array.from({ length: seeds }, (_, seed) => {
    for (const step of [...steps].reverse()) {
      const of = topologies.map((topology) =>
        divided(
          find(cells, mode, compressor, topology, step)?.rounds[seed],
          find(cells, 'node-state', NONE, topology, step)?.rounds[seed],
        ),
      );
      if (of.every((ratio) => ratio !== null)) return of;
    }
    return null;
  });
}

/** In points. */
const LEFT = 92;
const MODE = 46;
const TOP = 18;
const CELL = { width: 15, height: 9 };
const GAP = 8;

function scene({ topologies, steps, cells }, measure, description) {
  const marks = [];
  const words = (x, y, text, more = {}) =>
    marks.push({ mark: 'words', x, y, words: text, size: 8, anchor: 'start', ...more });
  const names = Object.keys(COMPRESSORS);
  const modes = Object.keys(MODES);
  const known = cells.flatMap(({ rounds }) => rounds).filter((rounds) => rounds !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const share = (rounds) => Math.log(rounds / least) / Math.log(most / least);
  const panel = { width: steps.length * CELL.width, height: modes.length * CELL.height };
  const across = (t) => LEFT + MODE + t * (panel.width + GAP);
  const down = (c) => TOP + c * (panel.height + GAP);
  topologies.forEach((topology, t) => {
    words(across(t) + panel.width / 2, TOP - 6, topology, { anchor: 'middle' });
  });
  names.forEach((compressor, c) => {
    words(2, down(c) + panel.height / 2 + 3, compressor);
    modes.forEach((mode, m) => {
      words(across(0) - 4, down(c) + (m + 1) * CELL.height - 2, MODES[mode], {
        size: 7,
        anchor: 'end',
        colour: '#6a6a6a',
      });
      topologies.forEach((topology, t) => {
        steps.forEach((step, s) => {
          const x = across(t) + s * CELL.width;
          const y = down(c) + m * CELL.height;
          const cell = find(cells, mode, compressor, topology, step);
          drawCell(marks, cell, { x, y, ...CELL }, share);
        });
      });
    });
    topologies.forEach((_, t) => {
      marks.push({
        mark: 'box',
        x: across(t),
        y: down(c),
        ...panel,
        pen: { colour: '#1a1a1a', width: 0.6 },
      });
    });
  });
  const bottom = down(names.length) - GAP;
  topologies.forEach((_, t) => {
    steps.forEach((step, s) => {
      words(across(t) + (s + 0.5) * CELL.width, bottom + 8, show(step).replace(/^0/, ''), {
        size: 6.5,
        anchor: 'middle',
      });
    });
  });
  words((across(0) + across(topologies.length) - GAP) / 2, bottom + 19, 'step h', { anchor: 'middle' });
  const line = bottom + 38;
  let x = 2;
  const legend = (draw, text) => {
    draw(x);
    words(x + CELL.width + 4, line, text);
    x += CELL.width + 4 + measure(text, 8) + 14;
  };
  const at = (left) => ({ x: left, y: line - 7.5, ...CELL });
  for (const rounds of [least, Math.round(Math.sqrt(least * most)), most])
    legend(
      (left) => drawCell(marks, { rounds: [rounds], diverged: [false] }, at(left), share),
      `${show(Number(rounds.toPrecision(2)))} rounds`,
    );
  legend((left) => drawCell(marks, { rounds: [null], diverged: [false] }, at(left), share), 'not there');
  legend((left) => drawCell(marks, { rounds: [null], diverged: [true] }, at(left), share), 'diverges');
  return {
    width: Math.max(WIDTH, across(topologies.length) - GAP + 6),
    height: line + 8,
    title: 'Rounds to the target over compressors, topologies and steps, for three forms of compression',
    description,
    marks,
  };
}

function drawCell(marks, { rounds, diverged }, { x, y, width, height }, share) {
  const arrived = rounds.every((each) => each !== null);
  const sorted = [...rounds].sort((a, b) => a - b);
  const fill = arrived ? colourAt(share(sorted[Math.floor((sorted.length - 1) / 2)])) : '#ffffff';
  const [middleX, middleY] = [x + width / 2, y + height / 2];
  marks.push({ mark: 'box', x, y, width, height, fill, pen: { colour: '#ffffff', width: 0.4 } });
  if (arrived) return;
  const shape = diverged.some(Boolean) ? 'cross' : 'circle';
  marks.push({
    mark: 'dot',
    shape,
    x: middleX,
    y: middleY,
    radius: shape === 'cross' ? 2.2 : 0.9,
    colour: '#1a1a1a',
  });
}
