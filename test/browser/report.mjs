/**
 * Reports of a run, of a comparison, of a sweep and of a map, opened as a reader would: nothing is said on the console, the run's
 * figures and the hash of its state stand in the text, another axis draws other curves, by mouse and by key,
 * a label that is a script stays a label, axe finds nothing serious in light and in dark, and a phone has no
 * bar to scroll sideways.
 *
 * Usage: node test/browser/test-browser.mjs, which calls it. Gives how many checks have failed.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { compare, run } from 'sottovoce';
import { pathOfChromium } from '../../scripts/chromium.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const EVIL = '</script><img src=x onerror="window.evil = true">';
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 900 };

const RUN = {
  name: EVIL,
  topology: {
    edges: [
      [EVIL, 'b'],
      ['b', 'c'],
      ['c', 'd'],
      ['d', EVIL],
      ['d', 'e'],
      ['e', 'f'],
    ],
  },
  cost: { kind: 'quadratic', dim: 16, condition: 4 },
  flow: { kind: 'primal-dual', compress: 'error-state' },
  compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  network: { bandwidth: '1 Mbit/s', latency: '20 ms' },
  trace: { every: 1 },
  rounds: 5000,
  stop: { rmsError: 1e-5 },
};

const CLI = fileURLToPath(new URL('../../dist/src/cli/sottovoce.cjs', import.meta.url));

function command(...words) {
  execFileSync(process.execPath, [CLI, ...words, '--quiet'], { stdio: ['ignore', 'ignore', 'inherit'] });
}

export async function checkReports(browser, folder) {
  let failed = 0;
  const check = (what, good, found = '') => {
    if (good) return;
    failed++;
    console.log(`report: ${what}${found === '' ? '' : `: ${found}`}`);
  };
  const outDir = path.join(folder, 'report-run');
  const { summary } = await run(RUN, { outDir });
  const study = path.join(folder, 'report-study');
  await compare([{ ...RUN, name: 'study', topology: { kind: 'ring', nodes: 8 } }], {
    compressors: ['identity', 'sign', 'flatten(sign)'],
    seeds: [1, 2, 3],
    outDir: study,
  });
  const config = path.join(folder, 'report-sweep.yaml');
  writeFileSync(
    config,
    `name: ${JSON.stringify(EVIL)}
topology: { kind: ring, nodes: 8 }
cost: { kind: quadratic, dim: 4, condition: 4 }
flow: { kind: primal-dual, compress: none, step: 0.1, alpha: 1, beta: 1 }
rounds: 2000
`,
  );
  const sweep = path.join(folder, 'report-sweep');
  const map = path.join(folder, 'report-map');
  const x = 'flow.step=0.02..2:log:8';
  const y = 'flow.beta=0.25..4:log:5';
  command('sweep', config, '--grid', x, '--seeds', '1..2', '--out', sweep);
  command('map', config, '--x', x, '--y', y, '--out', map);
  const opened = await chromium.launch({
    executablePath: pathOfChromium(browser),
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    for (const colorScheme of ['light', 'dark']) {
      for (const [name, from] of [
        ['run', outDir],
        ['study', study],
        ['sweep', sweep],
        ['map', map],
      ]) {
        const swept = name === 'sweep' || name === 'map';
        const where = `${name}, ${colorScheme}`;
        const page = await opened.newPage({ viewport: DESK, colorScheme });
        const said = [];
        page.on('console', (message) => said.push(message.text()));
        page.on('pageerror', ({ message }) => said.push(message));
        page.on('request', (request) => {
          if (!request.url().startsWith('file:') && !request.url().startsWith('data:'))
            said.push(`asks for ${request.url()}`);
        });
        await page.goto(pathToFileURL(path.join(from, 'report.html')).href);
        await page.waitForSelector('html[data-drawn]', { timeout: 20_000 });
        const text = await page.evaluate(() => document.body.innerText);
        if (name === 'run') {
          check(`${where} has the hash of the state`, text.includes(summary.stateHash));
          check(`${where} has the rounds`, text.includes(summary.rounds.toLocaleString('en')));
          check(`${where} shows a label as it is`, text.includes(EVIL));
          const drawn = await page.evaluate(() => document.querySelector('#network canvas')?.width ?? 0);
          check(`${where} draws the network`, drawn > 0);
        } else if (swept) {
          const { points, ranking, rows } = JSON.parse(readFileSync(path.join(from, 'results.json'), 'utf8'));
          const best = points.find(({ point }) => point === ranking[0]);
          const at = Object.entries(best.values).map((pair) => pair.join('='));
          check(`${where} says which point is best`, text.includes(`The best is ${at.join(' ')}: `));
          check(`${where} has its command`, text.includes(best.command));
          const { stateHash } = rows.find(({ point }) => point === best.point);
          check(`${where} has the hash of its state`, text.includes(stateHash));
          check(`${where} shows a name as it is`, text.includes(EVIL));
          const wide = await page.evaluate(
            () =>
              document.querySelector('img.map')?.naturalWidth ??
              document.querySelector('.pareto')?.clientWidth,
          );
          check(`${where} has its picture`, wide > 300, `${wide}`);
        } else check(`${where} says who wins`, /needs the fewest rounds/.test(text));
        check(`${where} runs no script of a label`, (await page.evaluate(() => window.evil)) === undefined);

        if (!swept) {
          const pictures = () =>
            page.evaluate(() =>
              [...document.querySelectorAll('.uplot canvas')].map((one) => one.toDataURL()),
            );
          const along = [await pictures()];
          check(`${where} draws curves`, along[0].length > 0 && along[0].every((url) => url.length > 2000));
          await page.click('label[for="axis-bits"]');
          along.push(await pictures());
          await page.focus('#axis-bits');
          await page.keyboard.press('ArrowRight');
          along.push(await pictures());
          check(`${where}: another axis draws another picture`, new Set(along.map(String)).size === 3);
          await page.focus('.frame');
          await page.keyboard.press('ArrowRight');
          await page.keyboard.press('ArrowRight');
          const read = await page.evaluate(() => document.querySelector('.legend')?.textContent ?? '');
          check(`${where}: keys read curves row by row`, /\d/.test(read), read);
        }
        await page.screenshot({
          path: path.join(folder, `report-${name}-${colorScheme}.png`),
          fullPage: true,
        });

        await page.evaluate(() => {
          for (const one of document.querySelectorAll('details')) one.open = true;
        });
        const found = await problemsOf(page);
        check(`${where}: axe`, found.length === 0, found.join('; '));

        await page.setViewportSize(PHONE);
        await page.waitForTimeout(200);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        check(`${where}: no wider than a phone`, wide <= PHONE.width, `${wide}`);
        check(`${where}: nothing on the console`, said.length === 0, said.join('; '));
        await page.close();
      }
    }
    const page = await (await opened.newContext({ javaScriptEnabled: false })).newPage();
    await page.goto(pathToFileURL(path.join(outDir, 'report.html')).href);
    check('without a script the text is there', (await page.content()).includes(summary.stateHash));
  } finally {
    await opened.close();
  }
  console.log(`reports: ${failed === 0 ? 'sound' : `${failed} checks failed`}`);
  return failed;
}

/** What axe finds that keeps people from reading the page. Its script is given past the page's own policy. */
async function problemsOf(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id} at ${nodes
          .slice(0, 3)
          .map(({ target }) => target.join(' '))
          .join(', ')}`,
    );
}
