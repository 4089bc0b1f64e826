/**
 * Drives the live dashboard in Chromium as a person would, on a real server:
 *
 *  - a run is started from the form, where an error stands beside its field; it is paused, a link is cut by
 *    clicking it, messages are changed, and it goes on to its end. Its curve is that of the undisturbed run
 *    up to the cut, and another one behind it; and the final hash is that of the same commands given through
 *    the library;
 *  - in another run all else of the Change tab is used: gains, noise, the silence of an agent, links cut and
 *    restored, rounds, target. Noise is seen in the error, silence in the bits on the links, and the hash is
 *    again that of the library. The run before is drawn behind it, and in the table;
 *  - a worker is made to fail: the page says why, and the same server makes the next run;
 *  - two browsers look on at once, and one takes the pen from the other;
 *  - the server is killed and started again: the page says so and comes back; with another token it says what
 *    to do; a wrong token gets a page that says so, and nothing else;
 *  - by keyboard alone: an agent is found, and its message is read bit by bit;
 *  - axe finds nothing serious in any of it, in light and dark, on a desk and on a phone;
 *  - no error in the console.
 *
 * Usage: npm run test:browser, or node test/browser/dashboard.mjs [--keep FOLDER] for the screenshots. Where
 * there is no Chromium and none can be installed, it says so and exits with 0: nothing was checked.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { openSession, parseConfig } from 'sottovoce';
import { stringify } from 'yaml';
import { findChromium, NO_CHROMIUM, pathOf } from '../../scripts/chromium.mjs';

const { values: options } = parseArgs({ options: { keep: { type: 'string' } } });
const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TOKEN = 'a-token-for-tests-of-the-page';
const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
/** A ring, so that a cut leaves a path, which is slower to agree. */
const CONFIG = {
  name: 'ring',
  topology: { kind: 'ring', nodes: 25 },
  cost: { kind: 'quadratic', dim: 16, condition: 4 },
  flow: { kind: 'primal-dual', compress: 'error-state' },
  compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  rounds: 20000,
  stop: { rmsError: 1e-6 },
  trace: { every: 5 },
  workers: 2,
};

/** Slower, so that a thousand rounds and more are there to be changed. */
const SLOW = {
  ...CONFIG,
  name: 'slow',
  cost: { ...CONFIG.cost, dim: 12 },
  flow: { ...CONFIG.flow, step: 0.006 },
};

const found = findChromium('look at the dashboard as a reader would');
if (found === null) {
  console.log(`dashboard: checked nothing: ${NO_CHROMIUM}`);
  process.exit(0);
}
const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-dashboard-'));
const pictures = options.keep ?? folder;
mkdirSync(pictures, { recursive: true });
writeFileSync(path.join(folder, 'ring.yaml'), stringify(CONFIG));
writeFileSync(path.join(folder, 'slow.yaml'), stringify(SLOW));
const port = await freePort();
const url = `http://127.0.0.1:${port}/?token=${TOKEN}`;
const browser = await chromium.launch({
  executablePath: pathOf(found),
  args: ['--no-sandbox', '--disable-gpu', '--enable-unsafe-swiftshader'],
});
let server = await startServer();
/** What is wrong, said at once. */
const problems = {
  count: 0,
  push(text) {
    this.count++;
    console.log(`dashboard: ${text}`);
  },
};
/** The console says of itself that it lost its server; that is what we did. */
let serverIsGone = false;
let broken = false;
const pages = [];

