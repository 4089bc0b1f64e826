/**
 * `trace: { agents, coordinates }`: what chosen agents hold stands beside the trace, row by row, the same
 * however the run is made, and changes no bit of it.
 */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { plot, resume, run, verify } from '../../dist/src/index.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);
const config = {
  topology: { kind: 'ring', nodes: 12 },
  cost: { kind: 'quadratic', dim: 3, condition: 4 },
  flow: { kind: 'primal-dual', compress: 'error-state', step: 0.05, alpha: 2, beta: 2, mu: 0.4 },
  compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  ...{ rounds: 60, seed: 3, trace: { every: 5, agents: [0, 11, 4], coordinates: [2, 0] } },
} as const;
const traceOf = (name: string) => readFileSync(at(path.join(name, 'agents-trace.csv')), 'utf8');

test('a row for each row of the trace; the last one is x of the end, to the last bit', async () => {
  const { x, shape, summary } = await run(config, { outDir: at('one') });
  const [head, ...lines] = traceOf('one').trimEnd().split('\n');
  expect(head).toBe('round,agent0.x2,agent0.x0,agent11.x2,agent11.x0,agent4.x2,agent4.x0');
  const rounds = readFileSync(at('one/trace.csv'), 'utf8').trimEnd().split('\n').slice(1);
  expect(lines.map((line) => line.split(',')[0])).toEqual(rounds.map((line) => line.split(',')[0]));
  const held = [0, 11, 4].flatMap((agent) => [2, 0].map((c) => x[agent * shape[1] + c]));
  expect(lines.at(-1)?.split(',').slice(1).map(Number)).toEqual(held);
  const bare = await run({ ...config, trace: { every: 5 } }, { outDir: at('bare') });
  expect(bare.summary.stateHash).toBe(summary.stateHash);
  expect(existsSync(at('bare/agents-trace.csv'))).toBe(false);
});

test('the same for any number of workers, laid out otherwise, and gone on with', async () => {
  for (const workers of [2, 3]) {
    await run(
      { ...config, workers, layout: { order: workers === 3 ? 'rcm' : 'given' } },
      { outDir: at(`w${workers}`) },
    );
    expect(traceOf(`w${workers}`)).toBe(traceOf('one'));
  }
  await run({ ...config, rounds: 30, checkpoint: { everyRounds: 10 } }, { outDir: at('half') });
  await resume(at('half'), { rounds: 60 });
  expect(traceOf('half')).toBe(traceOf('one'));
});

test('a folder is verified with it, and drawn', async () => {
  expect((await verify(at('one'), { quick: true })).good).toBe(true);
  mkdirSync(at('pictures'));
  const { figure } = await plot(at('one'), { y: 'agents', out: at('pictures/agents.svg') });
  expect(figure.labels).toEqual(['coordinate 2', 'coordinate 0']);
  const [panel] = figure.panels;
  const lines = traceOf('one').trimEnd().split('\n').slice(1);
  const rows = lines.map((line) => line.split(',').map(Number));
  expect(panel?.curves.map(({ y }) => y)).toEqual([1, 2, 3, 4, 5, 6].map((c) => rows.map((row) => row[c])));
  expect(panel?.levels).toHaveLength(2);
  await expect(plot(at('bare'), { y: 'agents' })).rejects.toThrow('has followed no agents');
  await expect(plot(at('one'), { y: 'agents', table: at('t.tex') })).rejects.toThrow('expected another y');
});

test.each([
  [{ agents: [0, 12] }, 'trace.agents[1] is 12, expected 0..11 (agents)'],
  [{ agents: [1, 1] }, 'trace.agents[1] is 1, which stands there twice'],
  [{ agents: 'all', coordinates: [3] }, 'trace.coordinates[0] is 3, expected 0..2 (dim)'],
  [{ agents: [-1] }, 'trace.agents[0] is -1, expected a whole number'],
  [{ agents: [] }, 'trace.agents'],
  [{ coordinates: [0] }, 'trace.agents names none'],
])('%j is refused', async (trace, message) => {
  await expect(run({ ...config, trace } as never, { outDir: at('refused') })).rejects.toThrow(message);
  expect(existsSync(at('refused'))).toBe(false);
});

test('too many numbers, and agents around a server, are refused', async () => {
  const many = {
    ...config,
    topology: { kind: 'ring', nodes: 600 },
    trace: { agents: 'all', coordinates: [0, 1] },
  } as const;
  await expect(run(many as never)).rejects.toThrow('1200 numbers a row, expected at most 1000');
  const server = {
    program: { kind: 'parameter-server', agents: 4, lambda: 0.3, gamma: 0.05, batch: 'all' },
    cost: { kind: 'quadratic', dim: 3 },
    trace: { agents: [0] },
  } as const;
  await expect(run(server as never)).rejects.toThrow('around a server all agents have the same x');
});
