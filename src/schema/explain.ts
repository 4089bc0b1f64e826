/**
 * Turns what a schema refuses into sentences for the person who wrote the config: which parameter, what it
 * is, what was expected.
 *
 * What was expected is not read off the issue (`too_small` knows the bound it broke and no other) but off the
 * schema at that place, exported as JSON Schema: so `k: 0.5` and `k: 0` are both told "expected a whole
 * number >= 1".
 */

import { z } from 'zod';
import { formatPath, formatValue, type SpecPath } from '../base/errors.js';
import { didYouMean, partlyNamed } from '../base/suggest.js';
import { writeInstead } from './numbers.js';

/** One thing wrong with a config. */
export interface Issue {
  path: SpecPath;
  /** Whether the key is wrong or its value: decides which of the two is pointed at. */
  at: 'key' | 'value';
  text: string;
  hint?: string | undefined;
}

/** The part of JSON Schema that zod writes for our specs. */
export interface JsonSchema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  prefixItems?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  default?: unknown;
  description?: string;
  [keyword: string]: unknown;
}

/**
 * Keys that stand elsewhere than people look for them, and names that other programs give them: all places
 * that may be meant.
 */
const ELSEWHERE = new Map<string, readonly string[]>(
  Object.entries({
    gap: ['stop.gap'],
    tolerance: ['stop.gap'],
    tol: ['stop.gap'],
    rmsError: ['stop.rmsError'],
    consensusError: ['stop.consensusError'],
    step: ['flow.step'],
    stepSize: ['flow.step'],
    learningRate: ['flow.step'],
    alpha: ['flow.alpha'],
    beta: ['flow.beta'],
    eta: ['flow.eta'],
    mu: ['flow.mu'],
    compress: ['flow.compress'],
    compression: ['compressor'],
    graph: ['topology'],
    agents: ['topology.nodes', 'program.agents', 'trace.agents'],
    every: ['trace.every', 'checkpoint.everyRounds'],
    bandwidth: ['network.bandwidth'],
    latency: ['network.latency'],
    edges: ['topology.edges', 'network.edges'],
    drops: ['links'],
    failures: ['links'],
    directed: ['topology.directed'],
    file: ['topology.file'],
    largestComponent: ['topology.largestComponent'],
    iterations: ['rounds'],
    maxRounds: ['rounds'],
    threads: ['workers'],
    affinity: ['pin'],
    pinning: ['pin'],
    loss: ['cost'],
    objective: ['cost'],
    algorithm: ['flow'],
    x0: ['init'],
  }),
);

/**
 * Sections that every config may have, whatever it runs, and their keys: of a key at the top level, or in
 * another one of them, they tell where it stands. A test holds them to the schema.
 */
export const SECTION_KEYS: Readonly<Record<string, readonly string[]>> = {
  stop: ['rmsError', 'agentsGapMean', 'agentsGapWorst', 'gradientNorm', 'gap', 'consensusError'],
  trace: ['every', 'sample', 'agents', 'coordinates'],
  layout: ['order', 'block', 'ahead', 'cut'],
  network: ['bandwidth', 'latency', 'edges'],
  modules: ['seconds'],
  checkpoint: ['everyRounds', 'everySeconds', 'keep'],
  timeout: ['round'],
};

export const TOP_LEVEL_KEYS = [
  'name',
  'topology',
  'weights',
  'cost',
  'flow',
  'compressor',
  'program',
  'links',
  'rounds',
  'stop',
  'seed',
  'precision',
  'workers',
  'pin',
  'trace',
  'layout',
  'network',
  'modules',
  'checkpoint',
  'timeout',
  'report',
  'init',
  'study',
  'learn',
] as const;

/**
 * Issues keep the value they refuse: without it, the library's own message cannot be told from a
 * definition's.
 */
export const REPORT_INPUT = { reportInput: true } as const;

export function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

/**
 * Every issue of `error` as a sentence. `prefix` is where `input`, the value that was checked, stands in the
 * config.
 */
export function explain(error: z.ZodError, schema: z.ZodType, input: unknown, prefix: SpecPath): Issue[] {
  return explainAll(error.issues, toJsonSchema(schema), input, prefix);
}

/** Mistakes that are told, and unknown keys of one mapping: more of them are one mistake. */
const MOST = 20;
/** Keys of a mapping, all optional, that are named where a mapping was expected. */
const MOST_NAMED = 8;

