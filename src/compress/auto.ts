/**
 * `compressor: auto`: one of the registry's candidates (`CompressorDefinition.candidates`), chosen by trial runs
 * before a run is planned (`program/flow/choose-compressor.ts`). Here is only how it stands in a config: no
 * message is ever made by it, so it is no kind of the registry, and no other compressor has it inside.
 */

import type { z } from 'zod';
import type { Metadata } from '../runtime.js';
import type { CompressorSpec } from './types.js';

/** What there may be least of until the target; see docs/auto.md. */
const PURPOSES = ['rounds', 'bits', 'seconds'] as const;

/** As a config that was checked has it. */
export interface AutoSpec extends CompressorSpec {
  kind: 'auto';
  for: (typeof PURPOSES)[number];
  /** Instead of the registry's candidates. */
  among?: CompressorSpec[];
}

export const autoCompressor = {
  kind: 'auto',
  metadata: {
    title: 'Auto',
    summary: 'chooses one of these by trial runs, before the run; never inside another',
    source: 'none',
  } satisfies Metadata,
  parameters: (zod: typeof z) =>
    zod.strictObject({
      kind: zod.literal('auto'),
      for: zod
        .enum(PURPOSES)
        .optional()
        .describe(
          'what there should be least of until the target: rounds, bits that an agent sends, or seconds on the network of the config; by default seconds where it has one, else bits',
        ),
      among: zod
        .array(zod.unknown())
        .min(1)
        .optional()
        .describe('compressors to choose from, in the place of all that are registered'),
    }),
};

/** Beside the kinds of the registry, wherever one may be named that is not inside another. */
export const AUTO = { [autoCompressor.kind]: autoCompressor };

/** Whether a config leaves the compressor to be chosen: `auto`, or a mapping of that kind. */
export function leavesChoice(given: unknown): boolean {
  const named = given as { kind?: unknown } | null | undefined;
  return given === autoCompressor.kind || named?.kind === autoCompressor.kind;
}

export function isAuto(spec: CompressorSpec): spec is AutoSpec {
  return spec.kind === autoCompressor.kind;
}
