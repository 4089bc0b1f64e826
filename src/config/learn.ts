/**
 * Section `learn` of a config: what `sottovoce learn` trains a policy on, and nobody else reads. All of it may be
 * left out.
 */

import { z } from 'zod';
import { policyActions, policyFeature } from '../compress/policy.js';

const MOST = 10_000;
const spec = () => z.looseObject({ kind: z.string() });

export const learnSection = z
  .strictObject({
    graphs: z
      .array(spec())
      .min(1)
      .optional()
      .describe('topologies of the family, each drawn anew for each problem; random regular and Erdos-Renyi'),
    costs: z.array(spec()).min(1).optional().describe("costs of the problems; the config's own where absent"),
    problems: z.number().int().min(1).max(MOST).default(6).describe('problems that a policy is tried on'),
    validation: z
      .number()
      .int()
      .min(0)
      .max(MOST)
      .default(6)
      .describe('problems that it is measured on in the end, of which it has seen none'),
    actions: policyActions(z)
      .optional()
      .describe('what an agent may do with a message, the first is what it does to begin with'),
    compressors: z.array(spec()).optional().describe('compressors of the actions that have one'),
    features: z
      .array(policyFeature(z))
      .min(1)
      .optional()
      .describe('what an agent looks at; one, growth, trend, early and age where absent'),
    steps: z
      .union([z.literal(1), z.literal(2), z.literal(4)])
      .default(2)
      .describe('steps of a scale in an octave'),
    rotate: z
      .enum(['exact', 'padded'])
      .nullable()
      .default('exact')
      .describe('whether vectors are rotated at random first; null: not'),
    generations: z.number().int().min(0).max(MOST).default(12).describe('generations of policies'),
    population: z.number().int().min(2).max(MOST).default(8).describe('policies of a generation'),
    seed: z
      .number()
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER / 2)
      .default(1)
      .describe('of the problems and of what the search draws'),
    target: z.number().positive().default(1e-6).describe('rmsError that agents are to reach with few bits'),
  })
  .describe('training of a policy, for `sottovoce learn`; see docs/learn.md');

/** What the section says, with its defaults. */
export type LearnSpec = z.infer<typeof learnSection>;
