/**
 * Pages can be read in any editor, and their links lead somewhere: lines of at most 110 columns, files and
 * anchors that are there.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join('docs', name)),
];
const textOf = (page: string) => readFileSync(path.join(root, page), 'utf8');

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
const anchors = new Map<string, Set<string>>();
function anchorsOf(page: string): Set<string> {
  const known = anchors.get(page);
  if (known) return known;
  const found = new Set(Array.from(textOf(page).matchAll(/^#+ (.*)$/gm), ([, heading]) => anchorOf(heading)));
  anchors.set(page, found);
  return found;
}

describe.each(pages)('%s', (page) => {
  test.skipIf(page === 'CONTRIBUTING.md')('has no line of prose or equations beyond 110 columns', () => {
    const long = textOf(page)
      .split('\n')
      // Tables, pictures, and what a command printed, are as wide as they are.
      .filter((line) => line.length > 110 && !/^\s*(\||!\[)/.test(line))
      .filter((line) => !(page === 'docs/certify.md' && line.startsWith('    ')));
    expect(long).toEqual([]);
  });

  test('has no link that leads nowhere', () => {
    const links = Array.from(
      textOf(page)
        .replaceAll(/`[^`\n]*`/g, '')
        .matchAll(/\]\((?!https?:)([^)\s]+)\)/g),
      ([, link]) => link,
    );
    const broken = links.filter((link) => {
      const [file, anchor] = link.split('#');
      const target = file === '' ? page : path.join(path.dirname(page), file);
      if (!existsSync(path.join(root, target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
    });
    expect(broken).toEqual([]);
  });
});
