/**
 * Numbers as people write them elsewhere, and what is written here instead: `1,5` is 1.5 in half of the world
 * and an error in YAML.
 *
 * Advice is given, never a guess taken: where two readings differ (`1,000`) both are named, and the value is
 * refused all the same.
 */

const EXPONENT = '(?:[eE][-+]?\\d+)?';
const COMMA = new RegExp(`^([-+]?\\d*),(\\d+${EXPONENT})$`);
const THOUSANDS = /^[-+]?\d{1,3}([., _'’\u00a0\u202f])\d{3}(?:\1\d{3})*$/;
const GROUPED = new RegExp(`^([-+]?\\d{1,3}(?:([., _'’\u00a0\u202f])\\d{3})+)([.,])(\\d+${EXPONENT})$`);

/**
 * What to write instead of `text`, as the end of a sentence that begins "write"; null where no number can be
 * made out.
 */
export function meantNumber(text: string): string | null {
  const bare = text.trim();
  const [, groups, group, point, decimals] = GROUPED.exec(bare) ?? [];
  if (groups && group && decimals && group !== point) return plain(groups.replaceAll(group, ''), decimals);
  const separator = THOUSANDS.exec(bare)?.[1];
  // `1.000` alone is a number like any other.
  if (separator && !Number.isFinite(Number(bare))) {
    const whole = bare.replaceAll(separator, '');
    // One group behind a comma is a thousand to some and a fraction to others; a group behind 0 is a
    // fraction.
    const once = bare.indexOf(separator) === bare.lastIndexOf(separator);
    if (separator !== ',' || !once) return String(Number(whole));
    const fraction = bare.replace(',', '.');
    return /^[-+]?0/.test(bare)
      ? String(Number(fraction))
      : `${Number(whole)}, or ${fraction} where the comma is a decimal one`;
  }
  const [, whole = '', fraction] = COMMA.exec(bare) ?? [];
  if (fraction) return plain(whole, fraction);
  const percent = /^([-+]?[\d.]+)\s*%$/.exec(bare);
  if (percent && Number.isFinite(Number(percent[1]))) return String(Number(percent[1]) / 100);
  const ratio = /^([-+]?[\d.]+)\s*\/\s*([\d.]+)$/.exec(bare);
  if (ratio && Number.isFinite(Number(ratio[1]) / Number(ratio[2])))
    return String(Number(ratio[1]) / Number(ratio[2]));
  const spaced = bare.replaceAll(/(?<=\d)_(?=\d)/g, '');
  return bare !== '' && Number.isFinite(Number(spaced))
    ? spaced === text
      ? 'it without quotes'
      : spaced
    : null;
}

function plain(whole: string, fraction: string): string {
  const sign = whole.startsWith('-') ? '-' : '';
  const digits = whole.replace(/^[-+]/, '').replace(/^0+(?=\d)/, '');
  return `${sign}${digits || '0'}.${fraction}`;
}

/**
 * ` (write 1.5)`, or nothing: the same for a number in front of a unit, `1,5 Mbit/s`. Nothing that would be
 * refused too: 1.5 where `expected` asks for a whole number.
 */
export function writeInstead(text: string, expected = ''): string {
  const meant = meantNumber(text);
  if (meant !== null) {
    const refused = /whole number/.test(expected) && Number(meant) % 1 !== 0 && !Number.isNaN(Number(meant));
    return refused ? '' : ` (write ${meant})`;
  }
  const [, number, unit] = /^(.*\d)\s*([^\s\d.,]+)$/.exec(text.trim()) ?? [];
  const inFront = number === undefined ? null : meantNumber(number);
  return inFront === null || inFront.includes(' ') || inFront === number ? '' : ` (write ${inFront} ${unit})`;
}
