/**
 * Reading a user's flow: what its module exports, checked and completed once. Everything that is wrong with a
 * declaration is said here, before anything of the run is planned.
 */

import { formatValue, InputError, type SpecPath } from '../base/errors.js';
import { didYouMean, nearest } from '../base/suggest.js';
import { describeReturned, moduleUrl, type UserModule, userModule } from '../plugin/modules.js';
import type {
  FlowModule,
  FlowNeeds,
  GainDeclaration,
  MessageDeclaration,
  MessageForm,
} from './custom-types.js';
import type { FlowSpec } from './types.js';

/** A message, completed. `length` null: the entries of x. */
export interface Message {
  name: string;
  form: MessageForm;
  length: number | null;
  gain: number | string;
  each: boolean;
}

/** A vector of the state, completed. */
export interface StateVector {
  name: string;
  length: number | null;
}

/** A flow's module as the engine reads it. */
export interface Declaration {
  module: UserModule;
  functions: Pick<FlowModule, 'begin' | 'send' | 'step'>;
  /** x first. */
  state: readonly StateVector[];
  messages: readonly Message[];
  gains: Readonly<Record<string, GainDeclaration>>;
  /** Texts and truth values with their defaults. */
  options: Readonly<Record<string, string | boolean>>;
  needs: Required<FlowNeeds>;
  problem: 'cost' | 'average';
  biased: boolean;
}

/** Exports that the engine reads. */
const EXPORTS = ['state', 'messages', 'parameters', 'needs', 'problem', 'biased', 'begin', 'send', 'step'];
const FORMS = ['raw', 'compressed', 'difference'];
/** Names of an agent's other properties, which no vector can have. */
export const AGENT_WORDS = [
  'agent',
  'agents',
  'round',
  'rounds',
  'dim',
  'degree',
  'outNeighbours',
  'parameters',
  'heard',
  'out',
  'random',
  'gradient',
  'fullGradient',
  'value',
  'prox',
];
/** Keys of `flow` that are the engine's. */
const OWN_KEYS = ['kind', 'module', 'batch', 'tuning'];
const NAME = /^[A-Za-z][A-Za-z0-9]*$/;
const MOST_MESSAGES = 16;
const MOST_ENTRIES = 2 ** 28;

const known = new WeakMap<UserModule, Declaration>();

/** An error about a module, with its place in the config. */
export function refuseFlow(module: UserModule, what: string, cause?: unknown): InputError {
  return new InputError(`${module.file}: ${what}`, { path: ['flow', 'module'] }, { cause });
}

/** What a loaded module declares. */
export function declarationOf(spec: { [parameter: string]: unknown }): Declaration {
  const module = userModule(moduleUrl(spec['module'] as string));
  let declaration = known.get(module);
  if (declaration === undefined) {
    declaration = read(module);
    known.set(module, declaration);
  }
  return declaration;
}

/** A config's flow with the defaults of its module, and without what the module does not know. */
export function completeFlow(spec: FlowSpec): FlowSpec {
  const { module, gains, options } = declarationOf(spec);
  const names = [...Object.keys(gains), ...Object.keys(options)];
  for (const key of Object.keys(spec)) {
    if (OWN_KEYS.includes(key) || names.includes(key)) continue;
    const list = names.length === 0 ? 'none' : names.join(', ');
    throw new InputError(
      `flow.${key} is no parameter of ${module.file} (it has ${list})${didYouMean(key, names)}`,
      { path: ['flow', key] },
    );
  }
  const complete: FlowSpec = { tuning: 'pilot', batch: 'all', ...spec };
  const given = (name: string) => (Object.hasOwn(spec, name) ? spec[name] : undefined);
  for (const [name, gain] of Object.entries(gains)) complete[name] = gainOf(name, gain, given(name), module);
  for (const [name, usual] of Object.entries(options)) {
    const value = given(name) ?? usual;
    if (typeof value !== typeof usual) {
      const expected = `a ${typeof usual === 'string' ? 'text' : 'truth value'}, such as ${formatValue(usual)}`;
      throw wrong(['flow', name], value, expected);
    }
    complete[name] = value;
  }
  return complete;
}

function gainOf(name: string, gain: GainDeclaration, given: unknown, module: UserModule): number | 'auto' {
  const { min = -Infinity, max = Infinity, auto } = gain;
  const value = given ?? gain.default ?? (auto && 'auto');
  if (value === 'auto' && auto !== undefined) return 'auto';
  if (typeof value === 'number' && value >= min && value <= max && Number.isFinite(value)) return value;
  const range =
    min > -Infinity && max < Infinity
      ? `a number in ${min}..${max}`
      : min > -Infinity
        ? `a number >= ${min}`
        : max < Infinity
          ? `a number <= ${max}`
          : 'a number';
  const rule = value === 'auto' ? ` (${module.file} has no auto rule for it)` : auto ? ', or auto' : '';
  throw wrong(['flow', name], value, range + rule);
}

