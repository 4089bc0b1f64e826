/**
 * A form built from a JSON Schema (draft 2020-12, as `sottovoce schema` prints it): objects become groups,
 * kinds a choice whose parameters follow it, numbers, texts and switches fields with their defaults and
 * ranges. What no field is made for (lists, for one) is written as JSON.
 *
 * A field that is left empty is left out of the value, so that its default holds. Errors stand beside their
 * field, and say in which group it is.
 */

import { h } from '../shared/dom.js';

export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  title?: string;
  description?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  items?: JsonSchema;
  additionalProperties?: boolean | JsonSchema;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

type Path = readonly (string | number)[];

export interface Field {
  element: HTMLElement;
  /** undefined: left out. */
  get(): unknown;
  set(value: unknown): void;
  /** Shows an error at what the path names, below this field. */
  fail(path: Path, message: string): void;
  /** What is wrong already, without asking anybody. */
  check(path: Path): FieldError[];
  clear(): void;
}

export interface FieldError {
  path: Path;
  message: string;
}

/** What is shown of a config first; the rest stands behind "More". */
const FIRST = ['topology', 'cost', 'flow', 'compressor', 'rounds', 'stop', 'seed'];
const LEFT_OUT = ['$schema', 'modules', 'checkpoint', 'timeout'];
/** What a user's own module is handed beside its name, by name. */
const OWN = {
  type: 'object',
  description: 'what your module is handed beside its name, as JSON: {"rate": 0.3}',
};

export class ConfigForm {
  readonly element: HTMLElement;
  private readonly fields = new Map<string, Field>();
  private readonly general: HTMLElement;
  private readonly noFields = h('p', { className: 'help', hidden: true });
  /** What no field is made for goes on as it was written. */
  private kept: Record<string, unknown> = {};

  constructor(schema: JsonSchema, onChange: () => void) {
    const context: Context = { root: schema, onChange, depth: 0 };
    this.general = h('p', { className: 'error', hidden: true, attrs: { role: 'alert' } });
    const names = Object.keys(schema.properties ?? {}).filter((name) => !LEFT_OUT.includes(name));
    const field = (name: string) => {
      const inner = schema.properties?.[name] ?? {};
      const made = fieldOf(inner, name, name === 'cost', context);
      this.fields.set(name, made);
      return made.element;
    };
    this.element = h(
      'div',
      { className: 'form' },
      this.general,
      ...FIRST.filter((name) => names.includes(name)).map(field),
      h(
        'details',
        { className: 'more' },
        h(
          'summary',
          {},
          'More: name, weights, links, layout, program, precision, workers, trace, network, init',
        ),
        ...names.filter((name) => !FIRST.includes(name)).map(field),
      ),
      this.noFields,
    );
    this.element.addEventListener('input', onChange);
    this.element.addEventListener('change', onChange);
  }

  get(): Record<string, unknown> {
    const entries = [...this.fields].map(([name, field]) => [name, field.get()] as const);
    const given = entries.filter(([, value]) => value !== undefined && !isEmpty(value));
    return { ...Object.fromEntries(given), ...this.kept };
  }

  set(config: Record<string, unknown>): void {
    for (const [name, field] of this.fields) field.set(config[name]);
    this.kept = without(config, this.fields);
    const names = Object.keys(this.kept);
    this.noFields.hidden = names.length === 0;
    this.noFields.textContent = `As written, without a field here: ${names.join(', ')}.`;
  }

  /** Errors beside their fields, and the first one in view; those of no field stand above all. */
  show(errors: readonly FieldError[]): void {
    for (const field of this.fields.values()) field.clear();
    this.general.hidden = true;
    this.general.replaceChildren();
    for (const { path, message } of errors) {
      const field = this.fields.get(String(path[0] ?? ''));
      if (field !== undefined) field.fail(path.slice(1), message);
      else {
        this.general.hidden = false;
        this.general.append(h('span', {}, `${path.length > 0 ? `${path.join('.')}: ` : ''}${message} `));
      }
    }
    for (const details of this.element.querySelectorAll('details')) {
      if (details.querySelector('[aria-invalid="true"], .error:not([hidden])') !== null) details.open = true;
    }
  }

