/** Folders as finished runs leave them, with numbers of the test's own. */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { traceLine } from '../../src/output/trace-file.js';
import { COLUMNS } from '../../src/trace/ring.js';
import type { TraceRow } from '../../src/trace/row.js';

export interface Fake {
  seed?: number;
  status?: string;
  topology?: Record<string, unknown>;
  compressor?: string;
  step?: number;
  stop?: Record<string, number>;
  rows: Partial<TraceRow>[];
}

export function fakeRun(folder: string, fake: Fake): string {
  const { seed = 1, status = 'converged', topology = { kind: 'ring', nodes: 5 }, compressor = 'sign' } = fake;
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
  const json = (name: string, data: unknown) => write(name, JSON.stringify(data));
  json('manifest.json', {
    format: 'sottovoce-run/1',
    run: 'r',
    name: 'fake',
    seed,
    config: {
      seed,
      topology,
      cost: { kind: 'quadratic', dim: 2 },
      flow: { kind: 'primal-dual', step: fake.step ?? 0.1 },
      compressor: { kind: compressor },
      stop: fake.stop ?? { rmsError: 1e-3 },
      trace: { every: 1 },
    },
    plan: { topology: `${topology['kind']}(nodes=${topology['nodes']})`, compressor, flow: 'primal-dual' },
    time: { started: '2025-01-31T14:25:30.000Z' },
  });
  json('summary.json', { run: 'r', status, agents: 5, dim: 2, final: { optimum: 1 } });
  write('x.npy', '');
  const rows = fake.rows.map((row) => traceLine({ ...nothing(), ...row }));
  write('trace.csv', `${COLUMNS.join(',')}\n${rows.join('')}`);
  return folder;
}

function nothing(): TraceRow {
  return Object.fromEntries(COLUMNS.map((name) => [name, Number.NaN])) as unknown as TraceRow;
}

/** Rows of a decay from `first` by `factor` a round. */
export function decay(rounds: number, first: number, factor: number, every = 1): Partial<TraceRow>[] {
  return Array.from({ length: Math.floor(rounds / every) + 1 }, (_, i) => ({
    round: i * every,
    rmsError: first * factor ** (i * every),
    consensusError: first * factor ** (i * every),
    bitsBroadcast: 640 * i * every,
    bitsLinks: 1280 * i * every,
    seconds: i * every * 1e-3,
    objective: 1,
  }));
}
