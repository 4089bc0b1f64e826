import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseGraph } from '../../topology/index.js';
import { decodeText } from '../../topology/readers/text.js';
import { errorOf } from './helpers.js';

const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))));
const bigEndian = (text: string) => Buffer.from(text, 'utf16le').swap16();

describe('bytes to text', () => {
  test.each<[string, Uint8Array, string]>([
    ['UTF-8', bytes('Bär\n'), 'Bär\n'],
    ['UTF-8 with its mark', bytes('\ufeffBär'), 'Bär'],
    ['UTF-16, little end first', Buffer.from('\ufeffBär', 'utf16le'), 'Bär'],
    ['UTF-16, big end first', bigEndian('\ufeffBär'), 'Bär'],
    [
      'XML in Latin-1',
      bytes('<?xml version="1.0" encoding="ISO-8859-1"?><a b="', 0xe4, '"/>'),
      '<?xml version="1.0" encoding="ISO-8859-1"?><a b="ä"/>',
    ],
    [
      'XML in Windows-1252',
      bytes("<?xml version='1.0' encoding='windows-1252'?>", 0x80),
      "<?xml version='1.0' encoding='windows-1252'?>€",
    ],
    [
      'XML in UTF-16 without a mark',
      Buffer.from('<?xml version="1.0" encoding="UTF-16"?><ä/>', 'utf16le'),
      '<?xml version="1.0" encoding="UTF-16"?><ä/>',
    ],
    [
      'XML that claims UTF-16 in single bytes',
      bytes('<?xml version="1.0" encoding="utf-16"?><ä/>'),
      '<?xml version="1.0" encoding="utf-16"?><ä/>',
    ],
    ['the replacement character itself', bytes('a\ufffdb'), 'a\ufffdb'],
    ['gzip', gzipSync(bytes('Bär')), 'Bär'],
  ])('%s', (_, given, text) => {
    expect(decodeText(given, 'x')).toBe(text);
  });

  test('an encoding that is said', () => {
    expect(decodeText(bytes('B', 0xe4, 'r'), 'x', { encoding: 'latin1' })).toBe('Bär');
    expect(errorOf(() => decodeText(bytes('a'), 'x', { encoding: 'klingon' })).message).toMatch(
      /^x: encoding is "klingon", expected utf-8/,
    );
  });

  test.each<[string, Uint8Array, string]>([
    ['Latin-1', bytes('Köln,Rom\nB', 0xe4, 'r,B\n'), 'x:2:2: found byte 0xe4 at offset 11, expected UTF-8'],
    [
      'Latin-1 after the replacement character',
      bytes('\ufffd\r\na', 0xff),
      'x:2:2: found byte 0xff at offset 6, expected UTF-8',
    ],
    ['a cut character at the end', bytes('ab', 0xc3), 'x:1:3: found byte 0xc3 at offset 2, expected UTF-8'],
    ['a NUL byte', bytes('a b\nb', 0, 'c\n'), 'x:2:2: found a NUL byte, expected text'],
    ['UTF-16 without a mark', Buffer.from('a b\n', 'utf16le'), 'x:1:2: found a NUL byte, expected text'],
    ['UTF-32', bytes(0xff, 0xfe, 0, 0, 'a', 0, 0, 0), 'x: text is in UTF-32, expected UTF-8 or UTF-16'],
    ['zip', bytes('PK', 3, 4, 'x'), 'x: file is compressed (zip), expected it unpacked, or gzip'],
    ['bzip2', bytes('BZh91AY'), 'x: file is compressed (bzip2), expected it unpacked, or gzip'],
    ['xz', bytes(0xfd, '7zXZ', 0), 'x: file is compressed (xz), expected it unpacked, or gzip'],
    [
      'gzip cut short',
      gzipSync(bytes('a b\n'.repeat(99))).subarray(0, 20),
      'x: file is gzip, and cannot be unpacked (unexpected end of file)',
    ],
  ])('%s is refused', (_, given, message) => {
    const error = errorOf(() => decodeText(given, 'x'));
    expect(error.message).toBe(message);
    expect(error).toMatchObject({ code: 'BAD_INPUT', file: 'x' });
  });

  test.each(['edgelist', 'gml', 'graphml', 'gexf', 'json', 'mtx'])(
    '%s is refused before it is parsed',
    (format) => {
      expect(errorOf(() => parseGraph(bytes('a\nb', 0xe4), format, 'x')).message).toMatch(
        /^x:2:2: found byte 0xe4/,
      );
    },
  );
});
