/**
 * Makes the two small files that the README's examples read, the same ones every time:
 *
 *     node examples/data/make.mjs
 *
 *  - network.gml: 16 places in the unit square, linked to those nearby and to nobody beyond; connected.
 *  - train.libsvm: 400 samples of 12 features, most of them zero, with labels -1 and 1 of a logistic model.
 */

import { writeFileSync } from 'node:fs';

const PLACES = 16;
const REACH = 0.36;
const SAMPLES = 400;
const FEATURES = 12;

const random = generator(2024);
writeFileSync(new URL('network.gml', import.meta.url), network());
writeFileSync(new URL('train.libsvm', import.meta.url), samples());

function network() {
  const places = Array.from({ length: PLACES }, (_, i) => ({
    x: ((i % 4) + random()) / 4,
    y: (Math.floor(i / 4) + random()) / 4,
  }));
  const lines = ['graph ['];
  for (const [id, { x, y }] of places.entries()) {
    lines.push(`  node [ id ${id} label "place ${id + 1}" x ${x.toFixed(3)} y ${y.toFixed(3)} ]`);
  }
  for (const [i, a] of places.entries()) {
    for (const [j, b] of places.entries()) {
      if (i < j && Math.hypot(a.x - b.x, a.y - b.y) <= REACH)
        lines.push(`  edge [ source ${i} target ${j} ]`);
    }
  }
  return `${lines.join('\n')}\n]\n`;
}

function samples() {
  const model = Array.from({ length: FEATURES }, normal);
  const lines = Array.from({ length: SAMPLES }, () => {
    const features = model.map(() => (random() < 0.4 ? normal() : 0));
    const score = features.reduce((sum, value, i) => sum + value * model[i], 0);
    const label = random() < 1 / (1 + Math.exp(-2 * score)) ? '+1' : '-1';
    const entries = features.flatMap((value, i) => (value === 0 ? [] : `${i + 1}:${value.toFixed(3)}`));
    return [label, ...entries].join(' ');
  });
  return `${lines.join('\n')}\n`;
}

function normal() {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Uniform in [0, 1): mulberry32. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}
