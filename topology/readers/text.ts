/**
 * From the bytes of a file to its text, for every reader of text: never a text that the file does not hold.
 *
 * - A byte order mark says UTF-8 or UTF-16, in either order. XML says its encoding in its first line. Whoever
 *   knows better says `encoding`. Everything else is UTF-8.
 * - Bytes that are not of that encoding, and NUL bytes, are refused with their line and column: read on, they
 *   would damage names until two of them are one.
 * - gzip is unpacked. Other compressed files are refused by name.
 */
import { gunzipSync } from 'node:zlib';
import { TopologyError } from '../errors.js';

/** The longest text that V8 holds is a little more. */
const MAX_BYTES = 2 ** 29 - 64;

export interface DecodeOptions {
  /** A label of the WHATWG Encoding Standard: 'latin1', 'windows-1252', 'utf-16le', ... */
  encoding?: string | undefined;
}

/** @throws TopologyError with the file, the line and the byte */
export function decodeText(given: Uint8Array, file: string, { encoding }: DecodeOptions = {}): string {
  const bytes = unpacked(given, file);
  if (bytes.length > MAX_BYTES) {
    throw new TopologyError(`${file}: file is too large, expected less than 512 MiB`, { file });
  }
  const text = decoderOf(bytes, file, encoding)(bytes);
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    throw placed(
      file,
      text,
      nul,
      'a NUL byte',
      'text',
      'is it a binary file, or UTF-16 without a byte order mark?',
    );
  }
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

type Decode = (bytes: Uint8Array) => string;

function decoderOf(bytes: Uint8Array, file: string, encoding: string | undefined): Decode {
  const [a, b, c, d] = bytes;
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff)) {
    throw new TopologyError(`${file}: text is in UTF-32, expected UTF-8 or UTF-16`, { file });
  }
  const marked =
    a === 0xef && b === 0xbb && c === 0xbf
      ? 'utf-8'
      : a === 0xff && b === 0xfe
        ? 'utf-16le'
        : a === 0xfe && b === 0xff
          ? 'utf-16be'
          : undefined;
  const name = marked ?? encoding ?? declaredEncoding(bytes) ?? 'utf-8';
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(name, { fatal: true });
  } catch (cause) {
    throw new TopologyError(
      `${file}: encoding is ${JSON.stringify(name)}, expected utf-8, utf-16, latin1, windows-1252 or another known one`,
      {
        file,
        path: ['encoding'],
        value: name,
        cause,
      },
    );
  }
  // Node 20 takes this for ISO 8859-1, whose bytes 0x80 to 0x9f are control characters.
  if (decoder.encoding === 'windows-1252') return decodeWindows1252;
  return (input) => {
    try {
      return decoder.decode(input);
    } catch (cause) {
      throw notEncoded(input, file, decoder.encoding, cause);
    }
  };
}

/**
 * Characters of the bytes 0x80 to 0x9f; the five that stand for none are read as the Encoding Standard says.
 */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function decodeWindows1252(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return text.replace(/[\x80-\x9f]/g, (character) => WINDOWS_1252.charAt(character.charCodeAt(0) - 0x80));
}

/**
 * What an XML declaration says, `<?xml version="1.0" encoding="ISO-8859-1"?>`; a file in UTF-16 says so by
 * how it writes `<?`.
 */
function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 200)).toString('latin1');
  if (head.startsWith('<\0?\0')) return 'utf-16le';
  if (head.startsWith('\0<\0?')) return 'utf-16be';
  const declared = /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1];
  // Read byte by byte, the declaration itself says that the file is not UTF-16; writers of text in memory
  // claim it.
  return declared !== undefined && /^utf-?16/i.test(declared) ? undefined : declared;
}

function notEncoded(bytes: Uint8Array, file: string, encoding: string, cause: unknown): TopologyError {
  const text = new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  if (encoding !== 'utf-8') {
    return new TopologyError(`${file}: the text is not ${encoding}, which it says it is`, { file, cause });
  }
  // Before the first damaged character all is sound, so that its length in bytes is the offset in the file.
  let offset = 0;
  let from = 0;
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', from)) {
    offset += Buffer.byteLength(text.slice(from, at));
    // A file may hold the character itself.
    const isItself = bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd;
    if (!isItself) {
      const byte = `byte 0x${(bytes[offset] ?? 0).toString(16).padStart(2, '0')} at offset ${offset}`;
      return placed(
        file,
        text,
        at,
        byte,
        'UTF-8',
        'save it as UTF-8, or say its encoding: latin1, windows-1252, ...',
        cause,
      );
    }
    offset += 3;
    from = at + 1;
  }
  return new TopologyError(`${file}: the text is not UTF-8`, { file, cause });
}

function placed(
  file: string,
  text: string,
  at: number,
  found: string,
  expected: string,
  hint: string,
  cause?: unknown,
): TopologyError {
  const before = text.slice(0, at).split(/\r\n|\r|\n/);
  const line = before.length;
  const column = (before.at(-1)?.length ?? 0) + 1;
  const message = `${file}:${line}:${column}: found ${found}, expected ${expected}`;
  return new TopologyError(message, { file, line, column, hint, cause });
}

const COMPRESSED: readonly [name: string, magic: readonly number[]][] = [
  ['zip', [0x50, 0x4b, 3, 4]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27]],
];

/** The bytes themselves, unless they are gzip's. */
export function unpacked(bytes: Uint8Array, file: string): Uint8Array {
  for (const [name, magic] of COMPRESSED) {
    // 'BZh' could begin a text; a digit and a magic number follow it where it does not.
    const isIt = magic.every((byte, at) => bytes[at] === byte) && (name !== 'bzip2' || bytes[4] === 0x31);
    if (isIt)
      throw new TopologyError(`${file}: file is compressed (${name}), expected it unpacked, or gzip`, {
        file,
      });
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch (cause) {
    const isLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const problem = isLarge
      ? 'file is too large, expected less than 512 MiB when unpacked'
      : `file is gzip, and cannot be unpacked (${(cause as Error).message})`;
    throw new TopologyError(`${file}: ${problem}`, { file, cause });
  }
}