function wrong(path: SpecPath, value: unknown, expected: string): InputError {
  return new InputError(`${path.join('.')} is ${formatValue(value)}, expected ${expected}`, { path });
}

function read(module: UserModule): Declaration {
  const refuse = (what: string) => refuseFlow(module, what);
  const exported = exportsOf(module);
  const {
    state,
    messages,
    parameters,
    needs,
    problem = 'cost',
    biased = false,
    begin,
    send,
    step,
  } = exported;
  if (typeof step !== 'function') {
    const near = Object.keys(exported).find((name) => didYouMean(name, ['step']) !== '');
    const found = near === undefined || near === 'step' ? '' : ` (it has ${near})`;
    throw refuse(`exports no function step${found}, expected step(me), one round of an agent`);
  }
  for (const [name, value] of Object.entries({ begin, send })) {
    if (value === undefined || typeof value === 'function') continue;
    throw refuse(`exports a ${name} that is ${describeReturned(value)}, expected a function or none`);
  }
  const missing = EXPORTS.filter((name) => exported[name] === undefined);
  for (const name of Object.keys(exported)) {
    const near = EXPORTS.includes(name) ? null : nearest(name, missing);
    if (near !== null) throw refuse(`exports ${name}, which nobody reads; did you mean ${near}?`);
  }
  if (problem !== 'cost' && problem !== 'average') {
    throw refuse(`problem is ${formatValue(problem)}, expected cost or average`);
  }
  if (typeof biased !== 'boolean') throw refuse(`biased is ${formatValue(biased)}, expected true or false`);
  const vectors = readState(state, refuse);
  const { gains, options } = readParameters(parameters, refuse);
  return {
    module,
    functions: exported as unknown as FlowModule,
    state: vectors,
    messages: readMessages(messages, vectors, Object.keys(gains), typeof send === 'function', refuse),
    gains,
    options,
    needs: readNeeds(needs, refuse),
    problem,
    biased,
  };
}

/** Named exports, or those of a default export that is an object. */
function exportsOf({ exports }: UserModule): Readonly<Record<string, unknown>> {
  const whole = exports['default'];
  if (whole === undefined || whole === null || typeof whole !== 'object') return exports;
  const named = EXPORTS.some((name) => exports[name] !== undefined);
  return named ? exports : (whole as Readonly<Record<string, unknown>>);
}

type Refuse = (what: string) => Error;

function readState(given: unknown, refuse: Refuse): StateVector[] {
  const entries: [string, unknown][] = Array.isArray(given)
    ? given.map((name) => [String(name), 'dim'])
    : Object.entries(mapping(given, 'state', "['v'] or { v: 'dim', weight: 1 }", refuse));
  const found: StateVector[] = [{ name: 'x', length: null }];
  for (const [name, length] of entries) {
    if (name === 'x') throw refuse('state has x, expected the vectors beside x: every agent has that');
    if (!NAME.test(name))
      throw refuse(`state has ${formatValue(name)}, expected names of letters and digits`);
    if (AGENT_WORDS.includes(name)) {
      throw refuse(`state has ${name}, expected another name: an agent has something else of that name`);
    }
    if (found.some((other) => other.name === name)) throw refuse(`state has ${name} twice`);
    found.push({ name, length: lengthOf(length, `state.${name}`, refuse) });
  }
  return found;
}

function readMessages(
  given: unknown,
  state: readonly StateVector[],
  gains: readonly string[],
  sends: boolean,
  refuse: Refuse,
): Message[] {
  const entries = Object.entries(mapping(given ?? null, 'messages', "{ x: 'raw' }", refuse));
  if (entries.length === 0 || entries.length > MOST_MESSAGES) {
    throw refuse(
      `messages has ${entries.length} messages, expected 1..${MOST_MESSAGES}, such as { x: 'raw' }`,
    );
  }
  return entries.map(([name, declared]) => {
    const at = `messages.${name}`;
    if (!NAME.test(name)) throw refuse(`messages has ${formatValue(name)}, expected letters and digits`);
    const message = (typeof declared === 'string' ? { form: declared } : declared) as MessageDeclaration;
    mapping(message, at, `one of ${FORMS.join(', ')}, or { form: 'raw', length: 1 }`, refuse);
    unknownKey(message, ['form', 'length', 'gain', 'each'], at, refuse);
    const { form, length, gain = 1, each = false } = message;
    if (!FORMS.includes(form)) {
      const hint = didYouMean(String(form), FORMS);
      throw refuse(`${at} is ${formatValue(form)}, expected one of ${FORMS.join(', ')}${hint}`);
    }
    if (typeof each !== 'boolean') throw refuse(`${at}.each is ${formatValue(each)}, expected true or false`);
    const isGain = typeof gain === 'number' ? gain > 0 && gain <= 1 : gains.includes(gain);
    if (!isGain) {
      const list = gains.length === 0 ? '' : ` or one of ${gains.join(', ')}`;
      throw refuse(`${at}.gain is ${formatValue(gain)}, expected a number in (0, 1]${list}`);
    }
    if (message.gain !== undefined && form !== 'difference') {
      throw refuse(`${at} has a gain, expected that of the form difference alone: ${form} keeps no estimate`);
    }
    const own = state.find((vector) => vector.name === name);
    if (own === undefined && !sends) {
      const names = state.map((vector) => vector.name).join(', ');
      const hint = didYouMean(name, names.split(', '));
      throw refuse(
        `${at} is no state vector (${names}) and there is no function send to fill it, expected one of the two${hint}`,
      );
    }
    const entries = length === undefined && own ? own.length : lengthOf(length ?? 'dim', at, refuse);
    if (own !== undefined && own.length !== entries) {
      throw refuse(`${at} has length ${length}, expected that of the state vector ${name}`);
    }
    return { name, form, length: entries, gain, each };
  });
}