function explainAll(
  issues: readonly z.core.$ZodIssue[],
  root: JsonSchema,
  input: unknown,
  prefix: SpecPath,
): Issue[] {
  const sentences = issues.slice(0, MOST).flatMap((issue): Issue[] => {
    const inside = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    const path = [...prefix, ...inside];
    const value = valueAt(input, inside);
    const schema = schemaAt(root, inside, input);
    if (issue.code === 'unrecognized_keys') {
      const known = Object.keys((schema && branchFor(schema, value))?.properties ?? {});
      return unknownKeys(path, issue.keys, known);
    }
    const own = ownMessage(issue);
    if (own !== null) return [{ path, at: 'value', text: says(path, value, own) }];
    const words = issue.code === 'invalid_union' ? wordsOf(root, inside, input) : [];
    if (words.length > 1) return [wrongWord(path, value, words)];
    if (issue.code === 'invalid_union' && schema) {
      const closer = explainBranch(issue, schema, value, path);
      if (closer.length > 0) return closer;
    }
    return [wrongValue(path, value, wrongLength(schema, value) ?? describeExpected(schema))];
  });
  // 1e300 is too large for a bound and for a whole number: one sentence says both.
  return sentences.filter(({ text }, i) => sentences.findIndex((other) => other.text === text) === i);
}

/**
 * Of a key that says which branch of a union its mapping is: what it says in each; empty elsewhere. The
 * nearest branch alone has one word, and the others would go untold.
 */
function wordsOf(root: JsonSchema, path: SpecPath, input: unknown): string[] {
  const key = path.at(-1);
  if (typeof key !== 'string') return [];
  const union = schemaAt(root, path.slice(0, -1), input);
  const branches = union === undefined ? [] : flatten(union);
  return branches.flatMap(({ properties }) => {
    const word = properties?.[key]?.const;
    return typeof word === 'string' ? [word] : [];
  });
}

function wrongWord(path: SpecPath, value: unknown, words: readonly string[]): Issue {
  const wrong = wrongValue(path, value, oneOf(words));
  if (typeof value === 'string') wrong.text += didYouMean(value, words);
  return wrong;
}

/**
 * A mapping or a list that fits no branch, by the branch that it was written for; empty where none stands
 * out.
 */
function explainBranch(
  issue: z.core.$ZodIssueInvalidUnion,
  schema: JsonSchema,
  value: unknown,
  path: SpecPath,
): Issue[] {
  if (!isMapping(value) && !Array.isArray(value)) return [];
  const branches = schema.anyOf ?? schema.oneOf ?? [];
  const kinds = kindsOf(schema);
  const kind = isMapping(value) ? value['kind'] : undefined;
  if (isMapping(value) && kinds.length > 0 && !kinds.includes(kind as string)) {
    // Where a mapping without a kind is possible too, nothing says that a kind was meant.
    const bare = flatten(schema).some((branch) => branch.properties && !branch.properties['kind']);
    if (kind !== undefined || !bare) {
      const wrong = wrongValue([...path, 'kind'], kind, oneOf(kinds));
      if (typeof kind === 'string') wrong.text += didYouMean(kind, kinds);
      return [wrong];
    }
    // An empty mapping was written for none of them.
    if (Object.keys(value).length === 0) return [];
  }
  const chosen = branchFor(schema, value);
  if (chosen === undefined) return [];
  for (const [index, branch] of branches.entries()) {
    const errors = issue.errors[index];
    if (errors && flatten(branch).includes(chosen)) return explainAll(errors, branch, value, path);
  }
  return [];
}

function kindsOf(schema: JsonSchema): string[] {
  return flatten(schema).flatMap((branch) => {
    const kind = branch.properties?.['kind'];
    return kind?.const !== undefined ? [String(kind.const)] : (kind?.enum ?? []).map(String);
  });
}

/** The branches of a union, of unions within it too; what is no union is its own. */
function flatten(schema: JsonSchema): JsonSchema[] {
  const branches = schema.anyOf ?? schema.oneOf;
  return branches ? branches.flatMap(flatten) : [schema];
}

/**
 * The branch of a union that a value was written for: by its kind, then by the keys that it shares with it.
 */
function branchFor(schema: JsonSchema, value: unknown): JsonSchema | undefined {
  const wanted = Array.isArray(value) ? 'array' : isMapping(value) ? 'object' : null;
  const candidates = wanted === null ? [] : flatten(schema).filter(({ type }) => type === wanted);
  if (candidates.length < 2 || !isMapping(value)) return candidates[0];
  const score = ({ properties = {} }: JsonSchema): number => {
    const { kind } = properties;
    const own = value['kind'];
    const named = own !== undefined && (kind?.const === own || kind?.enum?.includes(own) === true);
    return (named ? 1000 : 0) + Object.keys(value).filter((key) => Object.hasOwn(properties, key)).length;
  };
  return candidates.reduce((best, one) => (score(one) > score(best) ? one : best));
}

