/**
 * What YAML reads without complaint, and not as it was meant. All of it is refused, because each has two
 * readings:
 *
 *     { rmsError: 0,001 }     rmsError: 0, and a key 001 with nothing behind it
 *     nodes: 010              ten, and eight in YAML 1.1, which most libraries read
 *     between: [9007199254740993, 1]   a number that a double does not hold: another agent's
 */

import { isMap, isScalar, type Node, type Pair, type Scalar, visit } from 'yaml';
import { formatPath, type SpecPath } from '../base/errors.js';
import { meantNumber } from './numbers.js';

export interface Misread {
  path: SpecPath;
  offset: number;
  text: string;
}

/** As many as anyone reads; to find where each stands takes longer the more there are. */
const MOST = 20;

export function misreadings(contents: Node | null): Misread[] {
  const found: Misread[] = [];
  if (contents === null) return found;
  visit(contents, {
    Map(_key, map, ancestors) {
      if (found.length >= MOST) return visit.BREAK;
      if (!map.flow) return;
      let taken = 0;
      for (const [index, { key, value }] of map.items.entries()) {
        if (index < taken) continue;
        let text = sourceOf(value);
        if (text === null || !/^[-+]?\d*(?:[.' _]\d+)*$/.test(text)) continue;
        taken = index + 1;
        for (let part = map.items[taken]; part !== undefined && isFraction(part); part = map.items[++taken]) {
          text += `,${sourceOf(part.key)}`;
        }
        if (taken === index + 1) continue;
        const path = [...pathOf([...ancestors, map]), String(sourceOf(key))];
        const meant = meantNumber(text) ?? withUnit(text);
        found.push({
          path,
          offset: (value as Scalar | null)?.range?.[0] ?? (key as Scalar).range?.[0] ?? 0,
          text: `${formatPath(path)} is ${text}, with a decimal comma: write ${meant}`,
        });
      }
    },
    Scalar(where, scalar, ancestors) {
      // What stands in a list may be a name (`between: [a, b]`); what a key names has a schema that bounds
      // it.
      if (found.length >= MOST) return visit.BREAK;
      if (where === 'key' || typeof scalar.value !== 'number') return;
      const text = sourceOf(scalar) ?? '';
      const path = pathOf([...ancestors, scalar]);
      const say = (what: string) =>
        found.push({
          path,
          offset: scalar.range?.[0] ?? 0,
          text: `${formatPath(path) || 'the value'} is ${text}, ${what}`,
        });
      if (/^[-+]?0\d+$/.test(text)) {
        const octal = /^[-+]?[0-7]+$/.test(text)
          ? `${scalar.value} to some and ${Number.parseInt(text, 8)} (octal) to others`
          : 'a number with zeros in front';
        say(`${octal}: write ${scalar.value}, or '${text}' in quotes where it is a name`);
      } else if (typeof where === 'number' && /^[-+]?\d+$/.test(text) && !isExact(text, scalar.value)) {
        say(
          `which a double does not hold exactly: expected at most ${Number.MAX_SAFE_INTEGER}, or '${text}' in quotes where it is a name`,
        );
      }
    },
  });
  return found;
}

function isExact(digits: string, value: number): boolean {
  return Number.isFinite(value) && BigInt(digits) === BigInt(value);
}

/** `001` alone between two commas: the key of a pair that has neither colon nor value. */
function isFraction(pair: Pair): boolean {
  const text = sourceOf(pair.key);
  return text !== null && isEmpty(pair.value) && /^\d+(?:[eE][-+]?\d+)?(?:\s*[^\s\d]+)?$/.test(text);
}

function isEmpty(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && sourceOf(node) === '');
}

/** A plain scalar as it was written; null for everything else. */
function sourceOf(node: unknown): string | null {
  if (node === null) return '';
  if (!isScalar(node) || (node.type !== 'PLAIN' && node.type !== undefined)) return null;
  return node.source ?? '';
}

function withUnit(text: string): string {
  const [, number, unit] = /^(.*?\d)\s*([^\s\d]+)$/.exec(text) ?? [];
  return number === undefined
    ? text.replace(',', '.')
    : `${meantNumber(number) ?? number.replace(',', '.')} ${unit}`;
}

/** Keys and indices from the root to the last of the nodes, all of which are among its ancestors. */
function pathOf(nodes: readonly unknown[]): SpecPath {
  const path: (string | number)[] = [];
  for (let depth = 0; depth < nodes.length; depth++) {
    const node = nodes[depth];
    if (isScalar(node) || isMap(node)) continue;
    const { key, items } = node as { key?: unknown; items?: unknown[] };
    if (items !== undefined && depth + 1 < nodes.length) path.push(items.indexOf(nodes[depth + 1]));
    else if (isScalar(key)) path.push(String(key.value));
  }
  return path;
}
