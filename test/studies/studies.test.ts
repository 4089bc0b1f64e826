/**
 * Studies: what is recorded of each follows from its numbers alone; its small form comes to the same verdicts;
 * and no verdict says yes where there is no number.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  allStudies,
  differences,
  filesOf,
  makeStudy,
  readRecord,
  resultOf,
  STUDIES,
  type Study,
  writeStudy,
} from '../../studies/frame/make.mjs';
import { claimTable, withTable } from '../../studies/frame/pages.mjs';

const studies = await allStudies();

it('there are studies', () => {
  expect(studies.length).toBeGreaterThan(0);
});

describe.each(studies.map((study) => [study.name, study] as const))('%s', (_, study) => {
  it('says of each claim whose it is, how it is measured and what deviates', () => {
    expect(new Set(study.claims.map(({ id }) => id)).size).toBe(study.claims.length);
    expect(study.claims.length).toBeGreaterThan(0);
    for (const { claim, source, how, deviations } of study.claims) {
      for (const words of [claim, source, how]) expect(words.length).toBeGreaterThan(10);
      expect(deviations.length).toBeGreaterThan(0);
    }
    for (const name of study.configs) readFileSync(path.join(study.folder, name), 'utf8');
  });

  it('verdicts, picture and page are what the recorded numbers give', async () => {
    const record = readRecord(study);
    expect(record?.size).toBe('full');
    const made = await resultOf(study, 'full', record?.numbers);
    for (const [name, content] of Object.entries(filesOf(made)))
      expect(readFileSync(path.join(study.folder, name), 'utf8'), name).toBe(content);
  });

  it('its small form comes to the verdicts that are recorded', async () => {
    const { verdicts, svg } = await makeStudy(study, 'small');
    const recorded = verdictsOf(study);
    const lasting = study.claims.filter(({ wholeOnly }) => wholeOnly === undefined).map(({ id }) => id);
    expect(lasting.length).toBeGreaterThan(0);
    for (const { id, agrees, measured } of verdicts)
      if (lasting.includes(id)) expect({ id, agrees }, measured).toEqual({ id, agrees: recorded.get(id) });
    expect(svg).toContain('</svg>');
  });

  it('a claim of which no number is known is not agreed with', () => {
    const nothing = withoutNumbers(readRecord(study)?.numbers);
    for (const { id, judge } of study.claims) expect(judge(nothing).agrees, id).toBe('no');
  });
});

it('the table of docs/studies.md has what is recorded', () => {
  const page = readFileSync(path.join(STUDIES, '../docs/studies.md'), 'utf8');
  expect(page).toBe(withTable(page, claimTable(studies, studies.map(readRecord))));
});

it.each([
  [['one-pere'], 'no study is called one-pere, expected one of '],
  [['--chekc'], '--chekc'],
  [['--check', '--small'], '--small stands beside --check, expected one of them'],
  [['--pages', '--small'], '--small stands beside --pages, expected one of them'],
])('npm run studies -- %j is refused', (args, said) => {
  const { status, stderr } = spawnSync(process.execPath, [path.join(STUDIES, 'run.mjs'), ...args], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([2, expect.stringMatching(/^error: [^\n]*\n$/)]);
  expect(stderr).toContain(said);
});

it('--check sees a recorded number, verdict or page that somebody has changed, and writing leaves nothing beside', async () => {
  const [study] = studies as [Study, ...Study[]];
  const folder = mkdtempSync(path.join(tmpdir(), 'sottovoce-studies-'));
  try {
    const record = readRecord(study);
    const copy = { ...study, folder };
    const made = await resultOf(copy, 'full', record?.numbers);
    writeStudy(copy, made);
    expect(readdirSync(folder).sort()).toEqual(['README.md', 'figure.svg', 'numbers.json']);
    expect(differences(copy, made)).toEqual([]);
    for (const [name, from, to] of [
      ['numbers.json', /\d\.\d+/, '77.7'],
      ['numbers.json', '"agrees": "yes"', '"agrees": "no"'],
      ['README.md', '**yes**', '**no**'],
    ] as const) {
      const file = path.join(folder, name);
      const before = readFileSync(file, 'utf8');
      writeFileSync(file, before.replace(from, to));
      expect(differences(copy, made), `${name}: ${to}`).toHaveLength(1);
      writeFileSync(file, before);
    }
    const numbers = readFileSync(path.join(folder, 'numbers.json'), 'utf8');
    // A page that no disk takes: the numbers beside the old page stay those that it was made of.
    const [unlike, page] = [{ ...made.result, size: 'small' }, 0 as unknown as string];
    expect(() => writeStudy(copy, { ...made, result: unlike, page } as typeof made)).toThrow(
      /README\.md cannot be written, and is as it was: /,
    );
    expect(readFileSync(path.join(folder, 'numbers.json'), 'utf8')).toBe(numbers);
    expect(readdirSync(folder)).toHaveLength(3);
    writeFileSync(path.join(folder, 'numbers.json'), '{');
    expect(() => readRecord(copy)).toThrow(`${study.name}/numbers.json is no JSON`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function verdictsOf(study: Study): Map<string, string> {
  return new Map(readRecord(study)?.verdicts.map(({ id, agrees }) => [id, agrees]));
}

/** The same data, with null for every number, and for every true or false. */
function withoutNumbers(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return null;
  if (Array.isArray(value)) return value.map(withoutNumbers);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutNumbers(each)]));
  return value;
}
