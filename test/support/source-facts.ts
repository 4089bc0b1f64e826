/**
 * What a source file says, from its syntax tree: so that comments say nothing, and no quote or line break
 * hides anything.
 */

import { parseSync } from 'rolldown/utils';

interface Node {
  type: string;
  [key: string]: unknown;
}

/** Where a string stands. */
export type Role =
  /** `kind: 'x'` in an object. */
  | 'kind'
  /** `const KIND = 'x'` or `literal('x')`. */
  | 'literal'
  /** Compared with `===` and the like, or a `case`. */
  | 'compared'
  /** Of `startsWith` and the like. */
  | 'part'
  /** A regular expression. */
  | 'pattern'
  /** Without quotes: a key of an object, or a member of a registry: `{ sign: 1, admm: 3 }`, `flows.admm`. */
  | 'key'
  | 'other';

export interface Word {
  text: string;
  role: Role;
  /** Keys under which it stands, the innermost first. */
  within: readonly string[];
  /** Of a `kind` or a key: all keys of its object; none for a member of a registry. */
  beside: readonly string[];
}

export interface Import {
  /** As it is written. */
  from: string;
  /** For types alone. */
  types: boolean;
  /** By a call, when that is reached. */
  late: boolean;
}

export interface SourceFacts {
  imports: readonly Import[];
  /** Imports of what is no plain string: their text. */
  computed: readonly string[];
  words: readonly Word[];
}

const REGISTRIES = /^(compressors|costs|flows|links|programs|topologies|registry)$/;
const PARTS = /^(startsWith|endsWith|includes|indexOf|match|search)$/;

export function sourceFacts(file: string, text: string): SourceFacts {
  const { program, comments, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const imports: Import[] = [];
  const computed: string[] = [];
  const words: Word[] = [];

  for (const { value } of comments) {
    const from = /^\/\s*<reference\s+path\s*=\s*["']([^"']+)/.exec(value)?.[1];
    if (from !== undefined) imports.push({ from, types: true, late: false });
  }
  const importing = (source: unknown, kind: { types?: boolean; late?: boolean }) => {
    const from = textOf(source);
    if (from === null) computed.push(text.slice(...rangeOf(source)));
    else imports.push({ from, types: false, late: false, ...kind });
  };
  /** Of the node that is visited, the outermost first. */
  const parents: Node[] = [];
  const visit = (node: Node): void => {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
        if (node['source']) {
          importing(node['source'], { types: (node['importKind'] ?? node['exportKind']) === 'type' });
          return;
        }
        break;
      case 'ImportExpression':
        importing(node['source'], { late: true });
        break;
      case 'TSImportType':
        importing(node['source'], { types: true });
        return;
      case 'TSExternalModuleReference':
        importing(node['expression'], {});
        return;
      case 'CallExpression':
        if (isRequire(node['callee'])) importing((node['arguments'] as Node[])[0], { late: true });
        break;
    }
    words.push(...wordsOf(node, parents));
    parents.push(node);
    for (const child of childrenOf(node)) visit(child);
    parents.pop();
  };
  visit(program as unknown as Node);
  return { imports, computed, words };
}

/** `require`, and what `createRequire(...)` gives. */
function isRequire(callee: unknown): boolean {
  const { type, name, callee: made } = callee as Node;
  if (type === 'Identifier') return name === 'require';
  return type === 'CallExpression' && (made as Node)['name'] === 'createRequire';
}

function wordsOf(node: Node, parents: readonly Node[]): Word[] {
  const regex = node['regex'] as { pattern: string } | undefined;
  if (node.type === 'Literal' && regex) {
    return [{ text: regex.pattern, role: 'pattern', within: keysAround(parents), beside: [] }];
  }
  const text = textOf(node);
  if (text !== null) {
    const around = parents.at(-2);
    const role = roleOf(node, parents.at(-1), around);
    const beside = role === 'kind' ? keysOf(around) : [];
    return [{ text, role, within: keysAround(parents), beside }];
  }
  const { keys, beside } = keysSaid(node);
  return keys.map((key) => ({ text: key, role: 'key', within: [], beside }));
}

function roleOf(node: Node, parent: Node | undefined, around: Node | undefined): Role {
  switch (parent?.type) {
    case 'Property':
      return parent['value'] === node && keyOf(parent) === 'kind' && around?.type === 'ObjectExpression'
        ? 'kind'
        : 'other';
    case 'VariableDeclarator':
      return (parent['id'] as Node)['name'] === 'KIND' ? 'literal' : 'other';
    case 'BinaryExpression':
      return /^[!=]==?$/.test(parent['operator'] as string) ? 'compared' : 'other';
    case 'SwitchCase':
      return 'compared';
    case 'CallExpression': {
      const callee = parent['callee'] as Node;
      const name = ((callee['property'] as Node | undefined) ?? callee)['name'] as string;
      return name === 'literal' ? 'literal' : PARTS.test(name) ? 'part' : 'other';
    }
    default:
      return 'other';
  }
}

/** Names without quotes that may be kinds: members of a registry, and keys of a table. */
function keysSaid(node: Node): { keys: string[]; beside: string[] } {
  if (node.type === 'MemberExpression' && !node['computed'] && isRegistry(node['object'])) {
    return { keys: [(node['property'] as Node)['name'] as string], beside: [] };
  }
  if (node.type === 'VariableDeclarator' && isRegistry(node['init'])) {
    return { keys: keysOf(node['id'] as Node), beside: [] };
  }
  if (node.type !== 'ObjectExpression') return { keys: [], beside: [] };
  const table = (node['properties'] as Node[]).every(
    ({ type, shorthand, method }) => type === 'Property' && !shorthand && !method,
  );
  const keys = table ? keysOf(node) : [];
  return { keys, beside: keys };
}

function isRegistry(node: unknown): boolean {
  const { type, name, property } = (node ?? { type: '' }) as Node;
  const last = type === 'MemberExpression' ? (property as Node)['name'] : name;
  return typeof last === 'string' && REGISTRIES.test(last);
}

function keysAround(parents: readonly Node[]): string[] {
  return parents
    .filter(({ type }) => type === 'Property')
    .map(keyOf)
    .reverse();
}

function keysOf(object: Node | undefined): string[] {
  const properties = (object?.['properties'] ?? []) as Node[];
  return properties.filter(({ type }) => type === 'Property').map(keyOf);
}

function keyOf(property: Node): string {
  const { name, value } = property['key'] as Node;
  return String(name ?? value);
}

/** Of a string in any quotes; null where it is none, or has holes. */
function textOf(node: unknown): string | null {
  const { type, value, quasis } = (node ?? {}) as Node;
  if (type === 'Literal' && typeof value === 'string') return value;
  const [whole, ...more] = (quasis ?? []) as { value: { cooked: string } }[];
  return type === 'TemplateLiteral' && whole && more.length === 0 ? whole.value.cooked : null;
}

function rangeOf(node: unknown): [number, number] {
  const { start, end } = (node ?? { start: 0, end: 0 }) as { start: number; end: number };
  return [start, end];
}

function childrenOf(node: Node): Node[] {
  const isNode = (value: unknown): value is Node =>
    typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
  return Object.values(node).flat().filter(isNode);
}