/** `compressor.k is 0, expected a whole number >= 1`. */
export function wrongValue(path: SpecPath, value: unknown, expected: string): Issue {
  const name = formatPath(path) || 'the config';
  if (value === undefined) return { path, at: 'value', text: `${name} is missing, expected ${expected}` };
  if (value === null) return { path, at: 'value', text: `${name} is empty, expected ${expected}` };
  const repair = /number/.test(expected)
    ? typeof value === 'string'
      ? writeInstead(value, expected)
      : ''
    : /true or false/.test(expected)
      ? meantBoolean(value)
      : '';
  return {
    path,
    at: 'value',
    text: `${name} is ${showValue(value, expected)}, expected ${expected}${repair}`,
  };
}

/** The first of them, and how many more there are. */
export function unknownKeys(parent: SpecPath, keys: readonly string[], known: readonly string[]): Issue[] {
  const said = keys.slice(0, MOST).map((key) => unknownKey(parent, key, known));
  const left = keys.length - said.length;
  if (left > 0) {
    const where = parent.length === 0 ? '' : ` in ${formatPath(parent)}`;
    said.push({ path: parent, at: 'value', text: `and ${left} further unknown keys${where}` });
  }
  return said;
}

export function unknownKey(parent: SpecPath, key: string, known: readonly string[]): Issue {
  const path = [...parent, key];
  return {
    path,
    at: 'key',
    text: `unknown key ${formatPath(path)}${rightPlace(parent, key, known) ?? nearOrList(key, known)}`,
  };
}

function nearOrList(key: string, known: readonly string[]): string {
  const near = didYouMean(key, known);
  return near === '' && known.length > 0 ? ` (known here: ${known.join(', ')})` : near;
}

/**
 * For a key that is right and stands in the wrong place (`step` at the top level, `rounds` inside the flow):
 * where it stands. A key of this mapping that it is a part of comes first: `every`, of `everyRounds`.
 */
function rightPlace(parent: SpecPath, key: string, known: readonly string[]): string | null {
  const here = parent.length > 0 ? partlyNamed(key, known) : null;
  if (parent.length > 0 && isTopLevel(key)) {
    const outside = `at the top level, outside ${formatPath(parent)}`;
    return here === null ? `; it stands ${outside}` : `; did you mean ${here}? (${key} stands ${outside})`;
  }
  const places = placesOf(parent, key);
  if (places.length === 0 || places.some((place) => place.split('.')[0] === parent[0])) return null;
  const sections = places.filter((place) => !place.includes('.'));
  if (here !== null) {
    const other = sections.length === 0 ? '' : `, or ${oneOf(sections)} at the top level`;
    return `; did you mean ${here}${other}?`;
  }
  const top = sections.length === 0 || parent.length === 0 ? '' : ', at the top level';
  return `; did you mean ${oneOf(places)}${top}?`;
}

/** Where a key of this name stands, or one that is called so elsewhere. */
function placesOf(parent: SpecPath, key: string): readonly string[] {
  const named = ELSEWHERE.get(key);
  if (named !== undefined) return named;
  const [section] = parent;
  // Components have keys of their own by the hundred, and one that is unknown there is rarely a section's.
  const common = section === undefined || (parent.length === 1 && Object.hasOwn(SECTION_KEYS, section));
  if (!common) return [];
  return Object.entries(SECTION_KEYS).flatMap(([name, keys]) =>
    keys.includes(key) ? [`${name}.${key}`] : [],
  );
}

function isTopLevel(key: string): boolean {
  return (TOP_LEVEL_KEYS as readonly string[]).includes(key);
}

/**
 * A message that a definition gave itself (`refine`, `min(1, 'at least one sample')`), or null where it is
 * the library's default.
 */
function ownMessage(issue: z.core.$ZodIssue): string | null {
  if (issue.code === 'custom') return issue.message;
  const usual = z.locales.en().localeError(issue as unknown as z.core.$ZodRawIssue);
  return issue.message === (typeof usual === 'string' ? usual : usual?.message) ? null : issue.message;
}

function says(path: SpecPath, value: unknown, message: string): string {
  const name = formatPath(path) || 'the config';
  if (value === null) return `${name} is empty: ${message}`;
  const scalar = typeof value !== 'object';
  return scalar && value !== undefined
    ? `${name} is ${formatValue(value)}: ${message}${typeof value === 'string' && /number/.test(message) ? writeInstead(value, message) : ''}`
    : `${name}: ${message}`;
}

function showValue(value: unknown, expected: string): string {
  if (Array.isArray(value)) return `a list (${formatValue(value)})`;
  if (typeof value === 'object') return `a mapping (${formatValue(value)})`;
  // "the text 5" where 5 was wanted says what its quotes did; where a word was wanted it says nothing.
  const says = typeof value === 'string' && /number|mapping|list|true or false/.test(expected);
  return says ? `the text ${formatValue(value)}` : formatValue(value);
}