  /** What fields know for themselves: a number that is none, one out of its range, one that is missing. */
  check(): FieldError[] {
    return [...this.fields].flatMap(([name, field]) => field.check([name]));
  }
}

/** One field of the schema alone, for what is changed while a run stands still. */
export function fieldOfSchema(root: JsonSchema, schema: JsonSchema, name: string): Field {
  return fieldOf(schema, name, false, { root, onChange: () => {}, depth: 0 });
}

function without(value: object, fields: ReadonlyMap<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !fields.has(name)));
}

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isEmpty = (value: unknown) => isTable(value) && Object.keys(value).length === 0;

interface Context {
  root: JsonSchema;
  onChange: () => void;
  depth: number;
}

let made = 0;

function resolve(schema: JsonSchema, { root }: Context): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.replace('#/$defs/', '');
  return {
    ...root.$defs?.[name],
    ...(schema.description === undefined ? {} : { description: schema.description }),
  };
}

function fieldOf(given: JsonSchema, name: string, required: boolean, context: Context): Field {
  const schema = resolve(given, context);
  const choices = schema.oneOf ?? schema.anyOf;
  if (schema.properties !== undefined) return groupField(schema, name, required, context);
  if (choices !== undefined) {
    const resolved = choicesOf(schema, context);
    if (resolved.some((choice) => choice.properties !== undefined))
      return kindField(schema, resolved, name, required, context);
    return textField(schema, resolved, name, required);
  }
  return textField(schema, [schema], name, required);
}

/** All that it may be; where one of them is a choice itself, what that may be. */
function choicesOf(schema: JsonSchema, context: Context): JsonSchema[] {
  const choices = schema.properties === undefined ? (schema.oneOf ?? schema.anyOf) : undefined;
  if (choices === undefined) return [schema];
  const all = choices.flatMap((choice) => choicesOf(resolve(choice, context), context));
  // A word that stands for a kind without parameters is that kind.
  const kinds = all.flatMap(kindsOf);
  return all.filter((choice) => choice.const === undefined || !kinds.includes(choice.const));
}

/** The kind that it is; where it may be of several, none: then `kind` is a field as others are. */
const kindOf = (choice: JsonSchema): unknown => choice.properties?.['kind']?.const;

const kindsOf = ({ properties }: JsonSchema): unknown[] =>
  properties?.['kind'] === undefined ? [] : fixedOf(properties['kind']);

/** An object whose entries are fields. */
function groupField(schema: JsonSchema, name: string, required: boolean, context: Context): Field {
  const entries = entriesOf(schema, context);
  const legend = h('legend', {}, name, required ? '' : h('span', { className: 'soft' }, ' (optional)'));
  const element = h('fieldset', {}, legend, help(schema), ...entries.map(([, field]) => field.element));
  const error = errorLine();
  element.append(error);
  return grouped(element, entries, error, () => true, null);
}

function entriesOf(schema: JsonSchema, context: Context): [string, Field][] {
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => name !== 'kind' || kindOf(schema) === undefined)
    .map(([name, inner]) => [
      name,
      fieldOf(inner, name, schema.required?.includes(name) ?? false, {
        ...context,
        depth: context.depth + 1,
      }),
    ]);
}

/** `own`: the field of what stands beside the entries; null: nothing should. */
function grouped(
  element: HTMLElement,
  entries: [string, Field][],
  error: HTMLElement,
  mayBeLeftOut: () => boolean,
  own: Field | null,
): Field {
  const known = new Map<string, Field | null>([...entries, ['kind', null]]);
  /** What should not be there is kept, for whoever checks it to say what is wrong. */
  let kept: Record<string, unknown> = {};
  return {
    element,
    get() {
      const values = entries.map(([name, field]) => [name, field.get()] as const);
      const given = values.filter(([, value]) => value !== undefined);
      const whole = {
        ...Object.fromEntries(given),
        ...(own === null ? kept : (own.get() as object | undefined)),
      };
      return Object.keys(whole).length === 0 && mayBeLeftOut() ? undefined : whole;
    },
    set(value) {
      const held = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
      for (const [name, field] of entries) field.set(held[name]);
      kept = without(held, known);
      own?.set(Object.keys(kept).length === 0 ? undefined : kept);
    },
    fail(path, message) {
      const found = entries.find(([name]) => name === String(path[0] ?? ''));
      if (found !== undefined) found[1].fail(path.slice(1), message);
      else say(error, path.length > 0 ? `${path.join('.')}: ${message}` : message);
    },
    // What is left out whole asks for nothing.
    check(path) {
      const empty = mayBeLeftOut() && entries.every(([, field]) => field.get() === undefined);
      return empty ? [] : entries.flatMap(([name, field]) => field.check([...path, name]));
    },
    clear() {
      say(error, '');
      for (const [, field] of entries) field.clear();
    },
  };
}

