/** What is written for other tools: .cpuprofile files in lines of the sources, and a speedscope file. */

import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ProfileOutcome, profile } from '../../dist/src/index.js';
import { mapProfile, type Speedscope, speedscopeOf } from '../../src/profile/mapped.js';
import type { CpuProfile } from '../../src/profile/record.js';
import { kernelsUrl } from '../../src/run/locations.js';

/** From the schema that speedscope publishes for its own format. */
const SPEEDSCOPE = z.strictObject({
  $schema: z.literal('https://www.speedscope.app/file-format-schema.json'),
  name: z.string(),
  exporter: z.string(),
  activeProfileIndex: z.number(),
  shared: z.strictObject({
    frames: z.array(
      z.strictObject({
        name: z.string(),
        file: z.string().optional(),
        line: z.int().min(1).optional(),
        col: z.number().optional(),
      }),
    ),
  }),
  profiles: z.array(
    z.strictObject({
      type: z.literal('sampled'),
      name: z.string(),
      unit: z.enum(['none', 'nanoseconds', 'microseconds', 'milliseconds', 'seconds', 'bytes']),
      startValue: z.number(),
      endValue: z.number(),
      samples: z.array(z.array(z.int().min(0))),
      weights: z.array(z.number().min(0)),
    }),
  ),
});

function sourceLineOf(file: string, line: number): string {
  return readFileSync(file, 'utf8').split('\n')[line - 1] ?? '';
}

describe('by hand', () => {
  const node = (id: number, functionName: string, url: string, children: number[] = []) => ({
    id,
    callFrame: { functionName, scriptId: '0', url, lineNumber: 0, columnNumber: 9 },
    children,
  });
  const recorded: CpuProfile = {
    nodes: [
      node(1, '(root)', '', [2, 5]),
      node(2, 'js-to-wasm:ii:', 'wasm://wasm/1', [3]),
      node(3, 'kernels/gather/gatherSign', 'wasm://wasm/1', [4]),
      node(4, '(garbage collector)', ''),
      node(5, '(idle)', ''),
    ],
    startTime: 0,
    endTime: 60,
    samples: [3, 4, 5],
    timeDeltas: [10, 20, 30],
  };

  it('a stack a sample, the outermost frame first; idle time has none', () => {
    const { shared, profiles } = speedscopeOf('few', [{ name: 'worker 0', profile: recorded }], '1.0');
    const names = profiles[0].samples.map((stack) => stack.map((at) => shared.frames[at].name));
    expect(names).toEqual([
      ['js-to-wasm:ii:', 'gatherSign'],
      ['js-to-wasm:ii:', 'gatherSign', '(garbage collector)'],
      [],
    ]);
    expect(profiles[0]).toMatchObject({ weights: [10, 20, 30], startValue: 0, endValue: 60 });
  });

  it('a kernel is where it begins in its file; the engine`s own stays as it is', () => {
    const { nodes } = mapProfile(recorded);
    const { functionName, url, lineNumber } = nodes[2].callFrame;
    expect([functionName, url]).toEqual(['gatherSign', 'kernels/gather.ts']);
    expect(sourceLineOf(url, lineNumber + 1)).toMatch(/^export function gatherSign\(/);
    expect([nodes[0], nodes[1], nodes[3], nodes[4]]).toEqual([0, 1, 3, 4].map((at) => recorded.nodes[at]));
  });
});

it('the compiler notes where each kernel begins', () => {
  const lines: Record<string, number> = JSON.parse(readFileSync(new URL('lines.json', kernelsUrl), 'utf8'));
  const names = Object.keys(lines);
  expect(names.length).toBeGreaterThan(100);
  for (const name of names) {
    const slash = name.lastIndexOf('/');
    const file = `${name.slice(0, slash)}.ts`;
    expect(sourceLineOf(file, lines[name]), name).toContain(`function ${name.slice(slash + 1)}`);
  }
});

describe('of a run', () => {
  let outcome: ProfileOutcome;
  let scope: Speedscope;
  beforeAll(async () => {
    outcome = await profile(
      {
        name: 'mapped',
        topology: { kind: 'ring', nodes: 20 },
        cost: { kind: 'quadratic', dim: 256 },
        flow: { kind: 'primal-dual', step: 0.02, alpha: 1, beta: 1 },
        compressor: { kind: 'flatten', inner: { kind: 'sign' } },
        workers: 2,
      },
      { seconds: 0.5, intervalUs: 100 },
    );
    const threads = outcome.profiles.map(({ thread, profile: recorded }) => ({
      name: thread,
      profile: recorded,
    }));
    scope = speedscopeOf('mapped', threads, '1.0');
  });

  it('speedscope`s schema holds, and so does what it does not say', () => {
    SPEEDSCOPE.parse(scope);
    expect(scope.profiles.map(({ name }) => name)).toEqual(['worker 0', 'worker 1']);
    for (const { samples, weights, startValue, endValue } of scope.profiles) {
      expect(samples).toHaveLength(weights.length);
      expect(samples.length).toBeGreaterThan(10);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(endValue - startValue);
      for (const stack of samples)
        for (const frame of stack) expect(frame).toBeLessThan(scope.shared.frames.length);
    }
    const { frames } = scope.shared;
    expect(new Set(frames.map((frame) => JSON.stringify(frame))).size).toBe(frames.length);
  });

  it('functions of ours are in files of ours, where they begin', () => {
    const mapped = outcome.profiles.flatMap(({ profile: recorded }) => recorded.nodes);
    const ours = mapped.filter(({ callFrame: { url } }) => /^(src|workers|kernels|topology)\//.test(url));
    expect(ours.length).toBeGreaterThan(5);
    for (const { callFrame } of ours) {
      const { functionName, url, lineNumber } = callFrame;
      expect(existsSync(url), url).toBe(true);
      if (functionName !== '' && url.startsWith('workers/')) {
        expect(sourceLineOf(url, lineNumber + 1), `${functionName} ${url}`).toContain(functionName);
      }
    }
    const loop = ours.filter(({ callFrame }) => callFrame.functionName === 'runRounds');
    expect(loop.length).toBeGreaterThan(0);
    // Ticks are within the function's file, in lines that it has.
    for (const { callFrame, positionTicks = [] } of ours) {
      const lines = readFileSync(callFrame.url, 'utf8').split('\n').length;
      for (const { line } of positionTicks) expect(line >= 1 && line <= lines).toBe(true);
    }
    expect(JSON.stringify(mapped)).not.toContain(process.cwd());
  });
});