function readParameters(given: unknown, refuse: Refuse): Pick<Declaration, 'gains' | 'options'> {
  const gains: Record<string, GainDeclaration> = {};
  const options: Record<string, string | boolean> = {};
  for (const [name, declared] of Object.entries(mapping(given, 'parameters', '{ step: 0.1 }', refuse))) {
    const at = `parameters.${name}`;
    if (!NAME.test(name)) throw refuse(`parameters has ${formatValue(name)}, expected letters and digits`);
    if (OWN_KEYS.includes(name))
      throw refuse(`parameters has ${name}, expected another name: it is the engine's`);
    if (typeof declared === 'string' || typeof declared === 'boolean') {
      options[name] = declared;
      continue;
    }
    const gain: GainDeclaration =
      typeof declared === 'number'
        ? { default: declared }
        : (mapping(declared ?? null, at, 'a number, or { default: 0.1, min: 0 }', refuse) as GainDeclaration);
    unknownKey(gain, ['default', 'auto', 'min', 'max'], at, refuse);
    if (gain.auto !== undefined && typeof gain.auto !== 'function') {
      throw refuse(`${at}.auto is ${formatValue(gain.auto)}, expected a function such as ({ l }) => 1 / l`);
    }
    for (const key of ['min', 'max'] as const) {
      const bound = gain[key];
      if (bound !== undefined && (typeof bound !== 'number' || Number.isNaN(bound))) {
        throw refuse(`${at}.${key} is ${formatValue(bound)}, expected a number`);
      }
    }
    if (gain.default === 'auto' && gain.auto === undefined) {
      throw refuse(`${at}.default is "auto", expected a number, or a rule beside it: auto: ({ l }) => 1 / l`);
    }
    gains[name] = gain;
  }
  return { gains, options };
}

const NEEDS = {
  graph: ['undirected', 'balanced', 'directed'],
  changingLinks: [false, true],
  outNeighbours: [false, true],
  cost: ['any', 'convex', 'strongly-convex'],
} as const;

function readNeeds(given: unknown, refuse: Refuse): Required<FlowNeeds> {
  const needs = mapping(given, 'needs', "{ graph: 'directed' }", refuse);
  unknownKey(needs, Object.keys(NEEDS), 'needs', refuse);
  for (const [key, allowed] of Object.entries(NEEDS)) {
    const value = needs[key];
    if (value === undefined || (allowed as readonly unknown[]).includes(value)) continue;
    throw refuse(`needs.${key} is ${formatValue(value)}, expected one of ${allowed.join(', ')}`);
  }
  return { graph: 'undirected', changingLinks: false, outNeighbours: false, cost: 'any', ...needs };
}

function mapping(given: unknown, at: string, example: string, refuse: Refuse): Record<string, unknown> {
  if (given === undefined) return {};
  if (given !== null && typeof given === 'object' && !Array.isArray(given)) {
    return given as Record<string, unknown>;
  }
  const found = given === null ? 'missing' : formatValue(given);
  throw refuse(`${at} is ${found}, expected ${example}`);
}

function unknownKey(given: object, allowed: readonly string[], at: string, refuse: Refuse): void {
  const key = Object.keys(given).find((name) => !allowed.includes(name));
  if (key === undefined) return;
  throw refuse(`${at}.${key} is unknown, expected ${allowed.join(', ')}${didYouMean(key, allowed)}`);
}

function lengthOf(given: unknown, at: string, refuse: Refuse): number | null {
  if (given === 'dim') return null;
  if (Number.isInteger(given) && (given as number) >= 1 && (given as number) <= MOST_ENTRIES) {
    return given as number;
  }
  throw refuse(`${at} has length ${formatValue(given)}, expected dim or a whole number in 1..2^28`);
}
