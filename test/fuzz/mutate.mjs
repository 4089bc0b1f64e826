/**
 * One harmful file made of a sound one: bits and blocks, numbers, tokens and lines, nesting, encodings, very
 * long lines, the head of one file before the tail of another. Up to four changes, one behind the other.
 */
import { gzipSync } from 'node:zlib';

/** No mutation makes a file larger than this: the bounds on time hold for small files. */
const MOST_BYTES = 400_000;

const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1',
  '2',
  '7',
  '62',
  '63',
  '64',
  '127',
  '128',
  '255',
  '256',
  '65535',
  '65536',
  '100000',
  '20000000',
  '1000000000',
  '2147483647',
  '2147483648',
  '-2147483648',
  '4000000000',
  '4294967294',
  '4294967295',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '99999999999999999999',
  '1e9',
  '1e308',
  '1e309',
  '1e999',
  '-1e308',
  '5e-324',
  '0.1',
  '.5',
  '5.',
  '-.5e-5',
  'NaN',
  'nan',
  'inf',
  'Infinity',
  '-Infinity',
  '0x10',
  '010',
  '1_000',
  '1,000',
  '0,5',
  '--1',
  '+3',
];
const WORDS32 = [0, 1, 2, 14, 15, 127, 128, 255, 65535, 65536, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const OPENERS = [
  '[',
  '{',
  '(',
  '<a>',
  '? ',
  '- ',
  'a(',
  'a [ ',
  '"',
  "'",
  '{"a":',
  '[[',
  '- - ',
  '!!seq ',
  '&a [',
  '<graph>',
  '<node id="a">',
  '\\"',
  '((',
  '~',
  ':',
  '{[',
  'a: ',
];
const LETTERS = [
  '\n',
  '\r',
  '\r\n',
  ' ',
  '\t',
  ',',
  ';',
  '|',
  ':',
  '#',
  '%',
  '*',
  '&',
  '"',
  "'",
  '<',
  '>',
  '=',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '.',
  '-',
  '+',
  '~',
  '\\',
  '/',
  '\0',
  'é',
  '\u2028',
  '\ufeff',
  '😀',
  '?',
  '!',
  '@',
  '`',
  '$',
  'e',
  '1',
  '0',
  'a',
];

const latin = (text) => Buffer.from(text, 'utf8');

/** A part [begin, end) of the bytes, seldom long. */
function part(bytes, random) {
  const begin = random.below(bytes.length + 1);
  const length = Math.min(bytes.length - begin, random.size(1, Math.max(2, bytes.length)));
  return [begin, begin + length];
}

const replaced = (bytes, begin, end, ...middle) =>
  Buffer.concat([bytes.subarray(0, begin), ...middle, bytes.subarray(end)]);

/** Where the matches of a pattern stand, in text taken byte by byte. */
function spans(bytes, pattern) {
  const found = [];
  for (const match of bytes.toString('latin1').matchAll(pattern)) {
    found.push([match.index, match.index + match[0].length]);
    if (found.length === 4096) break;
  }
  return found;
}

const TOKEN = /[\w.+-]+|[^\s\w]/g;
const LINE = /[^\n]*\n|[^\n]+$/g;

/** Each takes bytes, random numbers and other files of the kind; gives new bytes. */
const MUTATIONS = {
  flipBits(bytes, random) {
    const copy = Buffer.from(bytes);
    for (let n = random.size(1, 8); n > 0 && copy.length > 0; n--)
      copy[random.below(copy.length)] ^= 1 << random.below(8);
    return copy;
  },
  setByte(bytes, random) {
    const at = random.below(bytes.length + 1);
    return replaced(bytes, at, at + random.below(2), latin(random.pick(LETTERS)));
  },
  truncate: (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  behead: (bytes, random) => bytes.subarray(random.size(1, 64)),
  remove(bytes, random) {
    const [begin, end] = part(bytes, random);
    return replaced(bytes, begin, end);
  },
  repeatBlock(bytes, random) {
    const [begin, end] = part(bytes, random);
    const most = Math.max(1, Math.floor(20_000 / Math.max(1, end - begin)));
    const block = bytes.subarray(begin, end);
    return replaced(
      bytes,
      begin,
      end,
      ...Array.from({ length: random.size(2, Math.max(3, most)) }, () => block),
    );
  },
  moveBlock(bytes, random) {
    const [begin, end] = part(bytes, random);
    const rest = replaced(bytes, begin, end);
    const at = random.below(rest.length + 1);
    return replaced(rest, at, at, bytes.subarray(begin, end));
  },
  randomBlock(bytes, random) {
    const at = random.below(bytes.length + 1);
    const block = Buffer.from(Array.from({ length: random.size(1, 64) }, () => random.below(256)));
    return replaced(bytes, at, at + random.below(block.length), block);
  },
  number(bytes, random) {
    const found = spans(bytes, /[+-]?\d[\d.]*(e[+-]?\d+)?/gi);
    if (found.length === 0) return MUTATIONS.setByte(bytes, random);
    const [begin, end] = random.pick(found);
    return replaced(
      bytes,
      begin,
      end,
      latin(random.chance(30) ? random.pick('159').repeat(random.size(10, 5000)) : random.pick(NUMBERS)),
    );
  },
  neighbour(bytes, random) {
    const found = spans(bytes, /\d{1,9}/g);
    if (found.length === 0) return MUTATIONS.setByte(bytes, random);
    const [begin, end] = random.pick(found);
    const value = Number(bytes.toString('latin1', begin, end)) + random.pick([-1, 1, 2, 10, -10]);
    return replaced(bytes, begin, end, latin(String(value)));
  },
  word32(bytes, random) {
    if (bytes.length < 4) return bytes;
    const copy = Buffer.from(bytes);
    const at = random.chance(3)
      ? random.below(bytes.length - 3)
      : 4 * random.below(Math.floor(bytes.length / 4));
    const value = random.pick(WORDS32);
    if (random.chance(2)) copy.writeUInt32LE(value, at);
    else copy.writeUInt32BE(value, at);
    return copy;
  },
  swapTokens(bytes, random) {
    const found = spans(bytes, TOKEN);
    if (found.length < 2) return MUTATIONS.setByte(bytes, random);
    const [[a, b], [c, d]] = [random.pick(found), random.pick(found)].sort((x, y) => x[0] - y[0]);
    if (b > c) return bytes;
    return Buffer.concat([
      bytes.subarray(0, a),
      bytes.subarray(c, d),
      bytes.subarray(b, c),
      bytes.subarray(a, b),
      bytes.subarray(d),
    ]);
  },
  foreignToken(bytes, random, others) {
    const other = random.pick(others);
    const theirs = spans(other, TOKEN);
    const ours = spans(bytes, TOKEN);
    if (theirs.length === 0 || ours.length === 0) return bytes;
    const [from, to] = random.pick(theirs);
    const [begin, end] = random.pick(ours);
    return replaced(
      bytes,
      begin,
      random.chance(2) ? begin : end,
      other.subarray(from, to),
      latin(random.pick(['', ' ', '\n', ','])),
    );
  },
  lines(bytes, random) {
    const found = spans(bytes, LINE);
    if (found.length < 2) return MUTATIONS.repeatBlock(bytes, random);
    const [a, b] = random.pick(found);
    const line = bytes.subarray(a, b);
    if (random.chance(3)) return replaced(bytes, a, b);
    if (random.chance(2))
      return replaced(bytes, a, a, ...Array.from({ length: random.size(1, 200) }, () => line));
    const [at] = random.pick(found);
    return replaced(bytes, at, at, line);
  },
  nest(bytes, random) {
    const at = random.pick([0, bytes.length, random.below(bytes.length + 1)]);
    const opener = random.pick(OPENERS);
    const depth = random.chance(4) ? random.size(1, 20_000) : random.size(1, 60);
    return replaced(bytes, at, at, latin(opener.repeat(depth)));
  },
  longLine(bytes, random) {
    const at = random.pick([0, bytes.length, random.below(bytes.length + 1)]);
    const unit = random.chance(2) ? random.pick(LETTERS) : random.pick(LETTERS) + random.pick(LETTERS);
    const most = random.chance(8) ? 200_000 : 3_000;
    return replaced(bytes, at, at, latin(unit.repeat(random.size(2, most))));
  },
  encode(bytes, random) {
    const text = bytes.toString('latin1');
    switch (random.below(8)) {
      case 0:
        return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
      case 1:
        return Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()]);
      case 2:
        return Buffer.from(text, 'utf16le');
      case 3:
        return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
      case 4:
        return Buffer.from(text.replaceAll('\n', '\r'), 'latin1');
      case 5:
        return Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');
      case 6: {
        const packed = gzipSync(bytes);
        return random.chance(2) ? packed : packed.subarray(0, random.below(packed.length));
      }
      default:
        return Buffer.from(text, 'utf8');
    }
  },
  splice(bytes, random, others) {
    const other = random.pick(others);
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
};

const KINDS = Object.values(MUTATIONS);

/** @param {readonly Buffer[]} seeds sound files of one kind @param {import('./random.mjs').Random} random */
export function mutate(seeds, random) {
  let bytes = random.pick(seeds);
  for (let changes = random.size(1, 4); changes > 0; changes--) {
    const changed = random.pick(KINDS)(bytes, random, seeds);
    if (changed.length <= MOST_BYTES) bytes = changed;
  }
  return Buffer.from(bytes);
}
