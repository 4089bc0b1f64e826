/** Every promise of docs/reliability.md names a test that is there: its file, and words of its name. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = new URL('../../docs/reliability.md', import.meta.url);
const rows = readFileSync(page, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('test/'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));

describe('the promises', () => {
  it('are many', () => expect(rows.length).toBeGreaterThan(50));

  it.each(rows)('%s', (_fault, _promise, tests) => {
    let source = '';
    for (const part of (tests as string).split('; ')) {
      const [, file, rest] = /^(test\/[a-z/-]+)(?:: ?(.*))?$/.exec(part) ?? [];
      if (file !== undefined) {
        const url = new URL(`../../${file}.test.ts`, import.meta.url);
        expect(existsSync(url), file).toBe(true);
        source = readFileSync(url, 'utf8');
      }
      const name = (rest ?? (file === undefined ? part : '')).replace(/ \(.*\)$|^\(.*\)$/, '').trim();
      expect(source.replaceAll("\\'", "'"), `${file ?? tests}: ${name}`).toContain(name);
    }
  });
});
