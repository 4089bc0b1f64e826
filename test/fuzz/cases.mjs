/**
 * Files that once did harm and are long, by what they are made of; short ones lie in corpus/. Each is read with the
 * corpus, and stands under the reader that it was for.
 */

const many = (count, make) => Array.from({ length: count }, (_, at) => make(at));

const MADE = {
  edgelist: {
    'time-open-braces': () => '{'.repeat(200_000),
    'time-digits-that-are-no-number': () => `a b ${'1'.repeat(200_000)}x\n`,
    'time-columns-of-one-name': () => `${'a|b|'.repeat(3800)}\na|b\n`,
    'memory-pairs-of-sources-and-targets': () => `${'source,target,'.repeat(8000)}\n`,
  },
  network: { 'time-blank-lines': () => `${'\n'.repeat(115_000)}- - # made by hand\n` },
  gml: { 'crash-lists-in-lists': () => `graph [${'a ['.repeat(20_000)}` },
  json: {
    'crash-lists-in-lists': () => `{"nodes":${'['.repeat(20_000)}`,
    'crash-lists-as-a-value': () =>
      `{"directed":${'['.repeat(20_000)}${']'.repeat(20_000)},"nodes":[],"links":[]}`,
  },
  graphml: { 'crash-elements-in-elements': () => `<graphml>${'<a>'.repeat(20_000)}` },
  yaml: {
    'crash-lists-in-lines': () => `${'- '.repeat(20_000)}a`,
    'crash-lists-in-brackets': () => `a: ${'['.repeat(20_000)}`,
    'crash-a-number-of-400-digits': () => `topology: { edges: [[0, ${'2'.repeat(400)}]] }`,
    'time-unknown-keys': () => many(20_000, (at) => `key${at}: 1`).join('\n'),
    'time-unknown-keys-of-a-cost': () =>
      `cost: { kind: average, ${many(20_000, (at) => `key${at}: 1`).join(', ')} }`,
    'time-numbers-that-are-misread': () => `topology: { edges: [${many(20_000, () => '010').join(', ')}] }`,
    'time-one-long-key': () => `${'k'.repeat(300_000)}: 1`,
    'memory-aliases-of-aliases': () =>
      `a: &a [${'x, '.repeat(9)}]\n${many(8, (at) => `${'bcdefghi'[at]}: &${'bcdefghi'[at]} [${`*${'abcdefgh'[at]}, `.repeat(9)}]`).join('\n')}`,
  },
  'spec-text': {
    'crash-lists-in-lists': () => `schedule(${'['.repeat(15_000)}`,
    'crash-calls-in-calls': () => 'flatten('.repeat(15_000),
    'time-digits-that-are-no-number': () => `top-k(${'1'.repeat(100_000)}x)`,
  },
};

/** Names and contents of one reader's. */
export function casesOf(reader) {
  return Object.entries(MADE[reader] ?? {}).map(([name, make]) => [name, Buffer.from(make())]);
}
