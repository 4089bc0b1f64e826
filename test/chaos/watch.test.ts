/**
 * A user's module that loops for ever ends whatever waits for it: the run, the comparison, the search, and
 * the process with them. Each function of each kind of module loops here once.
 */

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { certify, compare, isInputError, openSession, parseConfig, tune } from '../../dist/src/index.js';
import {
  createWatchWords,
  describeOverdue,
  type OverdueCall,
  useWatchWords,
  WatchedFunction,
  watchedCall,
  watchThread,
} from '../../src/plugin/watch.js';
import { temporaryFolder } from '../support/run.js';

const MAIN = path.resolve('dist/src/cli/main.js');
const folder = temporaryFolder();
/** Long enough for everything else that a busy machine has to do in one call. */
const SECONDS = 1.5;
/** Starting, noticing, ending: what is left running by then is left running for ever. */
const LATE_MS = 60_000;

const LOOP = 'for (;;);';
const COMPRESSOR = {
  top: '',
  plan: 'return { messageBits: 64 * inputs.dim, linear: true };',
  encode: 'for (const entry of error) message.float64(entry);',
  decode: 'for (let c = 0; c < out.length; c++) out[c] = message.float64();',
};
const COST = {
  top: '',
  plan: 'return { dim: 3, m: 1, l: 1 };',
  value: 'return 0.5 * x.reduce((sum, entry) => sum + (entry - agent) ** 2, 0);',
  gradient: 'x.forEach((entry, c) => { out[c] = entry - agent; });',
  optimum: 'return [4, 4, 4];',
};

let files = 0;
function moduleFile(source: string, extension = 'mjs'): string {
  const name = `mine-${++files}.${extension}`;
  writeFileSync(path.join(folder, name), source);
  return name;
}

function compressor(changes: Partial<typeof COMPRESSOR>): string {
  const { top, plan, encode, decode } = { ...COMPRESSOR, ...changes };
  return moduleFile(`import { threadId } from 'node:worker_threads';
${top}
export function plan(inputs) { ${plan} }
export function encode(error, message, { agent, round }) { ${encode} }
export function decode(message, out, { agent, round }) { ${decode} }
`);
}

function cost(changes: Partial<typeof COST>): string {
  const { top, plan, value, gradient, optimum } = { ...COST, ...changes };
  return moduleFile(`import { threadId } from 'node:worker_threads';
${top}
export function plan(inputs) { ${plan} }
export function value(x, agent, { round }) { ${value} }
export function gradient(x, out, agent, { round }) { ${gradient} }
${optimum === '' ? '' : `export function optimum() { ${optimum} }`}
`);
}

const FLOW = {
  top: '',
  auto: 'return 0.1;',
  begin: 'me.v.fill(0);',
  send: 'me.out.y.set(me.x);',
  step: 'const g = me.gradient(me.x); for (let c = 0; c < me.dim; c++) me.x[c] -= 0.1 * g[c];',
};
/** The gain is chosen by trial runs, unless it is given. */
function flow(changes: Partial<typeof FLOW>, gain = ''): string {
  const { top, auto, begin, send, step } = { ...FLOW, ...changes };
  const module = moduleFile(`${top}
export const state = { v: 'dim' };
export const messages = { y: 'compressed' };
export const parameters = { gain: { default: 'auto', auto: () => { ${auto} } } };
export function begin(me) { const { agent, round } = me; ${begin} }
export function send(me) { const { agent, round } = me; ${send} }
export function step(me) { const { agent, round } = me; ${step} }
`);
  return `flow: { kind: custom, module: ${module}${gain} }`;
}

