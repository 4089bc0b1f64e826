/**
 * The shapes of edits: what a program, a page or a manifest asks to be changed is one of them, or is refused
 * with the place, the value and what was expected. Whether the run at hand can be changed so is found when it
 * is planned anew. Loaded when a run is changed, and not before.
 */

import { z } from 'zod';
import { formatValue, InputError } from '../base/errors.js';
import { explain, isMapping } from '../schema/explain.js';
import type { Change, Edit } from './changes.js';

const LARGEST_LIST = 100_000;
const MOST_ROUNDS = 2 ** 31 - 1;

const agent = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const agents = z.array(agent).min(1).max(LARGEST_LIST);
const edges = z
  .array(z.tuple([agent, agent]))
  .min(1)
  .max(LARGEST_LIST);
const rounds = z.int().min(1).max(MOST_ROUNDS);
const name = z.string().max(4096);

const SHAPES = {
  compressor: z.strictObject({
    kind: z.literal('compressor'),
    compressor: z.union([name, z.looseObject({ kind: name }), z.null()]),
  }),
  flow: z.strictObject({
    kind: z.literal('flow'),
    parameters: z.record(z.string().max(100), z.unknown()),
  }),
  cut: z.strictObject({ kind: z.literal('cut'), edges }),
  restore: z.strictObject({ kind: z.literal('restore'), edges: z.union([edges, z.literal('all')]) }),
  noise: z.strictObject({
    kind: z.literal('noise'),
    agents: z.union([agents, z.literal('all')]),
    sd: z.number().min(0).max(1e6),
  }),
  silence: z.strictObject({ kind: z.literal('silence'), agents, rounds }),
  fault: z.strictObject({
    kind: z.literal('fault'),
    worker: z.int().min(0).max(65_535),
    fault: z.enum(['throw', 'exit', 'out-of-memory', 'hang']),
  }),
  rounds: z.strictObject({ kind: z.literal('rounds'), rounds }),
  stop: z.strictObject({ kind: z.literal('stop'), stop: z.record(z.string().max(100), z.number()) }),
} as const;

/** One edit, for who checks it as a part of something else. */
export const editShape = z.discriminatedUnion('kind', Object.values(SHAPES) as never);

/** `where`: what holds them, for messages. @throws InputError where one is none */
export function checkEdits(given: unknown, where = 'edits'): Edit[] {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) throw new InputError('there are no edits, expected one at least');
  return list.map((edit, index) => checkEdit(edit, list.length === 1 ? where : `${where}[${index}]`));
}

/** As a manifest has them. @throws InputError where one is none, or they are not in the order of rounds */
export function checkChanges(given: unknown): Change[] {
  if (!Array.isArray(given)) throw new InputError(`changes is ${formatValue(given)}, expected a list`);
  let before = 0;
  return given.map((change: unknown, index) => {
    const where = `changes[${index}]`;
    const round = isMapping(change) ? change['round'] : undefined;
    if (!isMapping(change) || !Number.isInteger(round) || (round as number) < before) {
      throw new InputError(`${where}.round is ${formatValue(round)}, expected a whole number >= ${before}`);
    }
    before = round as number;
    return { ...(change as unknown as Change), edits: checkEdits(change['edits'], `${where}.edits`) };
  });
}

function checkEdit(edit: unknown, where: string): Edit {
  const kinds = Object.keys(SHAPES).join(', ');
  if (!isMapping(edit) || typeof edit['kind'] !== 'string') {
    throw new InputError(`${where}: ${formatValue(edit)} is no edit, expected { kind, … } (kinds: ${kinds})`);
  }
  const { kind } = edit;
  if (!Object.hasOwn(SHAPES, kind)) {
    throw new InputError(`${where}.kind is ${formatValue(kind)}, expected one of ${kinds}`);
  }
  const shape = SHAPES[kind as keyof typeof SHAPES];
  const read = shape.safeParse(edit);
  if (!read.success) {
    const [issue] = explain(read.error, shape, edit, [where]);
    throw new InputError(issue?.text ?? `${where} is no edit of kind ${kind}`, { hint: issue?.hint });
  }
  const checked = read.data as Edit;
  if (checked.kind === 'flow' && Object.keys(checked.parameters).length === 0) {
    throw new InputError(`${where}.parameters is {}, expected one parameter of the flow at least`);
  }
  return checked;
}
