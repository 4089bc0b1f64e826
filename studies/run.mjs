/**
 * Makes studies anew: runs, numbers, pictures, pages, and the table of docs/studies.md.
 *
 *     npm run studies                    all of them
 *     npm run studies -- NAME ...        some
 *     npm run studies -- --check [NAME]  nothing is written: is what is recorded what is made now?
 *     npm run studies -- --small [NAME]  the small form, as npm test has it; nothing is written
 *     npm run studies -- --pages         pages and pictures alone, from the numbers that are recorded
 */

import { accessSync, constants, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  allStudies,
  differences,
  makeStudy,
  readRecord,
  resultOf,
  writeStudy,
  writeWhole,
} from './frame/make.mjs';
import { claimTable, withTable } from './frame/pages.mjs';

const SUMMARY = fileURLToPath(new URL('../docs/studies.md', import.meta.url));

const { values: options, positionals } = orRefuse(() =>
  parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      small: { type: 'boolean', default: false },
      pages: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  }),
);
if (options.small && (options.check || options.pages))
  refuse(
    `--small stands beside --${options.check ? 'check' : 'pages'}, expected one of them: what is recorded is the full form`,
  );

const studies = await allStudies();
for (const name of positionals) {
  if (studies.some((study) => study.name === name)) continue;
  refuse(`no study is called ${name}, expected one of ${studies.map((study) => study.name).join(', ')}`);
}
const chosen = positionals.length === 0 ? studies : studies.filter(({ name }) => positionals.includes(name));
const size = options.small ? 'small' : 'full';
// Before the minutes that runs take.
for (const study of options.small ? [] : studies) {
  const isMade = chosen.includes(study);
  if (isMade && !options.check && !options.pages) continue;
  if (orRefuse(() => readRecord(study)) === null && isMade && options.pages)
    refuse(`nothing is recorded of ${study.name}, expected its numbers.json: make it without --pages first`);
}
if (!options.check && !options.small)
  for (const place of [path.dirname(SUMMARY), ...chosen.map(({ folder }) => folder)])
    orRefuse(() => accessSync(place, constants.W_OK));
let differing = 0;
for (const study of chosen) {
  const startedMs = performance.now();
  const record = options.pages ? readRecord(study) : null;
  const made =
    record === null ? await makeStudy(study, size) : await resultOf(study, record.size, record.numbers);
  console.log(`${study.name} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`);
  for (const { id, agrees, measured } of made.verdicts)
    console.log(`  ${agrees.padEnd(6)} ${id}: ${measured}`);
  if (options.check) {
    const found = differences(study, made);
    differing += found.length > 0 ? 1 : 0;
    for (const line of found.slice(0, 20)) console.log(`  differs: ${line}`);
    if (found.length > 20) console.log(`  differs: ${found.length - 20} more`);
  } else if (!options.small) {
    // After each of them: whoever stops here leaves a table of what is recorded.
    orRefuse(() => {
      writeStudy(study, made);
      writeWhole(SUMMARY, tableNow());
    });
  }
}
if (options.check) {
  const isTable = readFileSync(SUMMARY, 'utf8') === tableNow();
  if (!isTable) console.log('differs: the table of docs/studies.md is not that of what is recorded');
  console.log(
    differing > 0
      ? `${differing} of ${chosen.length} differ from what is recorded`
      : isTable
        ? 'all is as recorded'
        : 'the table differs from what is recorded',
  );
  process.exitCode = differing === 0 && isTable ? 0 : 1;
}

/** The page with the table of all that is recorded. */
function tableNow() {
  return withTable(readFileSync(SUMMARY, 'utf8'), claimTable(studies, studies.map(readRecord)));
}

function orRefuse(make) {
  try {
    return make();
  } catch (error) {
    return refuse(error.message);
  }
}

function refuse(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}
