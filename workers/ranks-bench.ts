/**
 * A rank of `sottovoce bench mpi`, a process that mpirun starts: two of them exchange rows both ways at once, as
 * in a round, and the first one prints how long an exchange took. Its one argument is a `LinkTask` as JSON.
 */

import type { LinkSample, LinkTask } from '../src/bench/links.js';
import { rankEnvironment } from '../src/ranks/environment.js';
import { mpiTask } from '../src/ranks/mpi/task.js';
import { openTransport } from '../src/ranks/mpi/transport.js';

/** Above those of exchanges, which are numbered from 0. */
const COUNT_TAG = 1000;
const FIRST_COUNT = 4;
const MOST_GROWTH = 8;

const argument = process.argv[2];
if (argument === undefined) throw new Error('ranks-bench.js is started by sottovoce bench mpi');
const task = JSON.parse(argument) as LinkTask;
const transport = openTransport(mpiTask(rankEnvironment()).data, () => false);
const samples = task.exchanges.map((exchange, tag) => ({ ...exchange, seconds: measure(tag) }));
transport.close();
if (transport.rank === 0) process.stdout.write(`${JSON.stringify(samples satisfies LinkSample[])}\n`);

/** Seconds an exchange takes, over as many as fill the time of a sample. */
function measure(tag: number): number {
  const { rows, rowBytes, scattered } = task.exchanges[tag]!;
  const peer = 1 - transport.rank;
  const every = (apart: number) => ({
    base: new Uint8Array(new SharedArrayBuffer(rows * rowBytes * apart)).fill(1),
    rowBytes,
    rows: Uint32Array.from({ length: rows }, (_, row) => row * apart),
  });
  const exchange = transport.repeated([
    { kind: 'send', peer, tag, ...every(scattered ? 2 : 1) },
    { kind: 'receive', peer, tag, ...every(1) },
  ]);
  const run = (count: number): number => {
    const startedMs = performance.now();
    for (let k = 0; k < count; k++) {
      exchange.start();
      exchange.wait();
    }
    return (performance.now() - startedMs) / 1000 / count;
  };
  let count = FIRST_COUNT;
  for (;;) {
    count = agreeOn(count);
    const each = run(count);
    const wanted = Math.ceil(task.sampleSeconds / each);
    // The second rank asks for nothing: it runs what it is told.
    const enough = agreeOn(Number(wanted <= 1.25 * count)) === 1;
    if (enough) {
      exchange.free();
      return each;
    }
    count = Math.min(wanted, MOST_GROWTH * count);
  }
}

/** The first rank's number. */
function agreeOn(value: number): number {
  const words = Float64Array.of(value);
  const bytes = new Uint8Array(words.buffer);
  if (transport.rank === 0) transport.send(1, COUNT_TAG, bytes);
  else transport.receive(0, COUNT_TAG, bytes);
  return words[0]!;
}
