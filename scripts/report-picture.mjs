/**
 * docs/report.png: the first screen of a report, of a run on the network of the examples. Usage, after a build:
 *
 *     node scripts/report-picture.mjs
 */

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { run } from 'sottovoce';
import { findChromium, NO_CHROMIUM, pathOfChromium } from './chromium.mjs';

const docs = fileURLToPath(new URL('../docs', import.meta.url));
const config = fileURLToPath(new URL('report-picture.yaml', import.meta.url));

const browser = findChromium('take a picture of a report');
if (browser === null) {
  console.error(NO_CHROMIUM);
  process.exit(1);
}
const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-report-'));
try {
  await run(config, { outDir: folder });
  const opened = await chromium.launch({
    executablePath: pathOfChromium(browser),
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const page = await opened.newPage({ viewport: { width: 1180, height: 1480 }, colorScheme: 'light' });
  await page.goto(pathToFileURL(path.join(folder, 'report.html')).href);
  await page.waitForSelector('html[data-drawn]');
  await page.screenshot({ path: path.join(docs, 'report.png') });
  await opened.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