try {
  await refusedPage();
  const page = await openPage(DESK, 'light');
  await check('the page says that there is no run', async () => {
    await page.getByText('No run yet. Start one').waitFor();
    await accessible(page, 'empty');
  });
  const pausedAt = await check('a run is started from the form, and paused', () => startFromForm(page));
  const cutLink = await check('a link is cut by clicking it', () => cutByClick(page, pausedAt));
  const swappedAt = await check('messages are changed between two rounds', () => swapMessages(page));
  await check('an agent is found by keyboard', () => inspectByKeyboard(page));
  await check('a second browser looks on, and takes the pen', () => secondBrowser(page));
  const ended = await check('it goes on to its end', () => finish(page));
  await check('the curve bends where the link was cut', () => compareCurves(page, cutLink));
  await check('the library comes to the same hash with the same commands', () =>
    repeat(ended, cutLink, swappedAt),
  );
  const begun = await check('gains are changed', () => changeGains(page));
  await check('the earlier run is drawn behind another', () => earlier(page, ended));
  await check('noise is added, and seen', () => addNoise(page, begun));
  await check('an agent is silent for 30 rounds', () => silence(page, begun));
  await check('links are cut and restored', () => restoreLinks(page, begun));
  await check('it ends at another target', () => otherLength(page, begun));
  await check('the library comes to the same hash with these commands, too', () => repeatChanges(begun));
  await check('a fault on purpose is told, and the server goes on', () => faults(page));
  await check('dark, and on a phone', otherWindows);
  await check('the server is killed, and started again', () => restart(page));
} finally {
  await browser.close();
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
process.exit(problems.count > 0 ? 1 : 0);

async function startFromForm(page) {
  await page.getByRole('button', { name: 'New run…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('begin with').selectOption('file:ring.yaml');
  const nodes = dialog.getByLabel('nodes', { exact: false }).first();
  // The example that the form begins with has 64.
  const dim = dialog.getByLabel('dim').first();
  await until(async () => (await dim.inputValue()) === '16', 'the form holds the config');
  await nodes.fill('0');
  await nodes.blur();
  await dialog.getByText('wrong: see beside the fields.').waitFor();
  await until(async () => (await nodes.getAttribute('aria-invalid')) === 'true', 'the field is marked');
  const beside = await nodes.locator('xpath=..').locator('.error').textContent();
  assert.match(beside, /0/, 'the error stands beside its field and has the value');
  await dialog.screenshot({ path: path.join(pictures, 'form-error.png') });
  await nodes.fill('25');
  await nodes.blur();
  await dialog
    .getByText('Nothing is wrong with it.')
    .waitFor()
    .catch(async () =>
      assert.fail(await dialog.locator('.dialog-foot, .error:not([hidden])').allInnerTexts().then(String)),
    );
  await accessible(page, 'form');
  await dialog.getByLabel('stand still at round 0').check();
  await dialog.getByRole('button', { name: 'Start' }).click();
  await page.getByText('paused', { exact: true }).waitFor();
  await page.getByLabel('pace').selectOption('200 rounds a second');
  await until(async () => (await state(page)).round >= 60, 'rounds go by');
  await page.getByRole('button', { name: 'Pause' }).click();
  await until(async () => (await state(page)).phase === 'paused', 'it stands still');
  const { round } = await state(page);
  await page.waitForTimeout(600);
  assert.equal((await state(page)).round, round, 'a run that is paused stands still');
  await page.screenshot({ path: path.join(pictures, 'paused.png') });
  return round;
}

async function cutByClick(page, pausedAt) {
  const [a, b] = [7, 8];
  const box = await page.locator('#picture').boundingBox();
  const middle = await page.evaluate(
    ([a, b]) => {
      const [from, to] = [window.sottovoce.where(a), window.sottovoce.where(b)];
      return { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    },
    [a, b],
  );
  await page.mouse.move(box.x + middle.x, box.y + middle.y);
  await page.waitForTimeout(200);
  await page.mouse.click(box.x + middle.x, box.y + middle.y);
  await until(async () => (await state(page)).changes.length === 1, 'the change is made');
  const [change] = (await state(page)).changes;
  assert.deepEqual(
    [change.round, change.cut.map((ends) => [...ends].sort((x, y) => x - y))],
    [pausedAt, [[a, b]]],
  );
  await page.locator('.marks').getByText('link 7 – 8 cut').waitFor();
  await page.getByRole('button', { name: '100 rounds', exact: true }).click();
  await until(async () => (await state(page)).round === pausedAt + 100, 'a hundred rounds, and no more');
  await page.screenshot({ path: path.join(pictures, 'cut.png') });
  return { round: change.round, edges: [[a, b]] };
}

async function swapMessages(page) {
  await page.getByRole('tab', { name: 'Change' }).click();
  const pane = page.locator('#pane-change');
  await pane.getByLabel('kind of what messages are from now on').selectOption({ label: 'top-k' });
  await pane.getByRole('button', { name: 'Change messages' }).click();
  await pane.getByText('is needed').waitFor();
  await pane.getByLabel(/^k \(needed\)/).fill('4');
  await pane.getByRole('button', { name: 'Change messages' }).click();
  await until(async () => (await state(page)).changes.length === 2, 'the change is made');
  const { changes } = await state(page);
  assert.match(changes[1].compressor, /top-k/);
  await accessible(page, 'change');
  return changes[1].round;
}

async function inspectByKeyboard(page) {
  await page.locator('body').press('/');
  await page.keyboard.type('12');
  await page.keyboard.press('Enter');
  await page.locator('#pane-agent h2').getByText('Agent 12').waitFor();
  await page.locator('#pane-agent').getByText('2 neighbours').waitFor();
  const message = page.getByRole('listbox');
  await message.first().waitFor();
  await message.first().focus();
  await page.keyboard.press('ArrowRight');
  const said = await page.locator('.bit-detail').first().textContent();
  assert.match(said, /bits? \d/, 'the field under the arrow keys says where it is');
  const shown = await message.first().locator('[role=option]').count();
  assert.ok(shown > 3, `${shown} fields are shown`);
  await accessible(page, 'agent');
  await page.screenshot({ path: path.join(pictures, 'agent.png') });
}

async function secondBrowser(page) {
  const other = await openPage(DESK, 'light');
  await other.getByText(/has the pen; this one .* looks on/).waitFor();
  assert.ok(await other.getByRole('button', { name: 'Resume' }).isDisabled(), 'who looks on steers nothing');
  assert.equal((await state(other)).round, (await state(page)).round);
  await other.getByRole('button', { name: 'Take the pen' }).click();
  await page.locator('.banner').getByRole('button', { name: 'Hand over' }).click();
  await until(() => other.getByRole('button', { name: 'Resume' }).isEnabled(), 'the other has the pen');
  await until(() => page.getByRole('button', { name: 'Resume' }).isDisabled(), 'and this one has not');
  // And back, without being asked.
  await page.getByRole('button', { name: 'Take the pen' }).click();
  await other.locator('.banner').getByRole('button', { name: 'Hand over' }).click();
  await until(() => page.getByRole('button', { name: 'Resume' }).isEnabled(), 'it has it again');
  await other.close();
}

async function finish(page) {
  await page.getByRole('button', { name: 'Resume' }).click();
  await until(async () => (await state(page)).phase === 'over', 'it ends', 60_000);
  const { summary } = await state(page);
  assert.equal(summary.status, 'converged');
  await page.getByRole('tab', { name: 'The run' }).click();
  await page.locator('#pane-run').getByText(summary.stateHash).waitFor();
  await accessible(page, 'over');
  return summary;
}

async function compareCurves(page, { round }) {
  const seen = await page.evaluate(() => window.sottovoce.rows());
  const rows = [];
  const opened = await openSession();
  try {
    await opened.session.prepare({ config: await parseConfig(CONFIG), outDir: null });
    await opened.session.subscribe((batch) => rows.push(...batch));
    await opened.session.start();
  } finally {
    await opened.close();
  }
  const undisturbed = new Map(rows.map((row) => [row.round, row.consensusError]));
  const shared = seen.round.map((at, i) => [at, seen.consensusError[i], undisturbed.get(at)]);
  const known = shared.filter(([, , other]) => other !== undefined);
  const same = known.filter(([at]) => at <= round);
  const after = known.filter(([at]) => at > round + 1 && at <= round + 100);
  assert.ok(
    same.length > 5 && after.length > 5,
    `${same.length} rows before the cut, ${after.length} after it`,
  );
  for (const [at, here, there] of same) assert.equal(here, there, `round ${at}, before the cut`);
  for (const [at, here, there] of after) assert.notEqual(here, there, `round ${at}, after the cut`);
}

async function repeat(ended, cut, swappedAt) {
  const opened = await openSession();
  try {
    const { session } = opened;
    await session.prepare({ config: await parseConfig(CONFIG), outDir: null });
    await session.pause();
    const running = session.start();
    running.catch(() => {});
    await session.step(cut.round);
    await session.change([{ kind: 'cut', edges: cut.edges }]);
    await session.step(swappedAt - cut.round);
    await session.change([{ kind: 'compressor', compressor: { kind: 'top-k', k: 4 } }]);
    await session.resume();
    const { summary } = await running;
    assert.deepEqual([summary.rounds, summary.stateHash], [ended.rounds, ended.stateHash]);
  } finally {
    await opened.close();
  }
}

async function earlier(page, ended) {
  const choice = page.getByRole('combobox', { name: 'behind it' });
  await until(async () => (await choice.locator('option').count()) > 1, 'the run that ended is listed');
  const pixels = () => page.evaluate(() => document.querySelector('#curves canvas').toDataURL());
  const captions = page.locator('#curves caption');
  await choice.selectOption('');
  await page.locator('#curves summary').click();
  await until(async () => (await page.locator('#curves table').count()) === 1, 'one table');
  // Values of the newest row stand beside the curves, and the pointer elsewhere.
  await page.mouse.move(5, 5);
  const alone = await pixels();
  await choice.selectOption({ index: (await choice.locator('option').count()) - 1 });
  await captions.getByText('Behind it, dashed: ').waitFor();
  const last = await page.locator('#curves table').nth(1).locator('tbody tr').last().innerText();
  assert.match(last, new RegExp(`^${ended.rounds.toLocaleString('en')}\\s`), 'it has all of its rounds');
  const label = await page.locator('#curves .plot').getAttribute('aria-label');
  assert.match(label, /Behind it, dashed, .* rounds\./);
  assert.notEqual(await pixels(), alone, 'it is drawn');
  await page.screenshot({ path: path.join(pictures, 'over.png') });
  await accessible(page, 'earlier');
  await choice.selectOption('');
  await until(async () => (await captions.count()) === 0, 'nothing is behind it any more');
  assert.equal(await pixels(), alone);
  await page.locator('#curves summary').click();
}

/** A run of its own for what the Change tab has: `edits` are those that the library is to make, too. */
async function startPaused(page) {
  const before = (await state(page)).run.id;
  await page.getByRole('button', { name: 'New run…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('begin with').selectOption('file:slow.yaml');
  await until(async () => (await dialog.getByLabel('dim').first().inputValue()) === '12', 'the config');
  if (!(await dialog.getByLabel('stand still at round 0').isChecked()))
    await dialog.getByLabel('stand still at round 0').check();
  await dialog.getByRole('button', { name: 'Start' }).click();
  await until(async () => {
    const { run, phase } = await state(page);
    return run !== null && run.id !== before && phase === 'paused';
  }, 'a new run stands at its beginning');
  await page.getByRole('tab', { name: 'Change' }).click();
  return page.locator('#pane-change');
}

async function stepHundreds(page, hundreds) {
  for (let at = 0; at < hundreds; at++) {
    const { round } = await state(page);
    await page.getByRole('button', { name: '100 rounds', exact: true }).click();
    await until(async () => {
      const now = await state(page);
      return now.round === round + 100 && now.phase === 'paused';
    }, `a hundred rounds after ${round}`);
  }
}

/** Presses a button of the Change tab, and waits until the server has made `edit`. */
async function pressChange(page, begun, name, edit) {
  const { changes, round } = await state(page);
  await page.locator('#pane-change').getByRole('button', { name, exact: true }).click();
  await until(async () => (await state(page)).changes.length > changes.length, `the change is made: ${name}`);
  const now = await state(page);
  // Nothing goes on meanwhile, and nobody is told that it did.
  assert.deepEqual([now.phase, now.round], ['paused', round]);
  const made = now.changes.at(-1);
  assert.deepEqual([made.round, made.edits], [round, [edit]]);
  begun.edits.push([round, edit]);
  return made;
}

async function changeGains(page) {
  const begun = { edits: [] };
  const pane = await startPaused(page);
  const behind = page.getByRole('combobox', { name: 'behind it' });
  await until(async () => (await behind.inputValue()) === 'before', 'the run before stands behind it');
  const { plan } = await state(page);
  const wanted = plan.gains.beta / 2;
  await stepHundreds(page, 3);
  await pane.getByLabel(/^beta, now/).fill('much');
  await pane.getByRole('button', { name: 'Change gains' }).click();
  await pane.getByText('beta is "much", expected a number').waitFor();
  // What the server refuses leaves the run as it was.
  await pane.getByLabel(/^beta, now/).fill('-1');
  await pane.getByRole('button', { name: 'Change gains' }).click();
  await page.locator('.toast').getByText('beta').waitFor();
  assert.deepEqual((await state(page)).changes, []);
  await pane.getByLabel(/^beta, now/).fill(String(wanted));
  const made = await pressChange(page, begun, 'Change gains', { kind: 'flow', parameters: { beta: wanted } });
  assert.equal(made.gains.beta, wanted);
  await until(
    async () => Number(await pane.locator('[data-gain="beta"]').textContent()) !== plan.gains.beta,
    'what it is now stands beside it',
  );
  await page.locator('.marks').getByText('beta = ').waitFor();
  await stepHundreds(page, 6);
  return begun;
}

async function addNoise(page, begun) {
  const pane = page.locator('#pane-change');
  const { round } = await state(page);
  await pane.getByLabel('standard deviation').fill('none');
  await pane.getByRole('button', { name: 'At all agents' }).click();
  await page.locator('.toast').getByText('“none” is no standard deviation').waitFor();
  await pane.getByLabel('standard deviation').fill('0.5');
  await pressChange(page, begun, 'At all agents', { kind: 'noise', agents: 'all', sd: 0.5 });
  await stepHundreds(page, 1);
  await until(
    async () => (await page.evaluate(() => window.sottovoce.rows())).round.includes(round + 5),
    'rows',
  );
  const { round: rounds, rmsError } = await page.evaluate(() => window.sottovoce.rows());
  const [before, at, after] = [-5, 0, 5].map((more) => rmsError[rounds.indexOf(round + more)]);
  assert.ok(before < 0.1 && at < 0.1, `before the noise the error is ${before} and ${at}`);
  assert.ok(after > 10 * at, `the error jumps from ${at} to ${after}`);
}

async function silence(page, begun) {
  await page.locator('body').press('/');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('12');
  await page.keyboard.press('Enter');
  await page.locator('#pane-agent').getByText('2 neighbours').waitFor();
  await page.getByRole('tab', { name: 'Change' }).click();
  const pane = page.locator('#pane-change');
  await pane.getByLabel('for so many rounds').fill('30');
  const made = await pressChange(page, begun, 'Silence it', { kind: 'silence', agents: [12], rounds: 30 });
  assert.deepEqual(sorted(made.cut), [
    [11, 12],
    [12, 13],
  ]);
  begun.silence = made.round;
  await pane.getByText(`Still to come: round ${(made.round + 30).toLocaleString('en')}`).waitFor();
  await page.getByRole('tab', { name: 'An agent' }).click();
  await page.locator('#pane-agent').getByText('0 neighbours, and 2 behind links that are cut').waitFor();
  await page.screenshot({ path: path.join(pictures, 'silent.png') });
  await page.getByRole('tab', { name: 'Change' }).click();
  await accessible(page, 'silent');
  await stepHundreds(page, 1);
  const { changes, pending } = await state(page);
  assert.deepEqual([changes.at(-1).round, changes.at(-1).cut, pending], [made.round + 30, [], []]);
  await page.getByRole('tab', { name: 'An agent' }).click();
  await page.locator('#pane-agent').getByText('2 neighbours', { exact: true }).waitFor();
}

async function restoreLinks(page, begun) {
  const pane = page.locator('#pane-agent');
  const [one, other] = [
    [11, 12],
    [12, 13],
  ];
  const settled = async (edges) =>
    until(
      async () => JSON.stringify(sorted((await state(page)).changes.at(-1).cut)) === JSON.stringify(edges),
      `cut are ${JSON.stringify(edges)}`,
    );
  const { round } = await state(page);
  await pane.getByRole('button', { name: 'cut the link to 11' }).click();
  await settled([one]);
  await pane.getByRole('button', { name: 'restore the link to 11' }).click();
  await settled([]);
  await page.getByRole('tab', { name: 'Change' }).click();
  begun.edits.push([round, { kind: 'cut', edges: [one] }], [round, { kind: 'restore', edges: [one] }]);
  const cutAgain = { kind: 'cut', edges: [other.toReversed(), one] };
  const before = (await state(page)).changes.length;
  await page.locator('#pane-change').getByRole('button', { name: 'Cut them', exact: true }).click();
  await settled([one, other]);
  assert.equal((await state(page)).changes.length, before + 1);
  begun.edits.push([round, cutAgain]);
  await stepHundreds(page, 1);
  const made = await pressChange(page, begun, 'Restore all links', { kind: 'restore', edges: 'all' });
  assert.deepEqual(made.cut, []);
  await page.screenshot({ path: path.join(pictures, 'change.png') });
  await page.setViewportSize({ width: DESK.width, height: 2600 });
  await page.locator('#pane-change').screenshot({ path: path.join(pictures, 'change-tab.png') });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('#pane-change').screenshot({ path: path.join(pictures, 'change-tab-dark.png') });
  await accessible(page, 'change, dark');
  await page.setViewportSize(PHONE);
  await accessible(page, 'change, phone');
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= PHONE.width, `the Change tab is ${width} wide on a phone of ${PHONE.width}`);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.locator('#pane-change').screenshot({ path: path.join(pictures, 'change-tab-phone.png') });
  await page.setViewportSize(DESK);
}

async function otherLength(page, begun) {
  const pane = page.locator('#pane-change');
  await pane.getByLabel('rounds at most').fill('9000');
  await pressChange(page, begun, 'Set rounds', { kind: 'rounds', rounds: 9000 });
  await until(async () => (await state(page)).rounds === 9000, 'it has as many rounds');
  await pane.getByLabel('or until this').selectOption('disagreement');
  await pane.getByLabel('is at most').fill('nothing');
  await pane.getByRole('button', { name: 'Set target' }).click();
  await page.locator('.toast').getByText('“nothing” is no target').waitFor();
  await pane.getByLabel('is at most').fill('1e-4');
  await pressChange(page, begun, 'Set target', { kind: 'stop', stop: { consensusError: 1e-4 } });
  await page.locator('.marks').getByText('target: disagreement').waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await until(async () => (await state(page)).phase === 'over', 'it ends', 60_000);
  const { summary, run } = await state(page);
  assert.equal(summary.status, 'converged');
  assert.ok(summary.final.consensusError <= 1e-4 && summary.final.consensusError > 1e-6);
  begun.ended = summary;
  // What the agent did not say while it was silent is missing from its links: 2 of 25 edges, 30 rounds long.
  const [head, ...lines] = readFileSync(path.join(folder, run.folder, 'trace.csv'), 'utf8')
    .trim()
    .split('\n');
  const column = (name) => head.split(',').indexOf(name);
  const links = new Map(
    lines
      .map((line) => line.split(','))
      .map((cells) => [Number(cells[column('round')]), Number(cells[column('bitsLinks')])]),
  );
  const said = (from) => links.get(from + 5) - links.get(from);
  const all = said(begun.silence - 10);
  assert.ok(all > 0);
  const during = [5, 10, 15, 20].map((more) => said(begun.silence + more) / all);
  for (const share of during) assert.ok(Math.abs(share - 23 / 25) < 1e-9, `a share of ${share} is said`);
  assert.equal(said(begun.silence + 40), all, 'then they talk as before');
}

async function repeatChanges({ edits, ended }) {
  const opened = await openSession();
  try {
    const { session } = opened;
    await session.prepare({ config: await parseConfig(SLOW), outDir: null });
    await session.pause();
    const running = session.start();
    running.catch(() => {});
    let at = 0;
    for (const [round, edit] of edits) {
      if (round > at) await session.step(round - at);
      at = round;
      await session.change([edit]);
    }
    await session.resume();
    const { summary } = await running;
    assert.deepEqual([summary.rounds, summary.stateHash], [ended.rounds, ended.stateHash]);
  } finally {
    await opened.close();
  }
}

async function faults(page) {
  for (const [label, cause] of [
    ['throws an error', /The run failed: .*worker 1/],
    ['ends its thread', /The run failed: .*worker/],
  ]) {
    const pane = await startPaused(page);
    await stepHundreds(page, 1);
    await pane.getByRole('textbox', { name: 'worker', exact: true }).fill('1');
    // No such worker hangs without a watchdog: it is refused, and the run stands.
    await pane.getByLabel('what it does').selectOption('hangs');
    await pane.getByRole('button', { name: 'Make it fail' }).click();
    await page.locator('.toast').getByText('timeout').waitFor();
    assert.equal((await state(page)).phase, 'paused');
    await pane.getByLabel('what it does').selectOption(label);
    await pane.getByRole('button', { name: 'Make it fail' }).click();
    await page.locator('.marks').getByText('worker 1: ').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await until(async () => (await state(page)).phase === 'failed', `the run fails: it ${label}`);
    const said = await page.locator('.banner').filter({ hasText: 'The run failed' }).innerText();
    console.log(`dashboard: a worker ${label}: ${said}`);
    assert.match(said, cause);
    await page.screenshot({ path: path.join(pictures, 'failed.png') });
    await accessible(page, 'failed');
  }
  // The same server makes the next run as if nothing had been.
  await startPaused(page);
  await stepHundreds(page, 1);
  await page.getByRole('button', { name: 'Resume' }).click();
  await until(async () => (await state(page)).phase === 'over', 'the next run ends', 60_000);
  assert.equal((await state(page)).summary.status, 'converged');
}

function sorted(edges) {
  return edges.map((ends) => [...ends].sort((a, b) => a - b)).sort(([a, b], [c, d]) => a - c || b - d);
}

async function otherWindows() {
  const dark = await openPage(DESK, 'dark');
  await until(async () => (await state(dark)).phase === 'over', 'who comes late sees how it ended');
  await accessible(dark, 'dark');
  await dark.screenshot({ path: path.join(pictures, 'dark.png') });
  await dark.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await accessible(dark, 'keys');
  await dark.close();
  const phone = await openPage(PHONE, 'light');
  await accessible(phone, 'phone');
  const width = await phone.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= PHONE.width, `the page is ${width} wide on a phone of ${PHONE.width}`);
  await phone.screenshot({ path: path.join(pictures, 'phone.png'), fullPage: true });
  await phone.close();
}

async function restart(page) {
  serverIsGone = true;
  server.kill('SIGKILL');
  await once(server, 'exit');
  await page.getByText('The server does not answer').first().waitFor();
  await accessible(page, 'lost');
  server = await startServer();
  await page.getByText('connected', { exact: true }).waitFor({ timeout: 15_000 });
  await until(() => page.getByRole('button', { name: 'New run…' }).isEnabled(), 'it can be gone on with');
  server.kill('SIGTERM');
  await page.getByText('The server has ended').first().waitFor();
  if (server.exitCode === null) await once(server, 'exit');
  server = await startServer('another-token-for-these-tests');
  await page.getByText('Open the address that stands in its terminal').waitFor({ timeout: 15_000 });
}

async function refusedPage() {
  await check('a wrong token gets a page that says so', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const response = await page.goto(url.replace(TOKEN, 'not-the-token-of-this-server'));
    assert.equal(response.status(), 403);
    await page.getByRole('heading', { name: 'This address does not open the dashboard' }).waitFor();
    await accessible(page, 'refused');
    await context.close();
  });
}

/** A page of its own browser profile; what its console says against it is a problem. */
async function openPage(viewport, colorScheme) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  pages.push(page);
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => problems.push(`an error in the page: ${error.stack}`));
  page.on('console', (message) => {
    const lost = serverIsGone && /ERR_CONNECTION|WebSocket|403/.test(message.text());
    if (message.type() === 'error' && !lost) problems.push(`the console says: ${message.text()}`);
  });
  page.on('dialog', (dialog) => dialog.accept());
  await page.goto(url);
  await page.getByText('connected', { exact: true }).waitFor();
  return page;
}

async function accessible(page, name) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => window.axe.run());
  for (const { id, impact, nodes } of violations) {
    if (impact !== 'serious' && impact !== 'critical') continue;
    problems.push(
      `axe, ${name}: ${id} (${impact}): ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
    );
  }
}

function state(page) {
  return page.evaluate(() => window.sottovoce.state());
}

/** What `action` gives; undefined, and a problem, where it fails. What comes after it is then not tried. */
async function check(what, action) {
  if (broken) return undefined;
  const began = performance.now();
  try {
    const value = await action();
    console.log(`dashboard: ${what} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    return value;
  } catch (error) {
    const said = await Promise.all(pages.map((page) => page.textContent('#status').catch(() => '')));
    problems.push(`${what}: ${error.stack}\nThe pages say: ${said.join(' | ')}`);
    broken = true;
    return undefined;
  }
}

async function until(holds, what, timeoutMs = 15_000) {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function startServer(token = TOKEN) {
  const child = spawn(process.execPath, [main, 'dashboard', '--port', String(port), '--token', token], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(child.stdout, 'data');
  assert.match(String(said), new RegExp(`http://127.0.0.1:${port}/\\?token=${token}`));
  return child;
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
