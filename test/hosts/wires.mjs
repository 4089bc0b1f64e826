/**
 * Do the links have the rate that they are given? What is compared is payload, so that the best there can be
 * is 1,448 of 1,514 bytes, 95.6% of the limit. Nothing may be faster than that. Others who use the processors
 * make timers late, and what they do only slows: of several tries each figure is the best one. In the short
 * form, which runs wherever tests run, a link may be slower by a quarter, in the long one by a tenth.
 */

import { fileURLToPath } from 'node:url';
import { burstBytes, FRAME } from './lab.mjs';
import { checked } from './report.mjs';

const PROGRAM = fileURLToPath(new URL('ping-pong.mjs', import.meta.url));
const TRIES = 4;
/** What Open MPI has by itself: `ompi_info --param btl tcp --level 9`. */
const PUT_AND_MORE = 'send,put,inplace,need-ack,need-csum,hetero-rdma';

export async function checkWires(lab, { short }) {
  for (const megabits of [10, 100]) {
    lab.limit(megabits);
    for (const count of short ? [2] : [2, 4]) {
      const hosts = lab.names.slice(0, count);
      const within = short ? 0.25 : 0.1;
      let best = null;
      let found;
      for (let at = 0; at < TRIES && (at === 0 || found.problems.length > 0); at++) {
        best = better(best, await measure(lab, hosts, short ? 1.5 : 3));
        found = judge(best, hosts, megabits, within);
      }
      checked(`${count} hosts at ${megabits} Mbit/s`, found.problems, found.seen);
    }
  }
  if (!short) await largeMessages(lab);
  lab.limit(null);
}

/**
 * Large messages both ways at once, as Open MPI sends them by itself (the receiver asks for them: "put"), and
 * with `btl_tcp_flags send`, which has the sender push them. Over TCP what is asked for waits behind what is sent.
 * No figure of ours hangs on it: it is measured for docs/machines.md.
 */
async function largeMessages(lab) {
  const hosts = lab.names.slice(0, 2);
  for (const megabits of [10, 100]) {
    lab.limit(megabits);
    const shares = [];
    for (const mca of [{ btl_tcp_flags: PUT_AND_MORE }, { btl_tcp_flags: 'send' }]) {
      const program = [process.execPath, PROGRAM, '2', 'large'];
      const { stdout } = await lab.ended(lab.mpirun(hosts, program, { mca }));
      shares.push(Math.min(...JSON.parse(stdout).largeBytes.map((bytes) => (8 * bytes) / (megabits * 1e6))));
    }
    const [put, pushed] = shares.map(percent);
    checked(
      `large messages both ways at once, at ${megabits} Mbit/s`,
      [],
      `${put} of the limit each way; ${pushed} with btl_tcp_flags send`,
    );
  }
}

async function measure(lab, hosts, seconds) {
  const program = [process.execPath, PROGRAM, `${seconds}`];
  const { code, stdout, stderr } = await lab.ended(lab.mpirun(hosts, program));
  if (code !== 0) throw new Error(`mpirun ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

/** Each figure at its best: rates the highest, times the shortest. */
function better(one, other) {
  if (one === null) return other;
  return {
    ...one,
    streamBytes: Math.max(one.streamBytes, other.streamBytes),
    ringBytes: one.ringBytes.map((bytes, at) => Math.max(bytes, other.ringBytes[at])),
    blockSeconds: Math.min(one.blockSeconds, other.blockSeconds),
    latencySeconds: Math.min(one.latencySeconds, other.latencySeconds),
  };
}

function judge(found, hosts, megabits, within) {
  const problems = [];
  if (found.hosts.join() !== hosts.join()) problems.push(`ranks are on ${found.hosts}, expected ${hosts}`);
  const ofLimit = (bytes) => (8 * bytes) / (megabits * 1e6);
  const best = FRAME.payload / FRAME.bytes;
  const stream = ofLimit(found.streamBytes);
  const ring = found.ringBytes.map(ofLimit);
  // A message waits for all of its frames but those that a full bucket lets pass.
  const frames = found.blockBytes / best;
  const expected = (8 * (frames - burstBytes(megabits))) / (megabits * 1e6);
  const block = found.blockSeconds / expected;
  for (const [what, share] of [
    ['one way', stream],
    ...ring.map((share, at) => [`both ways at once, into ${hosts[at]}`, share]),
  ])
    if (share < 1 - within || share > best + 0.01)
      problems.push(
        `${what}: ${percent(share)} of the limit, expected ${percent(1 - within)} to ${percent(best)}`,
      );
  // One message shows how late timers are, and has nothing to make up for it.
  if (block < 1 - within || block > 1 + 2 * within)
    problems.push(
      `a message of ${found.blockBytes} bytes takes ${ms(found.blockSeconds)}, expected ${ms(expected)}`,
    );
  // Two millisecond are long for a few bytes, and far below what any of our messages take.
  if (found.latencySeconds > 0.002) problems.push(`8 bytes take ${ms(found.latencySeconds)}`);
  const seen = [
    `one way ${percent(stream)} of the limit`,
    `both ways ${percent(Math.min(...ring))} to ${percent(Math.max(...ring))}`,
    `${found.blockBytes} bytes in ${ms(found.blockSeconds)} (reckoned ${ms(expected)})`,
    `8 bytes in ${(1e6 * found.latencySeconds).toFixed(0)} us`,
  ].join(', ');
  return { problems, seen };
}

const percent = (share) => `${(100 * share).toFixed(1)}%`;
const ms = (seconds) => `${(1000 * seconds).toFixed(2)} ms`;
