/**
 * Text as it may leave the program. Names in files, configs and modules may hold anything: an escape sequence that clears the terminal, a mark that turns
 * the direction of writing, a character that XML forbids. On its way to a terminal, an SVG or a page each of them is written as an escape, `\u001b`.
 */

/** Control characters, halves of a pair, and formats that are not seen; the two joiners (U+200C, U+200D) are part of words and stay. */
const INVISIBLE = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/gu;
const ESCAPE = '\u001b';
const COLOUR = new RegExp(`(${ESCAPE}\\[\\d{1,2}m)`);

/** Everything but line feeds. Escapes are JSON's, so that JSON stays what it was. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** The same for what has been painted: colours stay. */
export function visiblePainted(text: string): string {
  return text
    .split(COLOUR)
    .map((part, i) => (i % 2 === 1 ? part : visible(part)))
    .join('');
}

/** A name that has to stay on its line. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', '\\n');
}

export function isVisible(text: string): boolean {
  return visibleLine(text) === text;
}
