/**
 * Makes studies anew: runs, numbers, pictures, pages, and the table of docs/studies.md.
 *
 *     npm run studies                    all of them
 *     npm run studies -- NAME ...        some
 *     npm run studies -- --check [NAME]  nothing is written: is what is recorded what is made now?
 *     npm run studies -- --small [NAME]  the small form, as npm test has it; nothing is written
 *     npm run studies -- --pages         pages and pictures alone, from the numbers that are recorded
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { allStudies, differences, makeStudy, readRecord, resultOf, writeStudy } from './frame/make.mjs';
import { claimTable, withTable } from './frame/pages.mjs';

const SUMMARY = new URL('../docs/studies.md', import.meta.url);

const { values: options, positionals } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    small: { type: 'boolean', default: false },
    pages: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const studies = await allStudies();
for (const name of positionals) {
  if (studies.some((study) => study.name === name)) continue;
  console.error(
    `no study is called ${name}, expected one of ${studies.map((study) => study.name).join(', ')}`,
  );
  process.exit(2);
}
const chosen = positionals.length === 0 ? studies : studies.filter(({ name }) => positionals.includes(name));
const size = options.small ? 'small' : 'full';
let differing = 0;
for (const study of chosen) {
  const startedMs = performance.now();
  const record = options.pages ? readRecord(study) : null;
  if (options.pages && record === null) continue;
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
  } else if (!options.small) writeStudy(study, made);
}
if (options.check) {
  console.log(
    differing === 0 ? 'all is as recorded' : `${differing} of ${chosen.length} differ from what is recorded`,
  );
  process.exitCode = differing === 0 ? 0 : 1;
} else if (!options.small) {
  const page = readFileSync(SUMMARY, 'utf8');
  writeFileSync(SUMMARY, withTable(page, claimTable(studies, studies.map(readRecord))));
}
