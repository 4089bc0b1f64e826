/**
 * How fast do bytes go between ranks? Two ranks exchange rows, through this machine's memory and over its TCP,
 * or between two hosts; of the times a line is made, alpha + bytes / beta.
 */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atExit } from '../../topology/at-exit.js';
import { InputError } from '../base/errors.js';
import { ranksBenchUrl } from '../run/locations.js';
import { figure, medianText, spreadText } from './figures.js';
import { interleave } from './interleave.js';
import { type LinkExchange, type LinkSample, type LinkTask, linkOf } from './links.js';
import { medianOf } from './stats.js';
import type { Benchmark, Figure, Table } from './types.js';

const execute = promisify(execFile);

const SAMPLE_SECONDS = 0.1;
const QUICK_SECONDS = 0.002;
const ROW_BYTES = 64;
const SHORT: LinkExchange = { rows: 1, rowBytes: 8, scattered: false };
const LONG: LinkExchange = { rows: 2 ** 14, rowBytes: ROW_BYTES, scattered: false };
/** The rows of `LONG`, not behind one another. */
const SCATTERED: LinkExchange = { ...LONG, scattered: true };
const BETWEEN: readonly LinkExchange[] = [2 ** 6, 2 ** 10].map((rows) => ({ ...LONG, rows }));
const HUGE: LinkExchange = { ...LONG, rows: 2 ** 17 };

interface Way {
  id: string;
  name: string;
  options: readonly string[];
}

const HERE: readonly Way[] = [
  { id: 'memory', name: 'memory of this machine', options: ['--mca', 'btl', 'vader,self'] },
  { id: 'tcp', name: 'TCP of this machine', options: ['--mca', 'btl', 'tcp,self'] },
];

export const mpi: Benchmark = {
  name: 'mpi',
  summary: 'latency and bandwidth between two ranks: alpha and beta, through memory and TCP',
  description: `How fast do bytes go between ranks? Two processes, started by Open MPI's mpirun, exchange rows both ways at once, as ranks do in a round: from 8 bytes
to 8 MiB, in one run of rows and of every other row of the sender's. Through the memory of this machine and over its TCP, in turns; with --hosts between
two others. A line is made of it, alpha + bytes / beta, which \`plan\` takes as --link. Beside it the same rows copied by one thread, which no exchange
through memory can beat. Without Open MPI --quick measures that copy alone.`,
  options: [
    {
      flags: '--hosts <two>',
      name: 'hosts',
      description: 'between two hosts that mpirun can reach: node1,node2',
    },
  ],
  async run({ passes, progress, quick, given }) {
    const ways = waysOf(given?.['hosts']);
    const exchanges = quick ? [SHORT, LONG, SCATTERED] : [SHORT, ...BETWEEN, LONG, SCATTERED, HUGE];
    const task: LinkTask = { exchanges, sampleSeconds: quick ? QUICK_SECONDS : SAMPLE_SECONDS };
    const missing = await whyNoMpirun();
    if (missing !== null && !(quick && given?.['hosts'] === undefined)) throw missing;
    const measured = missing === null ? ways : [];
    progress.expect((measured.length + 1) * passes);
    const [copies, ...samples] = await interleave<LinkSample[]>(
      [
        { name: 'a copy by one thread', sample: async () => [copyOf(SCATTERED, task.sampleSeconds)] },
        ...measured.map((way) => ({ name: way.name, sample: () => exchangeOnce(way, task) })),
      ],
      passes,
      progress,
    );
    const copied = figure(
      'mpi/copy',
      `${nameOf(SCATTERED)}, copied by one thread`,
      'us',
      'lower',
      copies.map(([sample]) => sample.seconds * 1e6),
    );
    const found = measured.map((way, at) => summarize(way, exchanges, samples[at]));
    return {
      figures: [...found.flatMap(({ figures }) => figures), copied],
      tables: [tableOf(exchanges, found, copied, missing)],
      details: { links: Object.fromEntries(found.map(({ way, link }) => [way.id, link])) },
    };
  },
};

function waysOf(hosts: string | true | undefined): readonly Way[] {
  if (hosts === undefined) return HERE;
  const names = String(hosts).split(',');
  if (names.length !== 2 || names.some((name) => !/^[\w.:-]+$/.test(name))) {
    throw new InputError(`--hosts is ${hosts}, expected two names: node1,node2`);
  }
  const list = names.map((name) => `${name}:1`).join(',');
  return [
    { id: 'hosts', name: `${names[0]} and ${names[1]}`, options: ['--host', list, '--map-by', 'node'] },
  ];
}

/** Null where there is one, and we are not inside a job of it. */
export async function whyNoMpirun(): Promise<InputError | null> {
  if (process.env['OMPI_COMM_WORLD_RANK'] !== undefined) {
    return new InputError('bench mpi starts its ranks itself, and was started as one of another mpirun', {
      hint: 'sottovoce bench mpi, without mpirun',
    });
  }
  try {
    const { stdout } = await execute('mpirun', ['--version']);
    if (/Open MPI/.test(stdout)) return null;
    return new InputError(`mpirun is not that of Open MPI: ${stdout.split('\n')[0]}`, { hint: INSTALL });
  } catch {
    return new InputError('Open MPI is not installed: there is no mpirun', { hint: INSTALL });
  }
}

