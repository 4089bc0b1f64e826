/**
 * A message taken apart is the message: of every compressor whose messages have a format, the fields of what its own
 * encoder wrote cover its bits one after the other, and give back what was sent.
 */

import { describe, expect, test } from 'vitest';
import { messageParts } from '../../src/compress/fields.js';
import { compressorDefinition, compressors, isAlias, planCompressor } from '../../src/compress/registry.js';
import { BitReader } from '../../src/compress/wire/bits.js';
import { pack } from '../../src/compress/wire/format.js';
import { seedWords } from '../../src/runtime.js';

const dim = 12;
const seed = seedWords(7);
const context = { agents: 3, dim, blockAgents: 3, seed, rounds: 100, path: ['compressor'] };
const error = Float64Array.from({ length: dim }, (_, c) => Math.sin(1 + c * 1.3) * (c % 3 === 0 ? 0.01 : 1));

const formatted: { kind: string; [parameter: string]: unknown }[] = Object.values(compressors).flatMap(
  (entry) => {
    if (isAlias(entry) || entry.messages === undefined) return [];
    return entry.examples(dim).map((example) => ({ ...example, kind: entry.kind }));
  },
);

test('there are such compressors', () => {
  expect(formatted.length).toBeGreaterThan(5);
});

describe.each(formatted.map((spec) => [spec] as const))('%j', (spec) => {
  test.each([0, 1, 5])('round %i', (round) => {
    const plan = planCompressor(spec, context);
    const messages = compressorDefinition(plan.kind).messages!(plan, seed);
    const message = messages.of(error.slice(), round, 2);
    const slot = pack(messages.format, message);
    const { bits } = messages.format;
    const counted = plan.messageBits!;
    const { fields, value } = messageParts(plan, slot, round, seed, counted)!;
    expect(fields.reduce((sum, { width }) => sum + width, 0)).toBe(counted);
    // A scale that all agents share lies in front of what is sent.
    let end = bits - counted;
    if (end > 0) expect(fields.shift()).toMatchObject({ name: 'scale', offset: 0, width: 0 });
    for (const { offset, width } of fields) {
      expect(offset).toBe(end);
      end += width;
    }
    // What stands there by itself, read as a number of so many bits.
    const reader = new BitReader(slot);
    for (const { name, offset, width, value: read } of fields) {
      if (width === 0) continue;
      reader.begin(0);
      for (let at = 0; at < offset; at++) reader.bits(1);
      expect([
        name,
        width === 64 ? reader.float64() : width === 32 ? reader.float32() : reader.bits(width),
      ]).toEqual([name, read]);
    }
    expect(value).toEqual(messages.format.value(message, round));
    for (const { coordinate } of fields) if (coordinate !== null) expect(coordinate).toBeLessThan(dim);
  });
});

test('of a rotated vector, the fields of what is inside, which are not entries of x', () => {
  const plan = planCompressor({ kind: 'flatten', inner: { kind: 'sign' } }, context);
  const slot = new Uint8Array(plan.slotBytes).fill(0x55);
  const parts = messageParts(plan, slot, 3, seed, plan.messageBits!)!;
  expect(parts.rotated).toBe(true);
  expect(parts.fields[0]).toMatchObject({ name: 'scale', offset: 0, width: 64 });
  expect(parts.fields.slice(1, 4).map(({ name, value }) => [name, value])).toEqual([
    ['sign', 1],
    ['sign', 0],
    ['sign', 1],
  ]);
  expect(parts.fields.reduce((sum, { width }) => sum + width, 0)).toBe(plan.messageBits);
});

test('of a format that nobody can read here nothing is said', () => {
  const plan = planCompressor({ kind: 'natural' }, context);
  expect(messageParts(plan, new Uint8Array(plan.slotBytes), 0, seed, plan.messageBits!)).toBeNull();
});
