/**
 * Section `study` of a config: what `sottovoce compare` makes of it, and nobody else reads. A grid stands in a
 * file with it, as it would be typed.
 */

import { z } from 'zod';

const COUNTS = /^\s*\d+(\s*\.\.\s*\d+)?(\s*,\s*\d+(\s*\.\.\s*\d+)?)*\s*$/;
const bound = () => z.number().positive().optional();
const spec = () => z.union([z.string().min(1), z.looseObject({ kind: z.string() })]);
const list = () => z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

export const studySection = z
  .strictObject({
    configs: list()
      .optional()
      .describe(
        'other configs instead of this one: files, relative to this one; nothing else stands here then',
      ),
    graphs: z
      .union([list(), z.record(z.string().min(1), z.union([z.string().min(1), z.looseObject({})]))])
      .optional()
      .describe('graphs to try the methods on: texts as for --graphs, or each under its label'),
    methods: z
      .union([
        list(),
        z.record(
          z.string().min(1),
          z.union([z.string().min(1), z.strictObject({ flow: spec(), compressor: spec().optional() })]),
        ),
      ])
      .optional()
      .describe('methods: texts as for --methods, or each under its label: `one bit: lead + flatten(sign)`'),
    compressors: list().optional().describe('instead of methods: each with each of flows'),
    flows: list().optional().describe('instead of methods: each with each of compressors'),
    seeds: z
      .union([
        z.number().int().min(0),
        z.string().regex(COUNTS, 'expected whole numbers: 1..10, or 1,2,5..7'),
        z.array(z.number().int().min(0)).min(1),
      ])
      .optional()
      .describe('seeds: 1..10'),
    target: z
      .strictObject({
        rmsError: bound(),
        agentsGapMean: bound(),
        agentsGapWorst: bound(),
        gradientNorm: bound(),
        gap: bound(),
        consensusError: bound(),
      })
      .optional()
      .describe('what to reach, one quantity; what `stop` says where absent'),
    tune: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe("trial runs for every cell's open gains; 40 where absent"),
  })
  .describe('a comparison, for `sottovoce compare`: methods, graphs and seeds; see docs/compare.md');

/** What the section says. */
export type StudySpec = z.infer<typeof studySection>;
