/**
 * What the two XML formats share: saxes, the strict and fast parser, with its errors turned into ours; and
 * attributes.
 *
 * Namespace prefixes are cut off; elements of another namespace than the root's, and what they hold, are
 * passed over.
 * A document's own entities are not known to saxes, so that none can expand; the encoding is the decoder's
 * concern.
 */
import { SaxesParser } from 'saxes';
import { fileError, show, TopologyError } from '../errors.js';

export interface XmlHandlers {
  /** `name` without a namespace prefix. */
  open(name: string, attributes: Record<string, string>, line: number): void;
  close(name: string, line: number): void;
  text?(text: string): void;
}

export function parseXml(text: string, file: string, handlers: XmlHandlers): void {
  const parser = new SaxesParser({ fragment: false });
  parser.on('error', (error) => {
    throw malformed(error.message, file, parser.line);
  });
  // How many elements are open since the first of another namespace.
  let foreign = 0;
  let ownPrefixes: Set<string> | null = null;
  // Without the xmlns option, saxes gives attributes as plain strings.
  parser.on('opentag', (tag) => {
    const attributes = tag.attributes as Record<string, string>;
    ownPrefixes ??= prefixesOfRoot(prefixOf(tag.name), attributes);
    if (foreign > 0 || !ownPrefixes.has(prefixOf(tag.name))) foreign++;
    else handlers.open(localName(tag.name), attributes, parser.line);
  });
  parser.on('closetag', (tag) => {
    if (foreign > 0) foreign--;
    else handlers.close(localName(tag.name), parser.line);
  });
  if (handlers.text !== undefined) {
    const onText = handlers.text.bind(handlers);
    parser.on('text', onText);
    parser.on('cdata', onText);
  }
  parser.write(text).close();
}

/** saxes begins its messages with the place, and ends them like a sentence. */
function malformed(message: string, file: string, line: number): TopologyError {
  const [, at, column, problem] = /^(\d+):(\d+): ([\s\S]*?)\.?$/.exec(message) ?? ['', line, 0, message];
  const place = `${file}:${at}:${column}`;
  return new TopologyError(`${place}: ${problem}, expected well-formed XML`, {
    file,
    line: Number(at),
    column: Number(column),
  });
}

function prefixOf(name: string): string {
  return name.slice(0, Math.max(name.indexOf(':'), 0));
}

/** The prefixes that stand for the root's own namespace, '' for none. */
function prefixesOfRoot(own: string, attributes: Record<string, string>): Set<string> {
  const declared = (prefix: string) => attributes[prefix === '' ? 'xmlns' : `xmlns:${prefix}`];
  const prefixes = Object.keys(attributes).flatMap((name) => /^xmlns:?(.*)$/.exec(name)?.[1] ?? []);
  return new Set([own, ...prefixes.filter((prefix) => declared(prefix) === declared(own))]);
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** A required attribute. */
export function attributeOf(
  attributes: Record<string, string>,
  name: string,
  element: string,
  file: string,
  line: number,
): string {
  const value = attributes[name];
  if (value === undefined) throw fileError(file, line, `<${element}> has no ${name}, expected ${name}=...`);
  return value;
}

/** An attribute that is one of few words; undefined where it is missing. */
export function wordOf<T>(
  attributes: Record<string, string>,
  name: string,
  meanings: Readonly<Record<string, T>>,
  file: string,
  line: number,
): T | undefined {
  const value = attributes[name];
  if (value === undefined) return undefined;
  if (Object.hasOwn(meanings, value)) return meanings[value];
  const expected = Object.keys(meanings).join(', ');
  throw fileError(file, line, `${name} is ${show(value)}, expected one of ${expected}`);
}

/** Refuses a file whose first element is another. */
export function checkRoot(name: string, expected: string, file: string, line: number): void {
  if (name !== expected) throw fileError(file, line, `root element is ${show(name)}, expected <${expected}>`);
}

/** A second graph in the same file: joined, nodes of two networks would be one network's. */
export function refuseSecondGraph(file: string, line: number): TopologyError {
  return fileError(file, line, 'found a second <graph>, expected one graph in a file');
}
