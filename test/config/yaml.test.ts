/** YAML that would do harm is an error with its place, found in time that its length explains. */

import { describe, expect, it, test } from 'vitest';
import { LineCounter } from 'yaml';
import { parseConfig } from '../../src/config/load.js';
import { DEEPEST, parseYaml } from '../../src/schema/yaml.js';

const errorsOf = (source: string) => {
  const lineCounter = new LineCounter();
  const { errors } = parseYaml(source, { lineCounter, merge: true });
  return errors.map(({ message, pos }) => ({ message, ...lineCounter.linePos(pos[0]) }));
};

describe('nesting', () => {
  const deep = { message: `lists and mappings are nested deeper than ${DEEPEST} levels`, line: 2 };

  test.each([
    ['[', DEEPEST + 1],
    ['- ', 2 * DEEPEST + 1],
    ['{a: ', 4 * DEEPEST + 1],
  ])('of %s is refused where it is too deep', (opener, col) => {
    expect(errorsOf(`# a comment\n${opener.repeat(2000)}`)).toEqual([{ ...deep, col }]);
  });

  it('of a hundred levels is none', () => {
    const { errors, contents } = parseYaml(`${'['.repeat(DEEPEST)}7${']'.repeat(DEEPEST)}`);
    expect(errors).toEqual([]);
    expect(JSON.stringify(contents)).toContain('7');
  });
});

describe('keys', () => {
  it('are names: each level of mappings as keys doubles the quotes', () => {
    const says = 'a mapping or a list stands as a key here, expected a name';
    expect(errorsOf(`${'? '.repeat(28)}"a"`)).toEqual([{ message: says, line: 1, col: 3 }]);
    expect(errorsOf('a: 1\n[b, c]: 2\n')).toEqual([{ message: says, line: 2, col: 1 }]);
    expect(errorsOf('a: &x { b: 1 }\n*x : 2\n')[0]).toMatchObject({ message: says, line: 2 });
  });

  it('stand once in a mapping, merge keys aside', () => {
    expect(errorsOf('a: { b: 1, c: 2, b: 3 }\na: 4\n').map(({ line, col }) => [line, col])).toEqual([
      [1, 18],
      [2, 1],
    ]);
    expect(errorsOf('a: &x { b: 1 }\nc: &y { d: 2 }\ne:\n  <<: *x\n  <<: *y\n')).toEqual([]);
  });

  it('that are unknown are told as long as anyone reads them', async () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`key${at}`, 1]));
    const config = (cost: object, more: object) => ({
      topology: { kind: 'ring', nodes: 8 },
      flow: { kind: 'consensus' },
      cost: { kind: 'average', dim: 2, ...cost },
      ...more,
    });
    const refusal = (given: object) => parseConfig(given).catch((error: Error) => error.message.split('\n'));
    const atTop = await refusal(config({}, many));
    expect(atTop).toHaveLength(21);
    expect(atTop).toContain('and 4980 further unknown keys');
    expect(await refusal(config(many, {}))).toContain('and 4980 further unknown keys in cost');
    const [long = ''] = (await refusal(config({}, { ['k'.repeat(100_000)]: 1 }))) as string[];
    expect(long.length).toBeLessThan(1000);
  });
});