const GIVEN = 'flow: { kind: primal-dual, compress: error-state, step: 0.05, alpha: 0.5, beta: 0.5 }';
const AUTO = 'flow: { kind: primal-dual }';
function config(own: { compressor?: string; cost?: string }, flow = GIVEN, seconds = SECONDS): string {
  const name = `config-${++files}.yaml`;
  writeFileSync(
    path.join(folder, name),
    `topology: { kind: ring, nodes: 8 }
cost: ${own.cost ? `{ kind: custom, module: ${own.cost} }` : '{ kind: quadratic, dim: 3 }'}
compressor: ${own.compressor ? `{ kind: custom, module: ${own.compressor} }` : '{ kind: identity }'}
${flow}
rounds: 40
trace: { every: 10 }
workers: 2
modules: { seconds: ${seconds} }
`,
  );
  return name;
}

function start(args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', SOTTOVOCE_DEBUG: '' },
  });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), LATE_MS);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve)).finally(() =>
    clearTimeout(timer),
  );
  return { child, exited, stderr: () => stderr };
}

/** A process that hangs is killed, and its exit code is then null. */
async function sottovoce(...args: string[]) {
  const { exited, stderr } = start(args);
  return { status: await exited, stderr: stderr() };
}

const whose = String.raw`\(agent \d, round \d+\)`;
const overdue = (name: string) => String.raw`mine-\d+\.mjs: ${name} has not returned within 1\.5 s`;
const UNLOADED = String.raw`mine-\d+\.m?[jt]s: it has not loaded within 1\.5 s`;
const LATER = `if (round >= 3 && agent === 5) ${LOOP}`;

describe.concurrent('before the run: exit code 2 and the line of the config', () => {
  it.each([
    ['a compressor, while it loads', () => config({ compressor: compressor({ top: LOOP }) }), UNLOADED],
    ["a compressor's plan", () => config({ compressor: compressor({ plan: LOOP }) }), overdue('plan')],
    [
      "a compressor's encode",
      () => config({ compressor: compressor({ encode: LOOP }) }),
      overdue('encode') + whose,
    ],
    [
      "a compressor's decode",
      () => config({ compressor: compressor({ decode: LOOP }) }),
      overdue('decode') + whose,
    ],
    [
      "a compressor's encode, in trial runs",
      () => config({ compressor: compressor({ encode: `${COMPRESSOR.encode} ${LATER}` }) }, AUTO),
      overdue('encode') + whose,
    ],
    ['a cost, while it loads', () => config({ cost: cost({ top: LOOP }) }), UNLOADED],
    ["a cost's plan", () => config({ cost: cost({ plan: LOOP }) }), overdue('plan')],
    ["a cost's optimum", () => config({ cost: cost({ optimum: LOOP }) }), overdue('optimum')],
    [
      "a cost's gradient, at the optimum",
      () => config({ cost: cost({ gradient: LOOP }) }),
      overdue('gradient') + whose,
    ],
    ['a flow, while it loads', () => config({}, flow({ top: LOOP })), UNLOADED],
    [
      'a module in TypeScript, while it loads',
      () => config({ compressor: moduleFile(`const forever: boolean = true; while (forever);`, 'ts') }),
      UNLOADED,
    ],
    ['a rule of a flow', () => config({}, flow({ auto: LOOP })), overdue('the auto rule of gain')],
    ["a flow's begin", () => config({}, flow({ begin: LOOP })), overdue('begin')],
    ["a flow's send", () => config({}, flow({ send: LOOP })), overdue('send')],
    ["a flow's step", () => config({}, flow({ step: LOOP })), overdue('step')],
    [
      "a cost's value, at the optimum",
      () => config({ cost: cost({ value: LOOP }) }),
      overdue('value') + whose,
    ],
  ])('%s', async (_, file, message) => {
    const out = `out-${++files}`;
    const { status, stderr } = await sottovoce('run', file(), '-q', '--out', out);
    expect(stderr).toMatch(
      new RegExp(`^error: config-\\d+\\.yaml:[234]:\\d+: ${message.replace(whose, ` ${whose}`)}`),
    );
    expect(stderr).toMatch(/hint: .*modules: \{ seconds: 300 \}/);
    expect(status).toBe(2);
    expect(existsSync(path.join(folder, out))).toBe(false);
  });
});

