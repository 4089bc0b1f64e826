/**
 * What would a billion agents on a thousand machines take, with compression and without, and where does it stop
 * paying?
 *
 *     node bench/scale.mjs [--write]
 *     node bench/scale.mjs --measured FILE
 *
 * Plans two graphs of 10^9 agents, one whose neighbours are near (a torus) and one whose neighbours are anywhere
 * (uniform-random), over 1,000 machines of 32 threads, for links of 1 to 400 Gbit/s. What a round takes for an
 * agent is what bench/targets.json has of 100,000 agents, out of cache, on two threads. Beside them a torus of a
 * million, a thousand agents a machine, whose rounds are in caches. `--write` puts the figures into
 * bench/scale.json, the tables between the marks of docs/scale.md, and the pictures beside it. Build first:
 * `npm run build`.
 *
 * `--measured` puts what `bench scaling CONFIG --mpi --json FILE` has found into the page, and does nothing else.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseConfig } from 'sottovoce';
import { logPlot } from 'sottovoce/report';
import { parseLink } from '../dist/src/machines/link.js';
import { planMachines } from '../dist/src/machines/plan.js';

const { values: options } = parseArgs({
  options: { write: { type: 'boolean', default: false }, measured: { type: 'string' } },
});
if (options.measured !== undefined) {
  writeMeasured(JSON.parse(readFileSync(options.measured, 'utf8')));
  process.exit();
}

const MACHINES = 1000;
const CORES = 32;
const LINKS = ['1Gbit/s,50us', '10Gbit/s,20us', '100Gbit/s,2us,rdma', '400Gbit/s,2us,rdma'].map(parseLink);
/** For the picture, which has one latency all along. */
const SWEPT = Array.from({ length: 61 }, (_, step) => {
  const bitsPerSecond = 10 ** (8 + step / 15);
  return { ...parseLink('1Gbit/s,10us,rdma'), name: `${bitsPerSecond}`, bitsPerSecond };
});

const recorded = JSON.parse(readFileSync(new URL('targets.json', import.meta.url), 'utf8'));
/** Of a round for an agent of 64 entries, on as many threads as a machine has, if each is as fast as one of two. */
const agentSeconds = (agents) =>
  Object.fromEntries(
    [
      ['plain', 'none'],
      ['compressed', 'flattened-sign'],
    ].map(([variant, name]) => {
      const { median } = recorded.figures.find(({ id }) => id === `peers/round/${name}/${agents}/ours`);
      return [variant, 64 / ((median * 1e6 * CORES) / 2)];
    }),
  );
/** Rounds with compression for each one without: as many, and twice as many. */
const MORE = [1, 2];

const GRAPHS = [
  {
    id: 'torus',
    title: 'torus: neighbours are near',
    recorded: 100_000,
    topology: { kind: 'torus', rows: 40_000, columns: 25_000 },
  },
  {
    id: 'urand',
    title: 'uniform-random, 8 neighbours: anywhere',
    recorded: 100_000,
    topology: { kind: 'uniform-random', nodes: 1_000_000_000, edgeFactor: 4 },
  },
  {
    id: 'small torus',
    title: 'a torus of a million: in caches',
    recorded: 1000,
    topology: { kind: 'torus', rows: 1250, columns: 800 },
  },
];

const configOf = ({ id, topology }) => ({
  name: id,
  topology,
  cost: { kind: 'quadratic', dim: 64, condition: 4 },
  flow: { kind: 'primal-dual', compress: 'error-state' },
  compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  trace: { every: 1000 },
});

async function planned(graph) {
  const loaded = await parseConfig(configOf(graph));
  const links = [...LINKS, ...SWEPT];
  const startedMs = performance.now();
  const plans = [];
  for (const more of MORE) {
    const asked = { machines: MACHINES, cores: CORES, memoryBytes: null, more, links };
    plans.push(await planMachines(loaded, { ...asked, agentSeconds: agentSeconds(graph.recorded) }));
  }
  const limits = plans.map(({ breakEven }) => breakEven.slice(0, LINKS.length));
  console.log(`${graph.id} planned in ${short((performance.now() - startedMs) / 1000 / MORE.length)}`);
  return { ...graph, limits, plan: trimmed(plans[0]) };
}

/** Without what the tables and pictures leave out. */
function trimmed({ variants, cut, agents, arcs, machines, cores }) {
  return {
    agents,
    arcs,
    machines,
    cores,
    cut,
    variants: variants.map(({ scaling, ...variant }) => ({
      ...variant,
      links: scaling.slice(0, LINKS.length),
      swept: scaling.slice(LINKS.length).map(({ link, rounds }) => ({
        bitsPerSecond: Number(link),
        seconds: rounds.at(-1).total - rounds.at(-1).row,
      })),
    })),
  };
}

const short = (seconds) =>
  seconds < 0.9995e-3
    ? `${Number((seconds * 1e6).toPrecision(3))} us`
    : seconds < 0.9995
      ? `${Number((seconds * 1e3).toPrecision(3))} ms`
      : `${Number(seconds.toPrecision(3))} s`;

function predictionTable(graphs) {
  const lines = [
    '| graph | link | none: exchange | a round | flatten(sign): exchange | a round | faster | pays below | if twice the rounds |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
  ];
  for (const { id, plan, limits } of graphs) {
    LINKS.forEach(({ name }, at) => {
      const of = (variant) => plan.variants.find((each) => each.variant === variant).links[at].rounds.at(-1);
      const [plain, compressed] = [of('plain'), of('compressed')];
      const total = ({ total, row }) => total - row;
      const [once, twice] = limits.map((links) => bits(links[at].bitsPerSecond));
      lines.push(
        `| ${id} | ${name} | ${short(plain.exchange)} | ${short(total(plain))} | ${short(compressed.exchange)} | ${short(total(compressed))} | ${Number((total(plain) / total(compressed)).toPrecision(3))} | ${once} | ${twice} |`,
      );
    });
  }
  return lines;
}