function meantBoolean(value: unknown): string {
  if (typeof value !== 'string') return '';
  if (/^(yes|on|true)$/i.test(value)) return ' (write true, without quotes)';
  return /^(no|off|false)$/i.test(value) ? ' (write false, without quotes)' : '';
}

/** What a value must be, as the end of a sentence that begins "expected". */
export function describeExpected(schema: JsonSchema | undefined): string {
  if (!schema) return 'something else';
  if (schema.const !== undefined) return word(schema.const);
  if (schema.enum) return oneOf(schema.enum.map(word));
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) {
    // Constants first: "auto or a number > 0" reads better than its reverse.
    const sorted = [...branches].sort(
      (a, b) => Number(b.const !== undefined) - Number(a.const !== undefined),
    );
    return oneOf([...new Set(sorted.map(describeExpected))]);
  }
  if (Array.isArray(schema.type)) return oneOf(schema.type.map((type) => describeExpected({ type })));
  switch (schema.type) {
    case 'integer':
      return `a whole number${range(schema)}`;
    case 'number':
      return `a number${range(schema)}`;
    case 'string': {
      const most = schema.maxLength === undefined ? '' : `, of at most ${schema.maxLength} characters`;
      return `${(schema.minLength ?? 0) > 0 ? 'text that is not empty' : 'text'}${most}`;
    }
    case 'boolean':
      return 'true or false';
    case 'array':
      return schema.items ? `a list, each entry ${describeExpected(schema.items)}` : 'a list';
    case 'object': {
      const { required = [], properties = {} } = schema;
      if (required.length > 0) return `a mapping with ${required.join(', ')}`;
      const keys = Object.keys(properties);
      const few = keys.length > 0 && keys.length <= MOST_NAMED;
      return `a mapping${few ? ` with any of ${keys.join(', ')}` : ''}`;
    }
    case 'null':
      return 'nothing';
    default:
      return 'a value';
  }
}

/** What was expected of a list whose length alone is wrong. */
function wrongLength(schema: JsonSchema | undefined, value: unknown): string | null {
  if (schema?.type !== 'array' || !Array.isArray(value)) return null;
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  if (value.length >= minItems && value.length <= maxItems) return null;
  const most = Number.isFinite(maxItems);
  const one = (count: number) => `${count} ${count === 1 ? 'entry' : 'entries'}`;
  if (minItems === maxItems) return `a list of ${one(minItems)}`;
  if (!most) return `a list of at least ${one(minItems)}`;
  return `a list of ${minItems === 0 ? 'at most' : `${minItems} to`} ${one(maxItems)}`;
}

function range(schema: JsonSchema): string {
  const { exclusiveMinimum, exclusiveMaximum } = schema;
  // Whole numbers are bounded by what a double can hold exactly; that is no bound that a person set.
  const minimum = schema.minimum === Number.MIN_SAFE_INTEGER ? undefined : schema.minimum;
  const maximum = schema.maximum === Number.MAX_SAFE_INTEGER && minimum !== 0 ? undefined : schema.maximum;
  const low = exclusiveMinimum ?? minimum;
  const high = exclusiveMaximum ?? maximum;
  if (low !== undefined && high !== undefined) {
    if (schema.type === 'integer' && exclusiveMinimum === undefined && exclusiveMaximum === undefined)
      return ` in ${low}..${high}`;
    return ` in ${exclusiveMinimum === undefined ? '[' : '('}${low}, ${high}${exclusiveMaximum === undefined ? ']' : ')'}`;
  }
  if (low !== undefined) return exclusiveMinimum === undefined ? ` >= ${low}` : ` > ${low}`;
  if (high !== undefined) return exclusiveMaximum === undefined ? ` <= ${high}` : ` < ${high}`;
  return '';
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function oneOf(words: readonly string[]): string {
  if (words.length <= 1) return words[0] ?? 'nothing';
  if (words.length <= 3) return `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;
  return `one of ${words.join(', ')}`;
}

/** The schema of the place that `path` leads to, through the branches that `input` was written for. */
export function schemaAt(root: JsonSchema, path: SpecPath, input: unknown): JsonSchema | undefined {
  let found: JsonSchema | undefined = root;
  path.forEach((part, depth) => {
    const branch: JsonSchema | undefined = found && branchFor(found, valueAt(input, path.slice(0, depth)));
    found =
      typeof part === 'number' ? (branch?.prefixItems?.[part] ?? branch?.items) : branch?.properties?.[part];
  });
  return found;
}

export function valueAt(root: unknown, path: SpecPath): unknown {
  let value = root;
  for (const part of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
