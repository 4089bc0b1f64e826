/**
 * What a module does beside its calls never vanishes: stray rejections, timers that throw and process.exit()
 * fail what is under way and name the file; what it prints is not in the way of `--json`.
 */

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/run.js';

const MAIN = path.resolve('dist/src/cli/main.js');
const folder = temporaryFolder();

let files = 0;
interface Parts {
  top?: string;
  plan?: string;
  encode?: string;
}
function compressor({ top = '', plan = '', encode = '' }: Parts): string {
  const name = `mine-${++files}.mjs`;
  writeFileSync(
    path.join(folder, name),
    `import { isMainThread, threadId } from 'node:worker_threads';
${top}
export function plan(inputs) { ${plan}; return { messageBits: 64 * inputs.dim, linear: true }; }
export function encode(error, message, { agent, round }) {
  if (agent === 5 && round === 12) { ${encode} }
  for (const entry of error) message.float64(entry);
}
export function decode(message, out) { for (let c = 0; c < out.length; c++) out[c] = message.float64(); }
`,
  );
  return name;
}

function config(module: string | null): string {
  const name = `config-${++files}.yaml`;
  writeFileSync(
    path.join(folder, name),
    `topology: { kind: ring, nodes: 8 }
cost: { kind: quadratic, dim: 3 }
compressor: ${module === null ? '{ kind: identity }' : `{ kind: custom, module: ${module} }`}
flow: { kind: primal-dual, compress: error-state, step: 0.05, alpha: 0.5, beta: 0.5 }
rounds: 40
workers: 2
`,
  );
  return name;
}

async function sottovoce(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', SOTTOVOCE_DEBUG: '' },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  return { status, stdout, stderr };
}

const run = (parts: Parts, out = `out-${++files}`) =>
  sottovoce('run', config(compressor(parts)), '-q', '--out', out);
const REJECT = "Promise.reject(new Error('nobody waits'));";
const LATER = "setTimeout(() => { throw new TypeError('later'); }, 1);";

describe.concurrent('before the run: exit code 2 and the line of the config', () => {
  it.each([
    ['a rejection, as it loads', { top: REJECT }, /left a promise that was rejected: Error: nobody waits/],
    ['a rejection, in plan', { plan: REJECT }, /left a promise that was rejected: Error: nobody waits/],
    ['one of no error', { plan: 'Promise.reject(7)' }, /left a promise that was rejected: .*7/],
    ['a timer, set as it loads', { top: LATER }, /threw where nobody waits for it: TypeError: later/],
    ['process.exit, as it loads', { top: 'process.exit(0);' }, /cannot be loaded: ExitCalled: .*exit\(0\)/],
    [
      'process.exit, in plan',
      { plan: 'process.exit(3)' },
      /plan threw ExitCalled: it called process\.exit\(3\)/,
    ],
    ['one that it catches', { plan: 'try { process.exit() } catch {}' }, /it called process\.exit\(\)/],
    [
      'a signal to itself',
      { plan: 'process.kill(process.pid, "SIGKILL")' },
      /process\.kill\(process\.pid, SIGKILL\)/,
    ],
  ])('%s', async (_, parts, says) => {
    const out = `out-${++files}`;
    const { status, stderr } = await run(parts, out);
    expect(stderr).toMatch(/^error: config-\d+\.yaml:3:\d+: .*mine-\d+\.mjs/);
    expect(stderr).toMatch(says);
    expect(status).toBe(2);
    expect(existsSync(path.join(folder, out))).toBe(false);
  });
});

describe.concurrent('in the run: exit code 1', () => {
  it.each([
    [
      'a rejection',
      REJECT,
      /worker 1 failed: mine-\d+\.mjs:5:\d+: left a promise that was rejected: Error: nobody/,
    ],
    [
      'a timer',
      LATER,
      /worker 1 failed: mine-\d+\.mjs:5:\d+: threw where nobody waits for it: TypeError: later/,
    ],
    [
      'process.exit',
      'process.exit(3);',
      /mine-\d+\.mjs:5:\d+: encode threw ExitCalled: .*exit\(3\).* \(agent 5, round 12\)/,
    ],
    [
      'one that it catches',
      'try { process.exit(0) } catch {}',
      /mine-\d+\.mjs:5:\d+: it called process\.exit\(0\)/,
    ],
    [
      'a signal to itself',
      'process.kill(process.pid);',
      /encode threw ExitCalled: .*process\.pid, SIGTERM\)/,
    ],
    ['an abort', 'process.abort();', /encode threw TypeError: .*abort.* \(agent 5, round 12\)/],
  ])('%s', async (_, encode, says) => {
    const out = `out-${++files}`;
    const { status, stderr } = await run({ encode }, out);
    expect(stderr).toMatch(says);
    expect(status).toBe(1);
    const summary = JSON.parse(readFileSync(path.join(folder, out, 'summary.json'), 'utf8'));
    expect(summary.status).toBe('failed');
    expect(summary.error).toMatch(/mine-\d+\.mjs/);
  });

  it('a timer that was set in plan and throws once the run is under way', async () => {
    // The coordinator is the first thread of the process, and plans while nothing of the run is there.
    const encode = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);';
    const plan = "setTimeout(() => { throw new Error('much later'); }, 1000)";
    const { status, stderr } = await run({ plan, encode });
    expect(stderr).toMatch(/error: mine-\d+\.mjs:3:\d+: threw where nobody waits for it: Error: much later/);
    expect(status).toBe(1);
  });
});