describe.concurrent('in the run: exit code 1, function, agent and round', () => {
  it.each([
    ["a compressor's encode", () => config({ compressor: compressor({ encode: LATER }) }), 'encode', 5, 3],
    ["a compressor's decode", () => config({ compressor: compressor({ decode: LATER }) }), 'decode', 5, 3],
    ["a cost's gradient", () => config({ cost: cost({ gradient: LATER }) }), 'gradient', 5, 3],
  ])('%s', async (_, file, name, agent, round) => {
    const [at, key] =
      name === 'gradient' ? [COST.gradient, 'gradient'] : [COMPRESSOR[name as 'encode'], name];
    const source = file();
    const own = /module: (mine-\d+\.mjs)/.exec(
      readFileSync(path.join(folder, source), 'utf8'),
    )?.[1] as string;
    const text = readFileSync(path.join(folder, own), 'utf8');
    // The function does its work until then.
    writeFileSync(path.join(folder, own), text.replace(LATER, `${LATER} ${at}`));
    const out = `out-${++files}`;
    const { status, stderr } = await sottovoce('run', source, '-q', '--out', out);
    expect(stderr).toMatch(
      new RegExp(
        `^error: worker \\d failed: mine-\\d+\\.mjs: ${key} has not returned within 1\\.5 s \\(agent ${agent}, round ${round}\\)`,
      ),
    );
    expect(status).toBe(1);
    // What any failed run leaves: all but x.
    expect(readdirSync(path.join(folder, out)).sort()).toEqual([
      'agents.csv',
      'manifest.json',
      'report.html',
      'summary.json',
      'trace.csv',
      'trace.parquet',
    ]);
    expect(JSON.parse(readFileSync(path.join(folder, out, 'summary.json'), 'utf8')).status).toBe('failed');
  });

  it.each([
    ['begin', { begin: `if (agent === 5) ${LOOP} ${FLOW.begin}` }, 0],
    ['send', { send: `${LATER} ${FLOW.send}` }, 3],
    ['step', { step: `${LATER} ${FLOW.step}` }, 3],
  ] as const)("a flow's %s", async (name, changes, round) => {
    const { status, stderr } = await sottovoce(
      'run',
      config({}, flow(changes, ', gain: 0.1')),
      '-q',
      '--out',
      `out-${++files}`,
    );
    expect(stderr).toMatch(
      new RegExp(`worker \\d failed: ${overdue(name)} \\(agent 5, round ${round}\\)\\n`),
    );
    expect(status).toBe(1);
  });

  it("a cost's gradient that a flow's step asked for: both are named", async () => {
    const own = cost({ gradient: `${LATER} ${COST.gradient}` });
    const { status, stderr } = await sottovoce(
      'run',
      config({ cost: own }, flow({}, ', gain: 0.1')),
      '-q',
      '--out',
      `out-${++files}`,
    );
    expect(stderr).toMatch(
      /failed: mine-\d+\.mjs: step has .* \(agent 5, round 3\), it is calling gradient of mine-\d+\.mjs/,
    );
    expect(status).toBe(1);
  });

  it("a cost's value, at a row of the trace", async () => {
    const own = cost({ value: `if (round > 0) ${LOOP} ${COST.value}`, optimum: '' });
    const { status, stderr } = await sottovoce('run', config({ cost: own }), '-q', '--out', `out-${++files}`);
    expect(stderr).toMatch(/worker \d failed: mine-\d+\.mjs: value has not returned within 1\.5 s \(agent/);
    expect(status).toBe(1);
  });

  it('a module that loops while a worker loads it', async () => {
    // The coordinator is the first thread of the process.
    const own = compressor({ top: `if (threadId > 1) ${LOOP}` });
    const { status, stderr } = await sottovoce(
      'run',
      config({ compressor: own }),
      '-q',
      '--out',
      `out-${++files}`,
    );
    expect(stderr).toMatch(/worker \d failed: mine-\d+\.mjs: it has not loaded within 1\.5 s/);
    expect(status).toBe(1);
  });
});

describe.concurrent('the other commands', () => {
  const looping = () => compressor({ encode: `${LATER} ${COMPRESSOR.encode}` });

  it('tune', async () => {
    const { status, stderr } = await sottovoce('tune', config({ compressor: looping() }, AUTO));
    expect(stderr).toMatch(
      /^error: config-\d+\.yaml:3:\d+: mine-\d+\.mjs: encode has not returned within 1\.5 s \(agent 5/,
    );
    expect(status).toBe(2);
  });

  it('certify', async () => {
    const own = compressor({ encode: `if (round > 2) ${LOOP} ${COMPRESSOR.encode}` });
    const args = ['--dim', '3', '--module-seconds', '1.5'];
    const { status, stderr } = await sottovoce('certify', 'sign', `custom(module=${own})`, ...args);
    expect(stderr).toMatch(/^error: .*mine-\d+\.mjs: encode has not returned within 1\.5 s \(agent 0, round/);
    expect(status).toBe(2);
  });

  it('compare: the cell has failed, the others have run, and it is tried again', async () => {
    const [good, bad] = [compressor({}), looping()];
    const compressors = `custom(module=${bad}); custom(module=${good}); identity`;
    const args = ['compare', config({}), '--compressors', compressors, '--tune', '0', '--out', 'study', '-q'];
    const { status } = await sottovoce(...args);
    expect(status).toBe(1);
    const { cells } = JSON.parse(readFileSync(path.join(folder, 'study', 'results.json'), 'utf8'));
    expect(cells.map((cell: { status: string }) => cell.status === 'failed')).toEqual([true, false, false]);
    expect(cells[0].error).toMatch(
      /mine-\d+\.mjs: encode has not returned within 1\.5 s \(agent 5, round 3\)/,
    );
    expect(readdirSync(path.join(folder, 'study', 'cells'))).toHaveLength(2);
  });

  it('compare: a cell that cannot be planned is refused', async () => {
    const own = compressor({ plan: LOOP });
    const args = ['compare', config({ compressor: own }), '--tune', '0', '--out', 'refused', '-q'];
    const { status, stderr } = await sottovoce(...args);
    expect(stderr).toMatch(
      /^error: config-\d+\.yaml:3:\d+: mine-\d+\.mjs: plan has not returned within 1\.5 s/,
    );
    expect(status).toBe(2);
  });
});

describe('the library', () => {
  const input = (file: string) => ({
    topology: { kind: 'ring' as const, nodes: 8 },
    cost: { kind: 'quadratic' as const, dim: 3 },
    flow: { kind: 'primal-dual' as const },
    compressor: { kind: 'custom' as const, module: path.join(folder, file) },
    modules: { seconds: SECONDS },
    rounds: 40,
    workers: 1,
  });
  const looping = () => compressor({ encode: `${LATER} ${COMPRESSOR.encode}` });
  const refused = async (promise: Promise<unknown>, message: RegExp) => {
    const error = await promise.then(
      () => null,
      (thrown: Error) => thrown,
    );
    expect(error?.message).toMatch(message);
    expect(isInputError(error)).toBe(true);
  };

  it('a session', async () => {
    const { session, close } = await openSession();
    const loaded = await parseConfig(input(compressor({ plan: LOOP })));
    await refused(session.prepare({ config: loaded, outDir: null }), /plan has not returned/);
    // It is over, and says so to every later call.
    await refused(session.progress(), /plan has not returned/);
    await close();
  });

  it('tune, with trials and without', async () => {
    await refused(tune(input(looping())), /encode has not returned .* \(agent 5, round/);
    await refused(tune(input(looping()), { trials: 4 }), /encode has not returned .* \(agent 5, round/);
  });

  it('certify', async () => {
    const module = path.join(folder, compressor({ encode: LOOP }));
    const options = { dim: 3, moduleSeconds: SECONDS };
    await refused(certify({ kind: 'custom', module }, options), /encode has not returned/);
  });

  it('compare', async () => {
    const { cells } = await compare([input(looping())], { trials: 0, jobs: 1 });
    expect(cells[0]).toMatchObject({ status: 'refused' });
    expect(cells[0].error).toMatch(/encode has not returned .* \(agent 5, round/);
  });

  it('the same results on a thread of its own as on this one', async () => {
    const own = {
      ...input(compressor({})),
      flow: { kind: 'primal-dual' as const, compress: 'error-state' as const },
    };
    const plain = { ...own, compressor: { kind: 'identity' as const } };
    const [mine, theirs] = [await tune(own, { trials: 6 }), await tune(plain, { trials: 6 })];
    expect(mine.chosen).toEqual(theirs.chosen);
    expect(mine.config.config.compressor).toEqual(own.compressor);
    const certificate = await certify(own.compressor, { dim: 3, starts: 12 });
    const { verdict, bits } = await certify('identity', { dim: 3, starts: 12 });
    expect(certificate.bits).toEqual(bits);
    expect(certificate.verdict.qualifies).toBe(verdict.qualifies);
  });
});

describe.concurrent('Ctrl-C while a module loops', () => {
  const marked = (name: string) => `writeFileSync(${JSON.stringify(path.join(folder, name))}, ''); ${LOOP}`;
  const importing = "import { writeFileSync } from 'node:fs';";

  it.each([
    ['before the run', 'plan', (mark: string) => ({ plan: marked(mark) })],
    [
      'in the run',
      'encode',
      (mark: string) => ({ encode: `if (round > 2) { ${marked(mark)} } ${COMPRESSOR.encode}` }),
    ],
  ])('%s', async (_, mark, changes) => {
    const own = compressor({ ...changes(mark), top: importing });
    // Nobody ends it but the user.
    const { child, exited, stderr } = start([
      'run',
      config({ compressor: own }, GIVEN, 3600),
      '-q',
      '--out',
      `out-${++files}`,
    ]);
    while (!existsSync(path.join(folder, mark)) && child.exitCode === null) await sleep(20);
    child.kill('SIGINT');
    expect(await exited).toBe(130);
    expect(stderr()).toMatch(/interrupted before the run/);
  });
});

describe('by hand', () => {
  const module = { file: 'mine.mjs', path: ['compressor', 'module'] };
  const seen = async (act: () => void, ms: number): Promise<OverdueCall[]> => {
    const words = createWatchWords();
    useWatchWords(words);
    const calls: OverdueCall[] = [];
    const stop = watchThread(words, 0.08, (call) => calls.push(call));
    act();
    await sleep(ms);
    stop();
    return calls;
  };

  it('one call that lasts is told once', async () => {
    const calls = await seen(() => new WatchedFunction(module, 'step').begin(5, 12), 500);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toEqual({
      ...module,
      name: 'step',
      agent: 5,
      round: 12,
      running: false,
      seconds: 0.08,
      within: null,
    });
    expect(describeOverdue(calls[0])).toBe(
      'mine.mjs: step has not returned within 0.08 s (agent 5, round 12)',
    );
  });

  it('many calls of the same function are many, and one that threw has ended', async () => {
    let timer: NodeJS.Timeout | undefined;
    // A thread that is looked at is always in a call, and never in the same one for long.
    const stepping = new WatchedFunction(module, 'step');
    const step = () => {
      stepping.end();
      stepping.begin(5, 12);
    };
    expect(
      await seen(() => {
        timer = setInterval(step, 1);
      }, 500),
    ).toEqual([]);
    clearInterval(timer);
    const failing = () =>
      watchedCall(module, 'plan', () => {
        throw new Error('no');
      });
    expect(await seen(() => expect(failing).toThrow('no'), 300)).toEqual([]);
  });

  it('there is room for more functions than anybody has, and those beyond it are not watched', async () => {
    const calls = await seen(() => {
      for (let i = 0; i < 2000; i++) new WatchedFunction({ ...module, file: `module-${i}.mjs` }, 'step');
      new WatchedFunction({ ...module, file: 'one more.mjs' }, 'step').begin(0, 0);
    }, 300);
    expect(calls).toEqual([]);
  });
});
