/**
 * A rank that ends in the way that it is told, with MPI loaded in a worker thread.
 *
 *     exit     the main thread calls process.exit(3) while the other waits for a message
 *     early    as exit, on rank 1 alone, and before the others have come to MPI_Init
 *     end      transports are closed, threads end
 *     throw    the thread that communicates throws, and nobody catches it
 *     abort    rank 1 ends all with code 5
 *     stay     exchanges go on until something else ends them
 */

import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { rankEnvironment } from '../../../dist/src/ranks/environment.js';
import { mpiTask } from '../../../dist/src/ranks/mpi/task.js';

if (isMainThread) await host(process.argv[2]);
else await communicate(workerData);

async function host(way) {
  const environment = rankEnvironment();
  const { rank } = environment;
  if (way === 'early' && rank === 1) process.exit(3);
  const worker = new Worker(new URL(import.meta.url), { workerData: { task: mpiTask(environment), way } });
  const [trap] = await once(worker, 'message');
  process.stdout.write(`rank ${rank} pid ${process.pid} ${trap}\n`);
  if (way === 'exit') process.exit(3);
}

async function communicate({ task, way }) {
  const { openTransport } = await import(task.module);
  const transport = openTransport(task.data, () => false);
  const { rank, ranks } = transport;
  const peer = (rank + 1) % ranks;
  const base = new Uint8Array(new SharedArrayBuffer(800));
  const rows = Uint32Array.from({ length: 50 }, (_, row) => 2 * row);
  const exchange = transport.repeated(
    [
      { kind: 'send', peer },
      { kind: 'receive', peer: (rank + ranks - 1) % ranks },
    ].map((leg) => ({ ...leg, tag: 1, base, rowBytes: 8, rows })),
  );
  const go = () => {
    exchange.start();
    exchange.wait();
  };
  go();
  parentPort.postMessage(trapOfWebAssembly());
  if (way === 'exit' || way === 'early') transport.receive(peer, 2, new Uint8Array(1));
  if (way === 'throw') throw new Error('thrown on purpose');
  if (way === 'abort' && rank === 1) transport.abort(5);
  if (way === 'end') transport.close();
  else for (;;) go();
}

/** An access out of bounds is a signal that V8 makes an error of: MPI must not have taken it. */
function trapOfWebAssembly() {
  const bytes = [
    ...[
      0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 0x66,
    ],
    ...[0, 0, 10, 11, 1, 9, 0, 0x41, 0x7c, 0x28, 2, 0, 0x0b],
  ];
  bytes[bytes.indexOf(11)] = bytes.length - bytes.indexOf(11) - 1;
  bytes[bytes.indexOf(10) + 3] = bytes.length - (bytes.indexOf(10) + 4);
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes))).exports;
  try {
    f();
    return 'nothing was trapped';
  } catch (error) {
    return error instanceof WebAssembly.RuntimeError ? 'trapped' : String(error);
  }
}