describe.concurrent('what changes nothing', () => {
  it('what a module prints goes to stderr: stdout is the JSON alone', async () => {
    const talk = (where: string) => `console.log('from ${where}'); process.stdout.write('and ${where}\\n');`;
    const module = compressor({ top: talk('top'), plan: talk('plan'), encode: talk('encode') });
    const { status, stdout, stderr } = await sottovoce(
      'run',
      config(module),
      '--json',
      '--out',
      `out-${++files}`,
    );
    expect(JSON.parse(stdout).status).toBe('finished');
    for (const where of ['top', 'plan', 'encode']) expect(stderr).toContain(`from ${where}\nand ${where}\n`);
    expect(status).toBe(0);
    const compared = await sottovoce(
      'compare',
      config(module),
      '--tune',
      '0',
      '--json',
      '--out',
      `out-${++files}`,
    );
    expect(JSON.parse(compared.stdout).cells).toHaveLength(1);
    expect(compared.stderr).toContain('from encode');
  });

  it('a rejection that is handled in time, an exit code, a signal that asks whether somebody is there', async () => {
    const encode = 'Promise.reject(1).catch(() => {}); process.exitCode = 9; process.kill(process.pid, 0);';
    const { status, stderr } = await run({ encode });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

describe.concurrent('the other commands', () => {
  it('tune and certify', async () => {
    const own = config(compressor({ encode: REJECT }));
    const tuned = await sottovoce('tune', own, '--set', 'flow={ kind: primal-dual }');
    expect(tuned.stderr).toMatch(/^error: config-\d+\.yaml:3:\d+: mine-\d+\.mjs:5:\d+: left a promise/);
    expect(tuned.status).toBe(2);
    const spec = `custom(module=${compressor({ plan: LATER })})`;
    const certified = await sottovoce('certify', spec, '--dim', '3');
    expect(certified.stderr).toMatch(/^error: .*mine-\d+\.mjs:3:\d+: threw where nobody waits/);
    expect(certified.status).toBe(2);
  });

  it('compare: a cell has failed, the others have not', async () => {
    const compressors = `custom(module=${compressor({ encode: REJECT })}); identity`;
    const args = ['compare', config(null), '--compressors', compressors, '--tune', '0', '-q', '--jobs', '1'];
    const { status } = await sottovoce(...args, '--out', 'study');
    const { cells } = JSON.parse(readFileSync(path.join(folder, 'study', 'results.json'), 'utf8'));
    expect(cells.map((cell: { status: string }) => cell.status === 'failed')).toEqual([true, false]);
    expect(cells[0].error).toMatch(/mine-\d+\.mjs:5:\d+: left a promise that was rejected/);
    expect(status).toBe(1);
  });

  it.each([
    ['that is not there', () => 'nowhere.mjs', /nowhere\.mjs: there is no such file/],
    [
      'that cannot be loaded',
      () => compressor({ top: "throw new Error('not today');" }),
      /cannot be loaded: Error: not/,
    ],
  ])('compare: a module %s is bad input before any cell runs', async (_, module, says) => {
    const compressors = `identity; custom(module=${module()})`;
    const before = readdirSync(folder);
    const args = ['compare', config(null), '--compressors', compressors, '--tune', '0', '-q'];
    const { status, stderr } = await sottovoce(...args, '--out', `never-${++files}`);
    expect(stderr).toMatch(says);
    expect(status).toBe(2);
    expect(readdirSync(folder).filter((name) => name.startsWith('never') && !before.includes(name))).toEqual(
      [],
    );
  });
});
