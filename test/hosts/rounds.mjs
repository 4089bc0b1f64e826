/**
 * Seconds a round over links of a known rate, uncompressed and with `flatten(sign)`, on a graph with locality (a
 * torus, cut into strips) and on one without (random, eight neighbours each). What is compared runs in turns: in
 * each pass both, one after the other, and their ratio is taken within the pass.
 *
 * A run's seconds hold more than its rounds: trace rows, and what ranks find out together at its beginning and its
 * end. So the seconds of a round are the difference of two runs that differ in the number of their rounds alone.
 *
 * Hosts share two processors here, so that the part of a round that is arithmetic takes longer than on as many
 * machines. What a link can carry is not shared.
 */

import { writeFileSync } from 'node:fs';
import { checked } from './report.mjs';
import { runOn } from './sottovoce.mjs';

const DIM = 64;
const GRAPHS = {
  torus: { kind: 'torus', rows: 400, columns: 250 },
  random: { kind: 'random-regular', nodes: 100_000, degree: 8 },
};
const FEW = { random: { kind: 'random-regular', nodes: 4000, degree: 8 } };
const METHODS = {
  none: { kind: 'identity' },
  'flatten(sign)': { kind: 'flatten', inner: { kind: 'sign' } },
};
/** Two runs differ by about so many seconds, and by a round at least. */
const SECONDS = 6;
const SHORT_SECONDS = 2;
const MOST_ROUNDS = 200;
const FASTER = 20;

export async function checkRounds(lab, options) {
  const { short, passes } = options;
  const rows = [];
  for (const [name, topology] of Object.entries(short ? FEW : GRAPHS))
    for (const hosts of short ? [2] : options.hosts.split(',').map(Number))
      for (const megabits of short ? [10] : options.rates.split(',').map(Number)) {
        if (options.graph !== undefined && options.graph !== name) continue;
        lab.limit(megabits);
        const where = { graph: name, topology, hosts, megabits };
        rows.push(await measure(lab, where, short ? 1 : Number(passes), short ? SHORT_SECONDS : SECONDS));
        judge(rows.at(-1));
        if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
      }
  lab.limit(null);
}

/** Gains that are small enough for either method: it is not asked how fast it converges. */
const configOf = (topology, compressor) => ({
  topology,
  cost: { kind: 'quadratic', dim: DIM, condition: 4 },
  flow: { kind: 'primal-dual', compress: 'error-state', step: 0.001, alpha: 0.5, beta: 0.5 },
  compressor,
  rounds: 1,
  workers: 1,
  trace: { every: 1_000_000 },
});

async function measure(lab, where, passes, seconds) {
  const names = lab.names.slice(0, where.hosts);
  const one = (compressor, rounds) => runOn(lab, names, configOf(where.topology, compressor), { rounds });
  const samples = {};
  const rounds = {};
  for (let pass = 0; pass < passes; pass++)
    for (const [name, compressor] of Object.entries(METHODS)) {
      const first = await one(compressor, 1);
      // How many rounds take long enough, from a run that is long enough to know.
      for (let more = rounds[name] ?? 1; ; ) {
        const { seconds: taken } = await one(compressor, 1 + more);
        const each = (taken - first.seconds) / more;
        rounds[name] = more;
        if (taken - first.seconds > seconds / 2 || more >= MOST_ROUNDS || pass > 0) {
          samples[name] = [...(samples[name] ?? []), each];
          break;
        }
        more = Math.min(MOST_ROUNDS, Math.max(2 * more, Math.ceil(seconds / Math.max(each, 1e-3))));
      }
    }
  const [none, sign] = Object.values(samples);
  return {
    ...where,
    rounds,
    secondsARound: Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, spread(all)])),
    ratio: spread(none.map((value, pass) => value / sign[pass])),
  };
}

function spread(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return { median, least: sorted[0], most: sorted.at(-1), samples };
}

/** A graph without locality on a slow link is where compression is to pay; elsewhere figures are only said. */
function judge({ graph, hosts, megabits, secondsARound, ratio }) {
  const time = ({ median, least, most }) =>
    `${(1000 * median).toPrecision(3)} ms (${(1000 * least).toPrecision(3)} to ${(1000 * most).toPrecision(3)})`;
  const must = graph === 'random' && megabits === 10;
  checked(
    `${graph}, ${hosts} hosts at ${megabits} Mbit/s${must ? `: flatten(sign) is ${FASTER} times faster` : ''}`,
    must && ratio.median < FASTER ? [`it is ${ratio.median.toFixed(1)} times faster`] : [],
    [
      ...Object.entries(secondsARound).map(([name, taken]) => `${name} ${time(taken)} a round`),
      `${ratio.median.toFixed(1)} times (${ratio.least.toFixed(1)} to ${ratio.most.toFixed(1)})`,
    ].join(', '),
  );
}
