/**
 * What the two XML formats share: saxes, the strict and fast parser, with its errors turned into ours.
 */
import { SaxesParser } from 'saxes';
import { fileError, show } from '../errors.js';

export interface XmlHandlers {
  /** `name` without a namespace prefix. */
  open(name: string, attributes: Record<string, string>, line: number): void;
  close(name: string, line: number): void;
  text?(text: string): void;
}

export function parseXml(text: string, file: string, handlers: XmlHandlers): void {
  const parser = new SaxesParser({ fragment: false });
  parser.on('error', (error) => {
    throw fileError(
      file,
      parser.line,
      `${error.message.replace(/^\d+:\d+: /, '')}, expected well-formed XML`,
    );
  });
  // Without the xmlns option, saxes gives attributes as plain strings.
  parser.on('opentag', (tag) => {
    handlers.open(localName(tag.name), tag.attributes as Record<string, string>, parser.line);
  });
  parser.on('closetag', (tag) => handlers.close(localName(tag.name), parser.line));
  if (handlers.text !== undefined) {
    const onText = handlers.text.bind(handlers);
    parser.on('text', onText);
    parser.on('cdata', onText);
  }
  parser.write(text).close();
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

/** Refuses a file whose first element is another. */
export function checkRoot(name: string, expected: string, file: string, line: number): void {
  if (name !== expected) throw fileError(file, line, `root element is ${show(name)}, expected <${expected}>`);
}