function bits(limit) {
  if (limit === null) return 'nowhere';
  return limit === 'infinite' || limit === Number.POSITIVE_INFINITY
    ? 'any'
    : `${Number((limit / 1e9).toPrecision(3))} Gbit/s`;
}

function rankTable(graphs) {
  const gib = (bytes) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  const mib = (bytes) => `${Number((bytes / 2 ** 20).toPrecision(3))} MiB`;
  return [
    '| graph | agents a rank | ghosts | peers | compressor | over the link, each way | arena without traced fields | traced, on rank 0 |',
    '| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |',
    ...graphs.flatMap(({ id, plan: { cut, variants } }) =>
      variants.map(
        ({ compressor, bytesIn, memory }) =>
          `| ${id} | ${cut.own.toLocaleString('en')} | ${Math.round(cut.ghosts).toLocaleString('en')} | ${Math.round(cut.peers)} | ${compressor} | ${mib(bytesIn)} | ${gib(memory.arenaBytes - memory.tracedBytes)} | ${gib(memory.tracedBytes)} |`,
      ),
    ),
  ];
}

function bandwidthPicture(graphs) {
  const panels = graphs.map(({ title, plan }) => ({
    xLabel: `bandwidth of a machine, Gbit/s (${title})`,
    logX: true,
    series: plan.variants.map(({ compressor, swept }) => ({
      label: compressor,
      x: swept.map(({ bitsPerSecond }) => bitsPerSecond / 1e9),
      y: swept.map(({ seconds }) => seconds * 1000),
    })),
  }));
  const all = panels.flatMap(({ series }) => series.flatMap(({ y }) => y));
  return logPlot(panels, {
    title: 'A round on a thousand machines, predicted',
    subtitle: `32 threads each, 64 entries an agent, latency 10 us, messages as by RDMA; rows of the trace left out`,
    yLabel: 'ms a round',
    floor: 10 ** Math.floor(Math.log10(Math.min(...all))),
    ceiling: 10 ** Math.ceil(Math.log10(Math.max(...all))),
  });
}

function machinesPicture(graphs) {
  const panels = graphs.map(({ title, plan }) => ({
    xLabel: `machines (${title})`,
    logX: true,
    series: [0, 2].flatMap((at) =>
      plan.variants.map(({ compressor, links }) => ({
        label: `${compressor}, ${LINKS[at].name.split(',')[0]}`,
        x: links[at].rounds.map(({ ranks }) => ranks),
        y: links[at].rounds.map(({ total, row }) => (total - row) * 1000),
      })),
    ),
  }));
  const all = panels.flatMap(({ series }) => series.flatMap(({ y }) => y));
  return logPlot(panels, {
    title: 'The same graphs on 1 to 1,000 machines, predicted',
    subtitle: '32 threads each; as if a rank addressed as much memory as it takes',
    yLabel: 'ms a round',
    floor: 10 ** Math.floor(Math.log10(Math.min(...all))),
    ceiling: 10 ** Math.ceil(Math.log10(Math.max(...all))),
  });
}

/** Puts lines between two marks of a page. */
function between(text, mark, lines) {
  const [open, close] = [`<!-- ${mark} -->`, `<!-- end of ${mark} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`docs/scale.md has no ${open} ... ${close}`);
  return `${text.slice(0, from + open.length)}\n\n${lines.join('\n')}\n\n${text.slice(to)}`;
}

const graphs = [];
for (const graph of GRAPHS) graphs.push(await planned(graph));
for (const line of [...rankTable(graphs), '', ...predictionTable(graphs)]) console.log(line);
if (options.write) {
  const page = new URL('../docs/scale.md', import.meta.url);
  let text = readFileSync(page, 'utf8');
  text = between(text, 'ranks', rankTable(graphs));
  text = between(text, 'prediction', predictionTable(graphs));
  writeFileSync(page, text);
  writeFileSync(new URL('../docs/scale-bandwidth.svg', import.meta.url), bandwidthPicture(graphs));
  writeFileSync(new URL('../docs/scale-machines.svg', import.meta.url), machinesPicture(graphs));
  const json = JSON.stringify({ links: LINKS, graphs }, finite);
  writeFileSync(new URL('scale.json', import.meta.url), `${json}\n`);
}

/** JSON has no infinity. */
function finite(_key, value) {
  if (value === Number.POSITIVE_INFINITY) return 'infinite';
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}

function writeMeasured({ machine, details, passes, figures }) {
  const lines = [
    `${machine.cpu}, ${machine.cores} cores; Node ${machine.node}; medians of ${passes} runs each, and their quartiles.`,
    '',
    '| graph | ranks x threads | ms a round | predicted | measured over predicted |',
    '| --- | --- | ---: | ---: | ---: |',
    ...details.ranks.flatMap(({ id, title, points }) =>
      points.map(({ ranks, threads, predictedSeconds, measuredSeconds }) => {
        const { q1, q3 } = figures.find((each) => each.id === `scaling/${id}/${ranks}x${threads}`);
        const three = (value) => Number(value.toPrecision(3));
        const ms = `${three(measuredSeconds * 1000)} (${three(q1)} to ${three(q3)})`;
        return `| ${title} | ${ranks} x ${threads} | ${ms} | ${three(predictedSeconds * 1000)} | ${three(measuredSeconds / predictedSeconds)} |`;
      }),
    ),
  ];
  const page = new URL('../docs/scale.md', import.meta.url);
  writeFileSync(page, between(readFileSync(page, 'utf8'), 'measured', lines));
}