/** One of several objects, told apart by their `kind` (or by what they hold: a file, edges). */
function kindField(
  schema: JsonSchema,
  choices: JsonSchema[],
  name: string,
  required: boolean,
  context: Context,
): Field {
  const id = `field-${++made}`;
  const options = choices.map((choice, at) => ({ choice, name: nameOf(choice), at }));
  const select = h('select', { id });
  const noneText =
    schema.default !== undefined ? `default: ${text(schema.default)}` : required ? 'choose one' : 'none';
  select.append(h('option', { value: '' }, noneText));
  for (const { name: kind, at } of options) select.append(h('option', { value: String(at) }, kind));
  const about = h('p', { className: 'help', id: `${id}-help` });
  select.setAttribute('aria-describedby', `${id}-help ${id}-error`);
  const error = errorLine(`${id}-error`);
  const inside = h('div', { className: 'parameters' });
  let shown: { at: number; field: Field } | null = null;
  /** What none of the choices is: kept as it was written, for whoever checks it to say what is wrong. */
  let kept: unknown;
  const asWritten = h('option', { value: '' }, 'as written');

  const show = (at: number | null) => {
    const option = at === null ? undefined : options[at];
    about.textContent = option?.choice.description ?? schema.description ?? '';
    inside.replaceChildren();
    shown = null;
    if (option === undefined) return;
    const { choice } = option;
    if (choice.const !== undefined) {
      shown = { at: option.at, field: constant(choice.const) };
    } else if (choice.properties === undefined) {
      const field = textField(choice, [choice], option.name, true);
      shown = { at: option.at, field };
    } else {
      const entries = entriesOf(choice, context);
      const open = kindOf(choice) !== undefined && typeof choice.additionalProperties === 'object';
      const own = open ? textField(OWN, [OWN], 'its own parameters', false) : null;
      const box = h('div', {}, ...entries.map(([, field]) => field.element), own?.element);
      shown = { at: option.at, field: grouped(box, entries, error, () => false, own) };
    }
    inside.append(shown.field.element);
  };
  select.addEventListener('change', () => {
    keep(undefined);
    show(select.value === '' ? null : Number(select.value));
  });
  show(null);

  function keep(value: unknown) {
    kept = value;
    if (value === undefined) return asWritten.remove();
    asWritten.textContent = `as written: ${text(value)}`;
    select.prepend(asWritten);
    asWritten.selected = true;
  }

  const element = h(
    'fieldset',
    { className: 'kind' },
    h(
      'legend',
      {},
      name,
      required || context.depth === 0 ? '' : h('span', { className: 'soft' }, ' (optional)'),
    ),
    h('label', { htmlFor: id, className: 'visually-hidden' }, `kind of ${name}`),
    select,
    about,
    inside,
    error,
  );
  return {
    element,
    get() {
      if (shown === null) return kept;
      const value = shown.field.get();
      const kind = kindOf(options[shown.at]?.choice ?? {});
      return kind === undefined ? value : { kind, ...(value as object | undefined) };
    },
    set(value) {
      const given = value !== undefined && value !== null;
      const at = given ? options.findIndex(({ choice }) => fits(choice, value)) : -1;
      keep(given && at < 0 ? value : undefined);
      if (kept === undefined) select.value = at < 0 ? '' : String(at);
      show(at < 0 ? null : at);
      if (at >= 0) shown?.field.set(value);
    },
    fail(path, message) {
      if (path.length > 0 && path[0] !== 'kind' && shown !== null) shown.field.fail(path, message);
      else {
        select.setAttribute('aria-invalid', 'true');
        say(error, message);
      }
    },
    check: (path) => {
      if (shown !== null) return shown.field.check(path);
      return required && kept === undefined ? [{ path, message: 'choose one' }] : [];
    },
    clear() {
      select.removeAttribute('aria-invalid');
      say(error, '');
      shown?.field.clear();
    },
  };
}

