/**
 * A study: what is claimed, how it is measured, and what was recorded of it. `study.mjs` of its folder says
 * the first two as data and functions (`StudyModule`, `make.d.mts`); everything else is made here, by one
 * command for all of them.
 *
 *     measure(size)     the runs, to plain numbers: everything below is a function of these
 *     claims[].judge    numbers to a verdict (`verdict.mjs`)
 *     figure(numbers)   numbers to a picture
 */

import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { recorded } from './numbers.mjs';
import { studyPage } from './pages.mjs';

export const STUDIES = fileURLToPath(new URL('..', import.meta.url));

/** Folders with a study in them, in the order of their numbers. */
export async function allStudies() {
  const names = readdirSync(STUDIES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(STUDIES, entry.name, 'study.mjs')))
    .map(({ name }) => name);
  const studies = await Promise.all(names.map(openStudy));
  return studies.sort((a, b) => a.order - b.order || a.name.localeCompare(b.name));
}

export async function openStudy(name) {
  const folder = path.join(STUDIES, name);
  const { default: study } = await import(pathToFileURL(path.join(folder, 'study.mjs')).href);
  return { ...study, name, folder };
}

/** @param {'full' | 'small'} size */
export async function makeStudy(study, size) {
  const numbers = recorded(await study.measure(study.sizes[size]));
  return resultOf(study, size, numbers);
}

/** What follows from the numbers alone. */
export async function resultOf(study, size, numbers) {
  const verdicts = study.claims.map(({ id, judge }) => ({ id, ...judge(numbers) }));
  const result = { study: study.name, size, settings: study.sizes[size], verdicts, numbers };
  const svg = await study.figure(numbers);
  return { result, verdicts, numbers, svg, page: studyPage(study, result) };
}

/** The files of a study's folder that are written, by name. */
export function filesOf({ result, svg, page }) {
  return { 'numbers.json': `${toJson(result)}\n`, 'figure.svg': svg, 'README.md': page };
}

export function writeStudy(study, made) {
  writeTogether(
    Object.entries(filesOf(made)).map(([name, content]) => [path.join(study.folder, name), content]),
  );
}

/** The old file stays until the new one is whole. */
export function writeWhole(file, content) {
  writeTogether([[file, content]]);
}

/**
 * None of the files takes its place before all of them are whole: a page beside the numbers of another run
 * would say what nobody measured. Who else writes the same ones at once has parts of its own.
 */
function writeTogether(files) {
  const parts = files.map(([file, content]) => ({ file, content, part: `${file}.${process.pid}.new` }));
  try {
    for (const { file, content, part } of parts) naming(file, () => writeFileSync(part, content));
    for (const { file, part } of parts) naming(file, () => renameSync(part, file));
  } finally {
    for (const { part } of parts) rmSync(part, { force: true });
  }
}

function naming(file, write) {
  try {
    write();
  } catch (cause) {
    const shown = path.relative(path.dirname(STUDIES), file);
    throw new Error(`${shown} cannot be written, and is as it was: ${cause.message}`, { cause });
  }
}

/** What was recorded; null where nothing was. */
export function readRecord(study) {
  const file = path.join(study.folder, 'numbers.json');
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${study.name}/numbers.json is no JSON: ${error.message}`);
  }
}

/** In words: where what is made now is not what was recorded. Empty where all is the same. */
export function differences(study, made) {
  const record = readRecord(study);
  if (record === null) return ['nothing is recorded'];
  const now = JSON.parse(JSON.stringify(made.result));
  const found = [...differ(record, now, '')];
  for (const [name, content] of Object.entries(filesOf(made))) {
    if (name === 'numbers.json') continue;
    const file = path.join(study.folder, name);
    if (!existsSync(file) || readFileSync(file, 'utf8') !== content)
      found.push(`${name} is not what is made now`);
  }
  return found;
}

function* differ(before, now, at) {
  if (before !== null && now !== null && typeof before === 'object' && typeof now === 'object') {
    for (const key of new Set([...Object.keys(before), ...Object.keys(now)]))
      yield* differ(before[key], now[key], at === '' ? key : `${at}.${key}`);
  } else if (!Object.is(before, now)) {
    yield `${at} is ${JSON.stringify(now)}, recorded is ${JSON.stringify(before)}`;
  }
}

/** As JSON, with lists of numbers on one line. */
function toJson(value) {
  const text = JSON.stringify(value, null, 2);
  return text.replace(/\[\s+([-+\d.eEnul,\s]+?)\s+\]/g, (_, list) => `[${list.replace(/\s+/g, ' ')}]`);
}
