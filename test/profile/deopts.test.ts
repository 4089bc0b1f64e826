/** Deoptimisations: V8's log is read, and a module that cannot keep its shapes is named, with function and line. */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { profile } from '../../dist/src/index.js';
import { deoptimisations, formatDeoptimisations } from '../../src/profile/deopts.js';
import type { CpuProfile } from '../../src/profile/record.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();

it('reads V8`s log: place, function, reason, and the line itself', () => {
  const file = path.join(folder, 'half.mjs');
  writeFileSync(file, 'export function plan() {}\nexport function encode(e) {\n  return e.x + 1;\n}\n');
  const url = pathToFileURL(file).href;
  const at = (functionName: string, lineNumber: number) => ({
    id: lineNumber + 1,
    callFrame: { functionName, scriptId: '1', url, lineNumber, columnNumber: 20 },
  });
  const seen: CpuProfile = { nodes: [at('plan', 0), at('encode', 1)], startTime: 0, endTime: 0 };
  const line = (time: number) =>
    `code-deopt,${time},256,0x7ff9dc00c780,-1,132,deopt-eager,<${url}:3:12>,wrong map`;
  const logs = [
    [line(1), line(2), 'code-deopt,3,1,0x1,-1,1,deopt-lazy,<node:internal/a:1:2>,(unknown)'].join('\n'),
    `new,MemoryChunk,0x1,262144\n${line(9)}\n`,
  ];
  const found = deoptimisations(logs, [seen]);
  expect(found).toEqual([
    {
      file: 'half.mjs',
      line: 3,
      function: 'encode',
      reason: 'wrong map',
      kind: 'deopt-eager',
      times: 3,
      own: true,
      text: 'return e.x + 1;',
    },
  ]);
  expect(formatDeoptimisations(found, 2)).toMatch(
    /3 {2}half\.mjs:3 {2}encode +wrong map \(eager\) +return e\.x \+ 1;/,
  );
  expect(formatDeoptimisations([], 2)).toMatch(/^no deoptimisation in a module of yours in 2 s/);
});

it('names function, line and reason in a module whose values change their kind', async () => {
  const file = path.join(folder, 'moody.mjs');
  writeFileSync(
    file,
    `export const plan = ({ dim }) => ({ messageBits: 64 * dim });
let rounds = 0;
function scaleOf(entry) {
  return entry.value * 0.5;
}
export function encode(error, message) {
  rounds++;
  for (const value of error) {
    // Another shape every 3,000 messages.
    const entry = rounds % 6000 < 3000 ? { value } : { other: rounds, value };
    message.float64(2 * scaleOf(entry));
  }
}
export function decode(message, out) {
  for (let at = 0; at < out.length; at++) out[at] = message.float64();
}
`,
  );
  const { report, text } = await profile(
    {
      topology: { kind: 'ring', nodes: 8 },
      cost: { kind: 'quadratic', dim: 16 },
      flow: { kind: 'primal-dual', step: 0.02, alpha: 1, beta: 1 },
      compressor: { kind: 'custom', module: file },
      workers: 1,
    },
    { seconds: 2, intervalUs: 100, deopts: true },
  );
  const own = report.deoptimisations?.filter((one) => one.own) ?? [];
  expect(own.map(({ file: name }) => name)).toContain('moody.mjs');
  for (const { reason, line, function: name, text: written, times } of own) {
    expect(reason).not.toBe('');
    // The function before, or none, where no sample fell into the one that it is.
    expect(line).toBeGreaterThan(2);
    expect(['plan', 'scaleOf', 'encode', 'decode', null]).toContain(name);
    expect(readFileSync(file, 'utf8').split('\n')[line - 1]?.trim()).toBe(written);
    expect(times).toBeGreaterThan(0);
  }
  expect(text).toContain('deoptimisations in modules of yours');
  expect(text).toMatch(/moody\.mjs:\d+/);
});