/** What is chosen by its name alone. */
function constant(value: unknown): Field {
  const element = h('span', { hidden: true });
  return { element, get: () => value, set() {}, fail() {}, check: () => [], clear() {} };
}

function fits(choice: JsonSchema, value: unknown): boolean {
  const kinds = kindsOf(choice);
  if (kinds.length > 0 && kinds.includes(isTable(value) ? value['kind'] : value)) return true;
  const fixed = fixedOf(choice);
  if (fixed.length > 0) return fixed.includes(value);
  if (choice.properties !== undefined)
    return isTable(value) && kinds.length === 0 && (choice.required ?? []).every((name) => name in value);
  switch (choice.type) {
    case 'number':
    case 'integer':
      return typeof value === 'number';
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isTable(value);
    default:
      return choice.type === undefined || typeof value === choice.type;
  }
}

function nameOf(choice: JsonSchema): string {
  if (choice.title !== undefined) return choice.title;
  const kinds = kindsOf(choice);
  if (kinds.length > 0) return kinds.join(', ');
  if (choice.const !== undefined) return String(choice.const);
  const [first] = choice.required ?? Object.keys(choice.properties ?? {});
  if (first !== undefined) return `from ${first === 'edges' ? 'a list of edges' : `a ${first}`}`;
  return choice.type === undefined ? 'other' : `a ${choice.type}`;
}

/** What alone it may be, if it is a list of values. */
function fixedOf(form: JsonSchema): unknown[] {
  if (form.enum !== undefined) return form.enum;
  if ('const' in form) return [form.const];
  if (form.type === 'boolean') return [true, false];
  return form.type === 'null' ? [null] : [];
}

/** A number, a text, a switch, one of a list: one field. `forms`: what it may be. */
function textField(schema: JsonSchema, forms: JsonSchema[], name: string, required: boolean): Field {
  const id = `field-${++made}`;
  const fixed = forms.flatMap(fixedOf);
  const onlyFixed = forms.every((form) => fixedOf(form).length > 0);
  const isSwitch = forms.length === 1 && forms[0]?.type === 'boolean';
  const numbers = forms.filter((form) => form.type === 'number' || form.type === 'integer');
  const texts = forms.some((form) => form.type === 'string' && form.enum === undefined && !('const' in form));
  const complex = forms.some(
    (form) =>
      form.type === 'array' ||
      form.type === 'object' ||
      Array.isArray(form.type) ||
      (form.anyOf ?? form.oneOf) !== undefined,
  );
  const error = errorLine(`${id}-error`);
  const standard = schema.default === undefined || isEmpty(schema.default) ? undefined : schema.default;
  const placeholder =
    standard !== undefined
      ? text(standard)
      : required
        ? ''
        : fixed.length > 0 && !onlyFixed
          ? fixed.join(' or ')
          : '';
  let input: HTMLInputElement | HTMLSelectElement;
  let get: () => unknown;
  let set: (value: unknown) => void;
  if (onlyFixed) {
    const select = h(
      'select',
      { id },
      h(
        'option',
        { value: '' },
        standard !== undefined ? `default: ${text(standard)}` : required ? 'choose one' : 'default',
      ),
      ...fixed.map((value, at) =>
        h('option', { value: String(at) }, isSwitch ? (value ? 'yes' : 'no') : String(value)),
      ),
    );
    input = select;
    get = () => (select.value === '' ? undefined : fixed[Number(select.value)]);
    set = (value) => {
      const at = fixed.indexOf(value);
      select.value = at < 0 ? '' : String(at);
    };
  } else {
    const box = h('input', { id, type: 'text', placeholder, spellcheck: false, autocomplete: 'off' });
    if (numbers.length > 0 && !texts && !complex) box.inputMode = 'decimal';
    input = box;
    get = () => parse(box.value, { fixed, numbers: numbers.length > 0, texts, complex });
    set = (value) => {
      box.value = value === undefined || value === null ? '' : text(value);
    };
  }
  const about = schema.description ?? (forms.length === 1 ? forms[0]?.description : undefined);
  const range = numbers.length > 0 ? rangeOf(numbers[0] as JsonSchema) : '';
  const helpText = [about, range].filter((part) => part !== undefined && part !== '').join('; ');
  input.setAttribute('aria-describedby', `${id}-help ${id}-error`);
  if (required) input.required = true;
  const element = h(
    'div',
    { className: 'field' },
    h('label', { htmlFor: id }, name, required ? h('span', { className: 'soft' }, ' (needed)') : ''),
    input,
    h('p', { className: 'help', id: `${id}-help` }, helpText),
    error,
  );
  const check = (path: Path): FieldError[] => {
    const value = get();
    if (value === undefined)
      return required && standard === undefined ? [{ path, message: 'is needed' }] : [];
    if (onlyFixed || fixed.includes(value as never)) return [];
    if (typeof value === 'number' && numbers.length > 0) {
      const why = numbers.map((form) => outside(value, form)).filter((message) => message !== null);
      return why.length === numbers.length ? [{ path, message: why[0] as string }] : [];
    }
    if (typeof value === 'string' && !texts && !complex) {
      return [
        {
          path,
          message: `${JSON.stringify(value)} is no number${fixed.length > 0 ? `, and not ${fixed.join(' or ')}` : ''}`,
        },
      ];
    }
    return [];
  };
  // While one writes, and not when the field is left: a button must not move away from under a click.
  input.addEventListener('input', () => mark(input, error, ''));
  input.addEventListener('change', () => {
    const [problem] = check([]);
    mark(input, error, problem === undefined || problem.message === 'is needed' ? '' : problem.message);
  });
  return {
    element,
    get,
    set,
    fail: (path, message) => mark(input, error, path.length > 0 ? `${path.join('.')}: ${message}` : message),
    check,
    clear: () => mark(input, error, ''),
  };
}

