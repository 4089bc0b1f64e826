/**
 * The command line of queues: what is refused before anything is written; and, where a nats-server is
 * installed, a study over a worker. What dies meanwhile is in `npm run test:queue`.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { sweep, work } from '../../dist/src/index.js';
import { connectQueue } from '../../dist/src/queue/connection.js';
import { namesOf } from '../../dist/src/queue/protocol.js';
import { sottovoce } from '../support/command-line.js';
import { temporaryFolder } from '../support/run.js';
// @ts-expect-error plain JavaScript, which `npm run test:queue` has too
import { findServer, startServer } from './nats-server.mjs';

const folder = temporaryFolder();
writeFileSync(
  path.join(folder, 'ring.yaml'),
  `topology: { kind: ring, nodes: 6 }
cost: { kind: quadratic, dim: 4 }
flow: { kind: primal-dual, compress: none, alpha: 1, beta: 1 }
rounds: 300
`,
);
const grid = ['--grid', 'flow.step=0.05,0.1,0.9'];

describe('what is refused', () => {
  it.each([
    [['--queue', 'http://lab:secret@host'], 'the queue is http://…@host, expected nats://host:port'],
    [['--queue', 'nats://lab:secret@127.0.0.1:9'], 'nats://127.0.0.1:9 does not answer'],
    [['--queue', 'nats://127.0.0.1:9', '--redeliver', '0'], '--redeliver is 0, expected a whole number >= 1'],
  ])('%j', async (more, expected) => {
    const out = path.join(folder, 'none');
    const { status, stderr } = await sottovoce(folder, 'sweep', 'ring.yaml', ...grid, '--out', out, ...more);
    expect(status).toBe(2);
    expect(stderr).toContain(expected);
    expect(stderr).not.toContain('secret');
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    [[], '--queue is missing'],
    [['--queue', 'nats://127.0.0.1:9'], 'nats://127.0.0.1:9 does not answer'],
    [['--queue', 'nats://127.0.0.1:9', '--idle-exit', 'soon'], '--idle-exit is soon, expected a time'],
    [['--queue', 'nats://127.0.0.1:9', '--cache-size', 'x'], '--cache-size is x'],
  ])('worker %j', async (more, expected) => {
    const { status, stderr } = await sottovoce(folder, 'worker', ...more);
    expect([status, stderr]).toEqual([2, expect.stringContaining(expected)]);
  });

  it('in a program', async () => {
    await expect(sweep('a.yaml', { grid: {}, queue: 7 as never })).rejects.toThrow();
    await expect(work('nats://', {})).rejects.toThrow('expected nats://host:port');
    await expect(work('nats://ada', { jobs: 0 })).rejects.toThrow('jobs is 0');
  });
});

it('help teaches it', async () => {
  const { stdout } = await sottovoce(folder, 'worker', '--help');
  for (const words of [
    'nats-server -js',
    '--no-modules',
    '--idle-exit',
    'SOTTOVOCE_QUEUE_LOGIN',
    'It runs code',
  ])
    expect(stdout).toContain(words);
});

describe.skipIf(findServer() === null)('with a nats-server', () => {
  it('a sweep over a worker has the rows of a sweep here, and leaves nothing behind', async () => {
    const server = await startServer(path.join(folder, 'nats'));
    const ending = new AbortController();
    const said: string[] = [];
    const worker = work(server.url, {
      jobs: 1,
      cacheFolder: path.join(folder, 'cache'),
      signal: ending.signal,
      onWord: (line) => said.push(line),
    });
    try {
      const [here, there] = ['here', 'there'].map((name) => path.join(folder, name));
      const command = ['sweep', 'ring.yaml', ...grid, '--seeds', '1,2'];
      await sottovoce(folder, ...command, '--out', here!, '--jobs', '1');
      const over = await sottovoce(folder, ...command, '--out', there!, '--queue', server.url);
      expect([over.status, over.stderr]).toEqual([0, expect.stringContaining(`on ${server.url}`)]);
      const rows = (out: string) => {
        const { rows } = JSON.parse(readFileSync(path.join(out, 'results.json'), 'utf8'));
        return rows.map(({ seconds: _, secondsToTarget: __, ...row }: Record<string, unknown>) => row);
      };
      expect(rows(there!)).toEqual(rows(here!));
      expect(rows(there!)).toHaveLength(6);
      expect(existsSync(path.join(there!, 'queue.json'))).toBe(false);
      // Everything is known: nothing is asked of the queue.
      const again = await sottovoce(folder, ...command, '--out', there!, '--queue', server.url);
      expect([again.status, again.stderr]).toEqual([0, expect.stringContaining('0 cells to run')]);
    } finally {
      ending.abort();
      const { done } = await worker;
      expect(done).toBeGreaterThanOrEqual(6);
      await server.stop();
    }
  });

  it('what others have left or written there keeps no study from its end', async () => {
    const server = await startServer(path.join(folder, 'nats-others'));
    const others = await connectQueue(server.url, () => {}, 'test');
    const ending = new AbortController();
    const worker = work(server.url, {
      jobs: 1,
      cacheFolder: path.join(folder, 'cache-others'),
      signal: ending.signal,
    });
    // A result that is none stands where the first job's is to be.
    const spoilt = others.nc.subscribe('sottovoce.*.job.*', {
      max: 1,
      callback: (_error, { subject }) => others.nc.publish(subject.replace('.job.', '.result.'), '{"value":'),
    });
    try {
      // As of an orderer that was killed before it had made the consumer.
      await others.jsm.streams.add({ name: namesOf('000').jobs, subjects: [namesOf('000').job('*')] });
      const command = ['sweep', 'ring.yaml', ...grid, '--out', path.join(folder, 'others')];
      const over = await sottovoce(folder, ...command, '--queue', server.url);
      expect([over.status, over.stdout + over.stderr]).toEqual([1, expect.stringContaining('1 failed')]);
      spoilt.unsubscribe();
      const again = await sottovoce(folder, ...command, '--queue', server.url);
      expect([again.status, again.stderr]).toEqual([0, expect.stringContaining('1 cell to run')]);
    } finally {
      ending.abort();
      await worker;
      await others.close();
      await server.stop();
    }
  });
});
