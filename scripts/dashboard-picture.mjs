/**
 * The picture of docs/dashboard.md: the flights example while a hub's links are cut, as its page shows it.
 *
 * Usage: npm run build, then node scripts/dashboard-picture.mjs [FILE.png]; docs/dashboard.png without FILE.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium, NO_CHROMIUM, pathOf } from './chromium.mjs';

const file = process.argv[2] ?? fileURLToPath(new URL('../docs/dashboard.png', import.meta.url));
const main = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const HUB = 'ORD';
const SIZE = { width: 1280, height: 760 };

const found = findChromium('take a picture of the dashboard');
if (found === null) {
  console.log(NO_CHROMIUM);
  process.exit(1);
}
const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-picture-'));
const server = spawn(process.execPath, [main, 'dashboard', '--tour', '--json'], {
  cwd: folder,
  stdio: ['ignore', 'pipe', 'ignore'],
});
const browser = await chromium.launch({
  executablePath: pathOf(found),
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const [said] = await once(server.stdout, 'data');
  const { url } = JSON.parse(String(said));
  const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light' });
  await page.goto(url);
  // The tour has prepared the run: from here on it is done by hand.
  await page.getByText('The run is ready, at round 0').waitFor({ timeout: 60_000 });
  await page.getByRole('button', { name: 'End the tour' }).click();
  const steps = async (times) => {
    for (let at = 0; at < times; at++) {
      const before = await page.evaluate(() => window.sottovoce.state().round);
      await page.getByRole('button', { name: '100 rounds', exact: true }).click();
      await page.waitForFunction((round) => window.sottovoce.state().round >= round + 100, before);
    }
  };
  await steps(12);
  await page.getByLabel('Find an agent by its name or number').fill(HUB);
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'Change' }).click();
  await page.getByRole('button', { name: 'Cut them' }).click();
  await page.waitForFunction(() => window.sottovoce.state().changes.length === 1);
  await steps(6);
  await page.getByRole('tab', { name: 'An agent' }).click();
  await page.getByRole('button', { name: 'The whole network' }).click();
  // Sentences that come and go are no part of a picture.
  await page.addStyleTag({ content: '.toast { display: none }' });
  await page.waitForTimeout(1500);
  await page.screenshot({ path: file });
} finally {
  await browser.close();
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