function parse(
  given: string,
  {
    fixed,
    numbers,
    texts,
    complex,
  }: { fixed: unknown[]; numbers: boolean; texts: boolean; complex: boolean },
): unknown {
  const trimmed = given.trim();
  if (trimmed === '') return undefined;
  const same = fixed.find((value) => String(value) === trimmed);
  if (same !== undefined) return same;
  if (numbers && !Number.isNaN(Number(trimmed))) return Number(trimmed);
  if (complex || (!numbers && !texts)) {
    try {
      return JSON.parse(trimmed);
    } catch {
      return trimmed;
    }
  }
  return trimmed;
}

function rangeOf({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const low =
    exclusiveMinimum !== undefined
      ? `more than ${exclusiveMinimum}`
      : minimum !== undefined
        ? `from ${minimum}`
        : '';
  const ends =
    maximum !== undefined && maximum < 2 ** 52
      ? `to ${maximum}`
      : exclusiveMaximum !== undefined
        ? `less than ${exclusiveMaximum}`
        : '';
  const range = [low, ends].filter((part) => part !== '').join(' ');
  return [type === 'integer' ? 'whole number' : '', range].filter((part) => part !== '').join(' ');
}

function outside(value: number, form: JsonSchema): string | null {
  const { type, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = form;
  const wrong =
    (type === 'integer' && !Number.isInteger(value)) ||
    (minimum !== undefined && value < minimum) ||
    (maximum !== undefined && value > maximum) ||
    (exclusiveMinimum !== undefined && value <= exclusiveMinimum) ||
    (exclusiveMaximum !== undefined && value >= exclusiveMaximum);
  return wrong ? `is ${value}, expected: ${rangeOf(form)}` : null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function help({ description }: JsonSchema): HTMLElement | null {
  return description === undefined ? null : h('p', { className: 'help' }, description);
}

function errorLine(id?: string): HTMLElement {
  return h('p', { className: 'error', hidden: true, ...(id === undefined ? {} : { id }) });
}

function say(error: HTMLElement, message: string): void {
  error.textContent = message;
  error.hidden = message === '';
}

function mark(input: HTMLElement, error: HTMLElement, message: string): void {
  if (message === '') input.removeAttribute('aria-invalid');
  else input.setAttribute('aria-invalid', 'true');
  say(error, message);
}
