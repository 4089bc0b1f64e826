/** Learned: scales by their change, codes of signs, choices between actions, and policies that are refused. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { POLICY_FORMAT, STATE, scaleBits, scaleCode, scaleOf } from '../../src/compress/policy.js';
import { parseConfig } from '../../src/config/load.js';
import { normals, seededRandom } from '../kernels/harness.js';
import { Bench, planOf } from './combinators/bench.js';

const HAMMING = Array.from({ length: 16 }, (_, j) => 16 + j);
const policyOf = (actions: object[], more: object = {}) => ({
  format: POLICY_FORMAT,
  name: 'tried',
  rotate: null,
  steps: 2,
  actions,
  features: [],
  weights: actions.map(() => []),
  ...more,
});
const spec = (actions: object[], more: object = {}, inner?: object[]) => ({
  kind: 'learned',
  policy: policyOf(actions, more),
  ...(inner && { inner }),
});

const signs = { do: 'signs', size: 1, checks: [] };
const said = { do: 'compress', with: 0, factor: 1 };
const fileOf = (actions: object[], more?: object) => JSON.stringify(policyOf(actions, more));

const folder = mkdtempSync(join(tmpdir(), 'sottovoce-learned-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('scales', () => {
  it.each([1, 2, 4])('are the nearest power, %d steps an octave', (steps) => {
    for (let x = 1e-300; x < 1e300; x *= 7.3) {
      const scale = scaleOf(scaleCode(x, steps), steps);
      const away = Math.abs(Math.log2(scale / x));
      expect(away).toBeLessThanOrEqual(0.5 / steps + 1e-9);
    }
    expect(scaleOf(scaleCode(8, steps), steps)).toBe(8);
  });

  it('none of no error, and none that is a number of what is none', () => {
    expect(scaleOf(scaleCode(0, 2), 2)).toBe(0);
    expect(scaleOf(scaleCode(Number.NaN, 2), 2)).toBeNaN();
    expect(scaleOf(scaleCode(Number.POSITIVE_INFINITY, 2), 2)).toBeNaN();
  });

  it('take a bit where they stay, three for a step, and 14 where readers may have missed them', () => {
    const state = new Float64Array(STATE);
    const [one, root, two, four] = [1, Math.SQRT2, 2, 4].map((size) => scaleCode(size, 2));
    expect(scaleBits(state, 0, one, false)).toBe(1);
    expect(scaleBits(state, 0, root, false)).toBe(3);
    expect(scaleBits(state, 0, root, false)).toBe(1);
    expect(scaleBits(state, 0, two, false)).toBe(3);
    expect(scaleBits(state, 0, four, false)).toBe(5);
    expect(scaleBits(state, 0, root, false)).toBe(5);
    expect(scaleBits(state, 0, root, true)).toBe(14);
  });
});

describe('messages', () => {
  it('by hand: signs, each of the scale', () => {
    const bench = new Bench(spec([{ do: 'signs', size: 0.5, checks: [] }]), { dim: 4 });
    // Root mean square 2: two steps above 1, so 5 bits for 4 more than none.
    expect(bench.say([2, -2, 2, -2])).toMatchObject({
      messages: [Float64Array.of(1, -1, 1, -1)],
      bits: [5 + 4],
    });
    expect(bench.say([2, 2, 2, -2])).toMatchObject({
      messages: [Float64Array.of(1, 1, 1, -1)],
      bits: [1 + 4],
    });
  });

  it('by hand: an even number of four is minus, and the smallest entry gives way', () => {
    const bench = new Bench(spec([{ do: 'signs', size: 1, checks: [1, 1, 1, 1] }]), { dim: 4 });
    const { messages, bits } = bench.say([1, 1.2, -1, 0.1]);
    expect(Array.from(messages[0], Math.sign)).toEqual([1, 1, -1, -1]);
    expect(bits[0]).toBeLessThanOrEqual(3 + 3);
  });

  it.each([
    ['a parity', [1, 1, 1, 1, 1, 1, 1, 1]],
    ['8 signs by 4 bits', Array.from({ length: 8 }, (_, j) => 8 + j)],
    ['the extended Hamming code', HAMMING],
  ])('the nearest word of %s, as looking through all of them finds it', (_, checks) => {
    const dim = 5 * checks.length + 3;
    const bench = new Bench(spec([{ do: 'signs', size: 0.8, checks }]), { dim, agents: 3 });
    for (let round = 0; round < 30; round++) {
      const rows = Array.from({ length: 3 }, (_, i) =>
        Array.from({ length: dim }, (__, c) => Math.sin(1 + 0.37 * c * (i + 1) + 1.7 * round + c * c)),
      );
      const { messages, expected } = bench.say(...rows);
      expect(messages).toEqual(expected);
    }
  });

  it('silence costs the name of it, and decodes to nothing', () => {
    // Whoever has an error of more than its mean speaks; the first message is of just the mean.
    const bench = new Bench(
      spec([{ do: 'silence' }, { do: 'levels', levels: [-1.5, -0.5, 0.5, 1.5] }], {
        features: ['growth'],
        weights: [[0], [1]],
        header: [1, 2],
      }),
      { dim: 4 },
    );
    expect(bench.say([1, 1, -1, 1])).toMatchObject({ messages: [new Float64Array(4)], bits: [1] });
    const { messages, bits } = bench.say([4, 4, -4, 2]);
    expect(messages[0].some((entry) => entry !== 0)).toBe(true);
    expect(bits[0]).toBeGreaterThanOrEqual(2 + 8);
  });

  it('what is behind a rotation keeps what its plan says', () => {
    const context = { dim: 64, agents: 1 };
    const plan = planOf(spec([{ do: 'signs', size: 0.77, checks: HAMMING }], { rotate: 'exact' }), context);
    expect(plan.typicalContraction).toBeGreaterThan(0.52);
    expect(plan.typicalContraction).toBeLessThan(0.55);
  });

  it.each([
    ['levels', { do: 'levels', levels: [-1.51, -0.4528, 0.4528, 1.51] }],
    ['eight levels', { do: 'levels', levels: [-2.15, -1.34, -0.756, -0.245, 0.245, 0.756, 1.34, 2.15] }],
    ['sparse', { do: 'sparse', threshold: 0.6, value: 1.2, rice: 0 }],
  ])('in parts, of %s: no less than the plan says', (_, action) => {
    for (const dim of [16, 20, 40, 100]) {
      const spoken = spec([action], { rotate: 'exact' });
      const { typicalContraction = 0 } = planOf(spoken, { dim, agents: 1 });
      expect(typicalContraction, `${dim}`).toBeGreaterThan(0.1);
      const part = 2 ** Math.floor(Math.log2(dim));
      for (const from of [0, dim - part]) {
        const bench = new Bench(spoken, { dim, agents: 1 });
        const random = seededRandom(dim + from);
        let [lost, all] = [0, 0];
        for (let round = 0; round < 300; round++) {
          const within = normals(part, random);
          const row = Array.from({ length: dim }, (_, c) => within[c - from] ?? 0);
          const { messages } = bench.say(row);
          row.forEach((entry, c) => {
            lost += (entry - messages[0][c]) ** 2;
            all += entry * entry;
          });
        }
        expect(1 - lost / all, `${dim}, from ${from}`).toBeGreaterThan(typicalContraction - 0.03);
      }
    }
  });

  it('a compressor times a factor keeps what that leaves, and no more than it does where that is large', () => {
    const kept = (factor: number) =>
      planOf(spec([{ do: 'compress', with: 0, factor }], {}, [{ kind: 'top-k', k: 4 }]), { dim: 16 })
        .typicalContraction ?? 0;
    expect(kept(1)).toBe(0.25);
    expect(kept(0.5)).toBeCloseTo(0.75 * 0.25, 12);
    expect(kept(1.5)).toBeCloseTo(0.75 * 0.25, 12);
    expect(kept(3)).toBe(0);
  });

  // Parts of a power of two and, where entries are left over, the last of all once more.
  it.each([1, 3, 12, 40, 100])('in parts, of %d entries, and so for a vector with all in one part', (dim) => {
    const signs = spec([{ do: 'signs', size: 0.733, checks: HAMMING }], { rotate: 'exact' });
    const { typicalContraction } = planOf(signs, { dim, agents: 1 });
    const wave = (round: number, c: number) => Math.sin(1 + 2.3 * c + 0.7 * round * c);
    const at = (place: number) => (round: number) =>
      // A little beside it: entries of one size after the rotation are as near to one word as to another.
      Array.from({ length: dim }, (_, c) => (c === place ? 1 : 1e-3 * wave(round, c)));
    const vectors = {
      spread: (round: number) => Array.from({ length: dim }, (_, c) => wave(round, c)),
      first: at(0),
      last: at(dim - 1),
    };
    for (const [name, vector] of Object.entries(vectors)) {
      const bench = new Bench(signs, { dim, agents: 1 });
      let [lost, all] = [0, 0];
      for (let round = 0; round < 400; round++) {
        const row = vector(round);
        const { messages, expected } = bench.say(row);
        const apart = messages[0].map((entry, c) => Math.abs(entry - expected[0][c]));
        expect(Math.max(...apart), `${name} ${round}`).toBeLessThan(1e-14 * Math.hypot(...row));
        row.forEach((entry, c) => {
          lost += (entry - messages[0][c]) ** 2;
          all += entry * entry;
        });
      }
      expect(1 - lost / all, name).toBeGreaterThan((typicalContraction ?? 0) - 0.03);
      expect(1 - lost / all, name).toBeGreaterThan(0.1);
    }
  });
});

describe('refused', () => {
  it.each([
    [{ weights: [] }, 'weights is []', 'one for each action'],
    [{ features: ['one'], weights: [[]] }, 'weights[0]', '1 numbers, one for each feature'],
    [{ header: [1, 1] }, 'header', '1 lengths, one for each action'],
    [{ actions: [{ do: 'compress', with: 0, factor: 1 }] }, 'actions[0].with is 0', 'which has none'],
    [{ actions: [{ do: 'levels', levels: [1, 0] }] }, 'levels', 'levels that ascend'],
    [{ actions: [{ do: 'levels', levels: [0, 1, 2] }] }, 'levels', '2, 4, 8 or 16 levels'],
    [{ actions: [{ do: 'signs', size: 1, checks: [2, 2] }] }, 'checks', 'independent'],
  ])('%j', (more, ...said) => {
    const policy = policyOf([{ do: 'signs', size: 1, checks: [] }], more);
    for (const text of said) expect(() => planOf({ kind: 'learned', policy }, { dim: 4 })).toThrow(text);
  });

  const config = (policy: string) => ({
    topology: { kind: 'ring', nodes: 4 },
    cost: { kind: 'quadratic', dim: 4 },
    flow: { kind: 'primal-dual' },
    compressor: { kind: 'learned', policy },
  });

  it.each([
    ['none.json', null, 'compressor.policy: '],
    ['broken.json', '{', 'it is no JSON'],
    ['list.json', '[]', 'it holds no mapping'],
    ['other.json', '{"format":"sottovoce-policy/9"}', 'policy.format is "sottovoce-policy/9"'],
    [
      'acts.json',
      fileOf([{ do: 'sing' }]),
      'acts.json: policy.actions[0].do is "sing", expected one of silence',
    ],
    ['long.json', fileOf([signs], { name: 'x'.repeat(81) }), 'not empty, of at most 80 characters'],
    ['beside.json', fileOf([said]), 'beside.json: policy.actions[0].with is 0, expected compressors beside'],
    ['rows.json', fileOf([signs], { weights: [] }), 'rows.json: policy.weights is a list ([])'],
    [
      'unknown.json',
      fileOf([said], { compressors: [{ kind: 'sgn' }] }),
      'unknown.json: policy.compressors[0].kind is "sgn", expected one of',
    ],
    [
      'itself.json',
      fileOf([said], { compressors: [{ kind: 'learned', policy: './itself.json' }] }),
      'compressor.policy: ITSELF: ITSELF: it contains itself',
    ],
  ])('the file %s', async (name, text, said) => {
    if (text !== null) writeFileSync(join(folder, name), text);
    await expect(parseConfig(config(name), { folder })).rejects.toThrow(
      said.replaceAll('ITSELF', join(folder, 'itself.json')),
    );
  });

  it('a policy whose compressors name another one takes it from beside itself, and a mark of the byte order', async () => {
    const there = join(folder, 'elsewhere');
    mkdirSync(there);
    writeFileSync(join(there, 'inside.json'), fileOf([signs]));
    const compressors = [{ kind: 'flatten', inner: { kind: 'learned', policy: 'inside.json' } }];
    writeFileSync(join(there, 'outside.json'), `\ufeff${fileOf([said], { compressors })}`);
    const { config: whole } = await parseConfig(config('elsewhere/outside.json'), { folder });
    expect(whole).toMatchObject({
      compressor: { inner: [{ kind: 'flatten', inner: { kind: 'learned', policy: policyOf([signs]) } }] },
    });
  });

  it('a file without compressors has those that the config gives beside it', async () => {
    writeFileSync(join(folder, 'bare.json'), fileOf([said]));
    const { compressor, ...rest } = config('bare.json');
    const given = { ...rest, compressor: { ...compressor, inner: [{ kind: 'sign' }] } };
    await expect(parseConfig(given, { folder })).resolves.toMatchObject({
      config: { compressor: { inner: [{ kind: 'sign' }] } },
    });
  });

  it('and a sound one stands in the config, with its compressors', async () => {
    const policy = policyOf([{ do: 'compress', with: 0, factor: 0.5 }]);
    writeFileSync(join(folder, 'good.json'), JSON.stringify({ ...policy, compressors: [{ kind: 'sign' }] }));
    const loaded = await parseConfig(config('good.json'), { folder });
    expect(loaded.config).toMatchObject({
      compressor: { kind: 'learned', policy, inner: [{ kind: 'sign' }] },
    });
  });

  it('wherever a compressor may stand: what auto chooses among, and the links of a server', async () => {
    writeFileSync(
      join(folder, 'said.json'),
      JSON.stringify(policyOf([{ do: 'signs', size: 1, checks: [] }])),
    );
    const named = { kind: 'learned', policy: 'said.json' };
    const held = { kind: 'learned', policy: { format: POLICY_FORMAT, name: 'tried' } };
    const { compressor, ...rest } = config('said.json');
    const among = { kind: 'auto', among: [{ kind: 'sign' }, { kind: 'flatten', inner: named }] };
    const chosen = await parseConfig({ ...rest, compressor: among }, { folder });
    expect(chosen.config).toMatchObject({ compressor: { among: [{ kind: 'sign' }, { inner: held }] } });
    const program = { kind: 'parameter-server', agents: 3, gamma: 0.1, uplink: named, downlink: named };
    const server = await parseConfig({ program, cost: rest.cost }, { folder });
    expect(server.config).toMatchObject({ program: { uplink: held, downlink: held } });
  });
});