const INSTALL = 'apt-get install openmpi-bin libopenmpi3, and npm install koffi';

async function exchangeOnce({ name, options }: Way, task: LinkTask): Promise<LinkSample[]> {
  const args = [
    ...['--oversubscribe', '--bind-to', 'none', ...options, '-n', '2'],
    ...[process.execPath, fileURLToPath(ranksBenchUrl), JSON.stringify(task)],
  ];
  // In a container everybody is root, and Open MPI wants to hear twice that this is meant.
  const env = { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
  const running = execute('mpirun', args, { env });
  // Its ranks go with it.
  const isOver = atExit(() => running.child.kill('SIGTERM'));
  try {
    const { stdout } = await running;
    return JSON.parse(stdout.split('\n').find((line) => line.startsWith('[')) ?? '') as LinkSample[];
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const lines = stderr.split('\n');
    const words =
      lines.find((line) => /^\w*Error\b.*: /.test(line)) ??
      lines.find((line) => /error|not /i.test(line)) ??
      message.split('\n')[0];
    throw new InputError(
      `two ranks (${name}) cannot be measured: ${words.replace(/^\w*Error: /, '').trim()}`,
    );
  } finally {
    isOver();
  }
}

/** As MPI packs them: from every other row to one run. */
function copyOf(exchange: LinkExchange, sampleSeconds: number): LinkSample {
  const { rows, rowBytes } = exchange;
  const from = new Float64Array((rows * rowBytes * 2) / 8).fill(1);
  const to = new Float64Array((rows * rowBytes) / 8);
  const words = rowBytes / 8;
  const copy = () => {
    for (let row = 0; row < rows; row++) {
      for (let word = 0; word < words; word++) to[row * words + word] = from[2 * row * words + word];
    }
  };
  copy();
  const startedMs = performance.now();
  let count = 0;
  do {
    copy();
    count++;
  } while (performance.now() - startedMs < sampleSeconds * 1000);
  return { ...exchange, seconds: (performance.now() - startedMs) / 1000 / count };
}

interface Found {
  way: Way;
  figures: Figure[];
  /** Of the exchanges, in their order. */
  times: Figure[];
  alpha: Figure;
  beta: Figure;
  link: { alphaSeconds: number; betaBytesPerSecond: number };
}

function summarize(way: Way, exchanges: readonly LinkExchange[], samples: readonly LinkSample[][]): Found {
  const [short, long] = [SHORT, LONG].map((exchange) => exchanges.indexOf(exchange)) as [number, number];
  const lines = samples.map((sample) => linkOf(sample[short], sample[long]));
  const times = exchanges.map((exchange, at) =>
    figure(
      `mpi/${way.id}/${exchange.rows * exchange.rowBytes}${exchange.scattered ? '-scattered' : ''}`,
      `${nameOf(exchange)}, ${way.name}`,
      'us',
      'lower',
      samples.map((sample) => sample[at].seconds * 1e6),
    ),
  );
  const alphas = lines.map(({ alphaSeconds }) => alphaSeconds);
  const betas = lines.map(({ betaBytesPerSecond }) => betaBytesPerSecond);
  const alpha = figure(
    `mpi/${way.id}/alpha`,
    `alpha, ${way.name}`,
    'us',
    'lower',
    alphas.map((s) => s * 1e6),
  );
  const beta = figure(
    `mpi/${way.id}/beta`,
    `beta, ${way.name}`,
    'GB/s',
    'higher',
    betas.map((b) => b / 1e9),
  );
  const link = { alphaSeconds: medianOf(alphas), betaBytesPerSecond: medianOf(betas) };
  return { way, figures: [alpha, beta, ...times], times, alpha, beta, link };
}

function nameOf({ rows, rowBytes, scattered }: LinkExchange): string {
  const bytes = rows * rowBytes;
  const size =
    bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes} bytes`;
  return scattered ? `${size}, rows of ${rowBytes} bytes apart` : size;
}

function tableOf(
  exchanges: readonly LinkExchange[],
  found: readonly Found[],
  copied: Figure,
  missing: InputError | null,
): Table {
  const rows = exchanges.map((exchange, at) => [
    `us: ${nameOf(exchange)}`,
    ...found.map(({ times }) => spreadText(times[at])),
  ]);
  const links = found.map(
    ({ way, alpha, beta }) =>
      `${way.name}: --link ${medianText([beta.median * 8])}Gbit/s,${medianText([alpha.median])}us`,
  );
  return {
    title: 'Between two ranks: both ways at once, of each way',
    columns: ['exchange', ...(missing === null ? found.map(({ way }) => way.name) : ['us'])],
    rows:
      missing === null
        ? [
            ...rows,
            ['alpha: us', ...found.map(({ alpha }) => spreadText(alpha))],
            ['beta: GB/s', ...found.map(({ beta }) => spreadText(beta))],
          ]
        : [[copied.label, spreadText(copied)]],
    notes: [
      ...links,
      ...(missing === null
        ? [`${copied.label}: ${spreadText(copied)} us`]
        : [`not measured: ${missing.message} (${missing.hint})`]),
    ],
  };
}
