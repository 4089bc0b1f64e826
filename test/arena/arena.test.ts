/** The arena: where fields lie, what a worker refuses to attach to, and what does not fit at all. */

import { describe, expect, it, vi } from 'vitest';
import { attachArena, createArena } from '../../src/arena/arena.js';
import { checkArenaFits, formatBytes } from '../../src/arena/fits.js';
import { doubled, layoutArena, rowLength } from '../../src/arena/layout.js';
import { ownRanges, populate } from '../../src/arena/populate.js';

describe('layout', () => {
  it('by hand: a header of 128 bytes, fields on lines of their own, a copy for each worker where asked', () => {
    const { fields, totalBytes } = layoutArena(
      [
        { name: 'x', type: 'f64', length: 3 },
        { name: 'scratch', type: 'f64', length: 17, perWorker: true },
        { name: 'flags', type: 'u8', length: 1 },
      ],
      3,
    );
    expect(fields['x']).toMatchObject({ offset: 128, stride: 128 });
    expect(fields['scratch']).toMatchObject({ offset: 256, stride: 256 });
    expect(fields['flags']).toMatchObject({ offset: 256 + 3 * 256 });
    expect(totalBytes).toBe(256 + 3 * 256 + 128);
  });

  it('pads rows to 64 bytes', () => {
    expect([1, 8, 9, 64].map((dim) => rowLength(dim, 'float64'))).toEqual([8, 8, 16, 64]);
    expect([1, 8, 9, 64].map((dim) => rowLength(dim, 'float32'))).toEqual([16, 16, 16, 64]);
  });

  it('refuses two fields of one name', () => {
    const x = { name: 'x', type: 'f64' as const, length: 1 };
    expect(() => layoutArena([x, x], 1)).toThrow('two fields named x');
  });

  it('says by how much too much is too much, and what would fit', () => {
    const layout = layoutArena([{ name: 'x', type: 'f64', length: 2 ** 30 }], 1);
    expect(() => checkArenaFits(layout)).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT',
        message: expect.stringMatching(
          /needs 8\.00 GiB of shared memory, 4\.00 GiB more.*largest: x 8\.00 GiB/,
        ),
        hint: expect.stringContaining('about 49% of the agents'),
      }),
    );
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [50 * 2 ** 20, '50.0 MiB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('arena', () => {
  const layout = layoutArena(
    [
      { name: 'x', type: 'f64', length: 4 },
      { name: 'own', type: 'u32', length: 2, perWorker: true },
    ],
    2,
  );

  it('is shared and zero, and both sides see the same bytes', () => {
    const host = createArena(layout);
    expect(host.memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    const worker = attachArena(host.memory, layout);
    host.view('x', 'f64')[2] = 1.5;
    worker.view('own', 'u32', 1)[0] = 7;
    expect(Array.from(worker.view('x', 'f64'))).toEqual([0, 0, 1.5, 0]);
    expect(Array.from(host.view('own', 'u32', 0))).toEqual([0, 0]);
    expect(Array.from(host.view('own', 'u32', 1))).toEqual([7, 0]);
  });

  it('is refused by a worker that expects another one', () => {
    const { memory } = createArena(layout);
    const other = layoutArena([{ name: 'y', type: 'f64', length: 4 }], 2);
    expect(() => attachArena(memory, other)).toThrow(/its layout hash is \d+, expected \d+/);
    const blank = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    expect(() => attachArena(blank, layout)).toThrow('its magic number is 0');
  });

  it('names what it has when asked for what it has not', () => {
    const arena = createArena(layout);
    expect(() => arena.address('z')).toThrow('no field z; it has x, own');
    expect(() => arena.view('x', 'u32')).toThrow('field x holds f64, not u32');
    expect(arena.has('z')).toBe(false);
  });
});

describe('populate', () => {
  const equal = (workers: number) => Array.from({ length: workers + 1 }, (_, worker) => 10 * worker);

  it.each([1, 2, 3, 7])('touches every page once with %i workers, and changes nothing', (workers) => {
    const arena = createArena(
      layoutArena(
        [
          { name: 'x', type: 'f64', length: 30_000 },
          { name: 'small', type: 'u8', length: 5 },
          { name: 'own', type: 'f64', length: 700, perWorker: true },
          doubled({ name: 'outbox', type: 'f32', length: 10_000 }),
        ],
        workers,
      ),
    );
    const bytes = new Uint8Array(arena.memory.buffer);
    for (let at = 0; at < bytes.length; at += 8) bytes[at] = at % 251;
    const before = bytes.slice();
    const add = vi.spyOn(Atomics, 'add');
    for (let worker = 0; worker < workers; worker++) populate(arena, worker, equal(workers));
    const touched = add.mock.calls.map(([, word]) => (word * 4) / 4096).sort((a, b) => a - b);
    add.mockRestore();
    // The header's page is the host's.
    const pages = Math.ceil(arena.layout.totalBytes / 4096);
    expect(touched).toEqual(Array.from({ length: pages - 1 }, (_, page) => page + 1));
    expect(Buffer.compare(bytes, before)).toBe(0);
  });

  it("gives each worker its agents' rows, in both halves, and its own copies", () => {
    const layout = layoutArena(
      [
        { name: 'x', type: 'f64', length: 10 * 16 },
        doubled({ name: 'outbox', type: 'f64', length: 10 * 8 }),
        { name: 'scratch', type: 'f64', length: 16, perWorker: true },
      ],
      2,
    );
    const [x, outbox, scratch] = Object.values(layout.fields).map(({ offset }) => offset) as [
      number,
      number,
      number,
    ];
    expect(ownRanges(layout, 0, [0, 3, 10])).toEqual([
      { from: x, to: x + 3 * 128 },
      { from: outbox, to: outbox + 3 * 64 },
      { from: outbox + 640, to: outbox + 640 + 3 * 64 },
      { from: scratch, to: scratch + 128 },
    ]);
    expect(ownRanges(layout, 1, [0, 3, 10])).toEqual([
      { from: x + 3 * 128, to: outbox },
      { from: outbox + 3 * 64, to: outbox + 640 },
      { from: outbox + 640 + 3 * 64, to: scratch },
      { from: scratch + 128, to: scratch + 256 },
    ]);
  });
});
