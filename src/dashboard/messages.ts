/**
 * What a page sends, before anything is done about it: a call of one of the methods of `Dashboard` with
 * arguments of the right shape, and nothing else. Comlink itself would follow any path into any object.
 */

import { z } from 'zod';
import { editShape } from '../run/edits.js';
import { COLUMNS } from '../trace/ring.js';
import type { TraceRow } from '../trace/row.js';
import type { METHODS } from './protocol.js';

/** Of one message. A config is the largest thing that is sent. */
export const LARGEST_MESSAGE = 2 ** 20;
const MOST_ROUNDS = 2 ** 31 - 1;

const agent = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const most = z.int().min(1).max(20_000);
const text = z.string().max(LARGEST_MESSAGE);
const shortText = z.string().max(4096);
const config = z.union([z.strictObject({ yaml: text }), z.strictObject({ file: shortText })]);
const rounds = z.int().min(1).max(MOST_ROUNDS);
const frames = z.strictObject({
  hz: z.number().min(0.1).max(30),
  first: agent.optional(),
  count: z.int().min(1).optional(),
  most: z.int().min(1).max(1_000_000).optional(),
});

const ARGUMENTS: Record<(typeof METHODS)[number], z.ZodType<unknown[]>> = {
  hello: z.tuple([]),
  watch: z.tuple([
    z.strictObject({
      rows: z.boolean().optional(),
      stateHz: z.number().min(0.1).max(30).optional(),
      disagreement: frames.optional(),
      bits: frames.optional(),
    }),
  ]),
  network: z.tuple([
    z.strictObject({
      edges: z.boolean().optional(),
      mostEdges: z.int().min(1).max(5_000_000).optional(),
      positions: z.boolean().optional(),
    }),
  ]),
  inspect: z.tuple([agent]),
  rows: z.tuple([most]),
  schema: z.tuple([]),
  configs: z.tuple([]),
  readConfig: z.tuple([shortText]),
  checkConfig: z.tuple([config]),
  runs: z.tuple([]),
  trace: z.tuple([
    shortText,
    z
      .array(z.enum(COLUMNS as readonly (keyof TraceRow)[] as [string, ...string[]]))
      .min(1)
      .max(50),
    most,
  ]),
  askToWrite: z.tuple([]),
  letWrite: z.tuple([]),
  keepWriting: z.tuple([]),
  start: z.tuple([
    z.strictObject({
      config,
      paused: z.boolean().optional(),
      seed: z.int().min(0).optional(),
      rounds: rounds.optional(),
    }),
  ]),
  pause: z.tuple([]),
  resume: z.tuple([]),
  step: z.tuple([rounds]),
  stop: z.tuple([]),
  change: z.tuple([z.array(editShape).min(1).max(100)]),
};

const id = z.string().min(1).max(200);
const call = z.object({
  id,
  type: z.literal('APPLY'),
  path: z.tuple([z.string().max(100)]),
  argumentList: z.array(z.strictObject({ type: z.literal('RAW'), value: z.unknown() })).max(10),
});

export interface Call {
  id: string;
  method: (typeof METHODS)[number];
  given: unknown[];
}

/** A message that is no call, or a call that is refused: the answer says why. `id` where it can be answered. */
export interface Refused {
  id: string | null;
  why: string;
}

export function readCall(message: unknown): Call | Refused {
  const read = call.safeParse(message);
  if (!read.success) {
    const known = z.object({ id }).safeParse(message);
    return { id: known.success ? known.data.id : null, why: 'this is no call of a method of the dashboard' };
  }
  const { path, argumentList } = read.data;
  const [method] = path;
  if (!Object.hasOwn(ARGUMENTS, method))
    return { id: read.data.id, why: `there is no method ${JSON.stringify(method)}` };
  const name = method as keyof typeof ARGUMENTS;
  const values = argumentList.map(({ value }) => value);
  const given = ARGUMENTS[name].safeParse(values);
  if (given.success) return { id: read.data.id, method: name, given: given.data };
  const [issue] = given.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  return {
    id: read.data.id,
    why: `${name} was given something else than it takes${place}: ${issue?.message ?? ''}`,
  };
}
