/**
 * A Chromium for what only a browser can show: pictures of pages, and checks of pictures. Scripts alone use
 * it; neither `npm test` nor anything that a user starts does.
 *
 * It is looked for by name, or by the path in CHROMIUM. Where it is missing and this is root on a Debian (a
 * container, most of the time), it is a package away. Everywhere else whoever asks is told that there is
 * none.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
export const NO_CHROMIUM = 'there is no Chromium here (set CHROMIUM to its path)';

/** What to start; null where there is none. `why` ends "installing chromium with apt-get, to ...". */
export function findChromium(why) {
  return find() ?? (install(why) ? find() : null);
}

/** Where a program that is started by its name lies; playwright asks for a path. */
export function pathOf(browser) {
  if (browser.includes('/')) return browser;
  return spawnSync('/bin/sh', ['-c', 'command -v "$0"', browser], { encoding: 'utf8' }).stdout.trim();
}

/** Its path, which Playwright asks for, of what `findChromium` gives. */
export function pathOfChromium(browser) {
  if (browser.includes('/')) return browser;
  return spawnSync('which', [browser], { encoding: 'utf8' }).stdout.trim();
}

/**
 * Writes what a window of this size ('1400,460', CSS pixels) shows of the page, as PNG: null, or why there is
 * no picture. A file that was there before stays where there is none.
 */
export function takePicture(browser, url, picture, window) {
  const before = existsSync(picture) ? readFileSync(picture) : null;
  rmSync(picture, { force: true });
  const { stderr } = open(browser, url, window, `--screenshot=${picture}`);
  if (existsSync(picture)) return null;
  if (before !== null) writeFileSync(picture, before);
  return `${browser} took none\n${stderr}`;
}

/** The page after its scripts have run, as HTML. */
export function dumpPage(browser, url, window) {
  return open(browser, url, window, '--dump-dom').stdout;
}

function open(browser, url, window, what) {
  const options = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--window-size=${window}`,
    // The page draws when it is loaded; this long is waited for it, in its own time.
    '--virtual-time-budget=3000',
  ];
  return spawnSync(browser, [...options, what, url], {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 2 ** 27,
  });
}

function find() {
  const works = (name) => name && spawnSync(name, ['--version'], { timeout: 20_000 }).status === 0;
  return [process.env.CHROMIUM, ...NAMES].find(works) ?? null;
}

function install(why) {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false;
  console.log(`installing chromium with apt-get, to ${why}`);
  const apt = (...args) => spawnSync('apt-get', args, { stdio: 'ignore', timeout: 300_000 }).status === 0;
  return apt('update') && apt('install', '-y', '--no-install-recommends', 'chromium');
}
