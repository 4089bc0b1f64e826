/**
 * Does `profile --against-build` tell builds apart that differ, and only those? Two copies of dist are made: one as
 * it is, and one in which a kernel waits, busy, after each call, so long that a round takes 5% longer. Ten times
 * each, the slow copy must be called slower than the other one, with exit code 1, and the build itself must not be
 * told apart from its copy.
 *
 * Usage: npm run test:profiles [-- --times 10 --slower 5%]. About half a minute a comparison. Others may be at work
 * on the machine meanwhile; the verdicts must be right all the same.
 */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openSession, parseConfig, profile } from 'sottovoce';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: { times: { type: 'string', default: '10' }, slower: { type: 'string', default: '5%' } },
});
const times = Number(values.times);
const part = Number(values.slower.replace('%', '')) / 100;
if (!(Number.isInteger(times) && times > 0 && part > 0)) {
  console.error(
    `--times is ${values.times} and --slower ${values.slower}, expected a number and a percentage`,
  );
  process.exit(2);
}

const CONFIG = {
  name: 'compared',
  topology: { kind: 'random-regular', nodes: 1000, degree: 8 },
  cost: { kind: 'quadratic', dim: 64 },
  flow: { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 1, beta: 1 },
  compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  rounds: 1000,
  workers: 1,
};
/** What the rounds of this config are: one call a block of agents. */
const KERNEL = 'primalDualRotatedSigns';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-compared-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));
const config = path.join(folder, 'compared.yaml');
writeFileSync(config, JSON.stringify(CONFIG));

const waitNs = await busyWait();
const plain = copyOf('plain', null);
const slow = copyOf('slow', waitNs);
console.log(
  `a round with ${values.slower} more: ${KERNEL} waits ${Math.round(waitNs)} ns after each call; ${times} comparisons of each kind`,
);

const wrong = [];
for (let time = 1; time <= times; time++) {
  compare(time, 'slow', slow, plain, { verdict: 'slower', status: 1 });
  compare(time, 'equal', root, plain, { verdict: 'same', status: 0 });
}
console.log(`${2 * times - wrong.length} passed, ${wrong.length} failed`);
process.exitCode = wrong.length === 0 ? 0 : 1;

/** Nanoseconds after each call of the kernel, so that a round takes so much longer: by the rounds of this build. */
async function busyWait() {
  const { session, close } = await openSession();
  const plan = await session.prepare({ config: await parseConfig(CONFIG), outDir: null });
  await close();
  const calls = Math.ceil(plan.agents / plan.layout.blockAgents);
  const { report } = await profile(CONFIG, { repeats: 3, seconds: 0.3 });
  return (part * Math.min(...report.repeats.map(({ nsPerRound }) => nsPerRound))) / calls;
}

/** A copy of this build; with `ns`, its kernel waits so long after each call. */
function copyOf(name, ns) {
  const copy = path.join(folder, name);
  mkdirSync(copy);
  cpSync(path.join(root, 'dist'), path.join(copy, 'dist'), { recursive: true });
  cpSync(path.join(root, 'package.json'), path.join(copy, 'package.json'));
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  if (ns === null) return copy;
  const bundle = path.join(copy, 'dist', 'bundle', 'agents');
  const exported = /(new WebAssembly\.Instance\([^;]*?\)\.exports)/g;
  let patched = 0;
  for (const file of readdirSync(bundle).filter((each) => each.endsWith('.cjs'))) {
    const code = readFileSync(path.join(bundle, file), 'utf8');
    const changed = code.replace(exported, (_all, exports) => {
      patched++;
      return `((kernels) => ({ ...kernels, ${KERNEL}: (...operands) => {
        const result = kernels.${KERNEL}(...operands);
        const until = performance.now() + ${ns / 1e6};
        while (performance.now() < until);
        return result;
      } }))(${exports})`;
    });
    if (changed !== code) writeFileSync(path.join(bundle, file), changed);
  }
  if (patched !== 1) throw new Error(`the bundle binds its kernels in ${patched} places, expected one`);
  return copy;
}

/** `build` against `other`, and whether it says what it should. */
function compare(time, kind, build, other, expected) {
  const out = path.join(folder, `${kind}-${time}`);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      path.join(build, 'dist', 'src', 'cli', 'main.js'),
      ...['profile', config, '--against-build', other, '--fail-slower', '1%'],
      ...['--no-html', '--quiet', '--json', '--out', out],
    ],
    { encoding: 'utf8', maxBuffer: 1e8 },
  );
  const report = stdout === '' ? null : JSON.parse(stdout);
  const comparison = report?.comparison ?? null;
  const right = comparison?.verdict === expected.verdict && status === expected.status;
  if (!right) wrong.push(`${kind} ${time}`);
  const put = report?.repeats?.map(({ putAside }) => putAside ?? 0).sort((a, b) => a - b) ?? [];
  const busy = put.length > 0 ? `; put aside ${Math.round(100 * put[put.length >> 1])}%` : '';
  console.log(
    `${right ? 'right' : 'WRONG'}  ${kind.padEnd(5)} ${String(time).padStart(2)}  exit ${status}  ${comparison?.says ?? stderr}${busy}`,
  );
}
