/**
 * What a config may say of a parameter server, and what its short forms stand for.
 *
 *     program: { kind: parameter-server, agents: 16, gamma: 0.5, lambda: 0.1 }
 *
 * is FO-SGD: both links are flatten(one-bit(lambda)). `uplink` and `downlink` take any compressor instead,
 * which is how its baselines are said (docs/fo-sgd.md).
 */

import type { z } from 'zod';
import { formatPath, InputError, type SpecPath, unexpected } from '../../base/errors.js';
import { type ScheduleSpec, scheduleParameter } from '../../base/schedules.js';
import { flatten as flattened, oneBit } from '../../compress/kinds.js';
import { UNCOMPRESSED } from '../../compress/registry.js';
import { sizeParameter } from '../../compress/rotation.js';
import type { CompressorSpec } from '../../compress/types.js';
import { batchParameter } from '../../cost/batch.js';
import type { ComponentDefinition } from '../../schema/component.js';
import type { OptimizerPlan, OptimizerSpec, ServerSpec } from './types.js';

const SOURCE = 'Stollenwerk, Jacques 2024 (arXiv 2405.11095)';

export const parameterServer: ComponentDefinition = {
  kind: 'parameter-server',
  metadata: {
    title: 'Parameter server (FO-SGD and its rivals)',
    summary: 'a star: gradients go up compressed, the server averages them, one compressed step comes down',
    source: SOURCE,
  },
  parameters: (zod: typeof z) => {
    const share = zod.number().min(0).lt(1);
    return zod.strictObject({
      kind: zod.literal('parameter-server'),
      agents: zod
        .int()
        .min(1)
        .max(2 ** 24)
        .describe('workers around the server, among whom the data are split'),
      gamma: scheduleParameter(zod).describe('step: a number, or a schedule'),
      batch: batchParameter(zod),
      lambda: zod
        .union([scheduleParameter(zod), zod.literal('auto')])
        .optional()
        .describe(
          'width of the dither of one-bit links: a number, a schedule, or auto: the best of a short pilot',
        ),
      amplitude: zod
        .number()
        .positive()
        .optional()
        .describe(
          'instead of lambda: the width in units of the root mean square of what is sent, sent along',
        ),
      flatten: zod
        .union([zod.boolean(), sizeParameter(zod).unwrap()])
        .optional()
        .describe(
          'rotate before one-bit links: true (the default) pads to a power of two, exact and a power of two do not; false does not rotate',
        ),
      uplink: zod
        .unknown()
        .optional()
        .describe('compressor of the gradients; one-bit with lambda where absent'),
      downlink: zod
        .unknown()
        .optional()
        .describe(
          "one-bit, none, or a compressor of the server's mean; where absent one-bit, and none where an uplink is given",
        ),
      optimizer: zod
        .union([
          zod.strictObject({ kind: zod.literal('sgd') }),
          zod.strictObject({
            kind: zod.literal('momentum'),
            beta: share.optional().describe('0.9 by default'),
            nesterov: zod.boolean().optional(),
            side: zod.enum(['server', 'all']).optional(),
          }),
          zod.strictObject({
            kind: zod.literal('adam'),
            beta1: share.optional().describe('0.9 by default'),
            beta2: share.optional().describe('0.999 by default'),
            epsilon: zod.number().positive().optional().describe('1e-8 by default'),
            side: zod.enum(['server', 'all']).optional(),
          }),
        ])
        .optional()
        .describe(
          "sgd (the default), momentum or adam; side server: before the downlink, all: behind it, everyone's own",
        ),
    });
  },
};

export interface Links {
  uplink: CompressorSpec;
  downlink: CompressorSpec;
  /** Where errors about them stand. */
  uplinkPath: SpecPath;
  downlinkPath: SpecPath;
}

/** The two links as compressors. Throws InputError where what is given does not go together. */
export function linksOf(spec: ServerSpec, path: SpecPath): Links {
  const { uplink, downlink = uplink === undefined ? 'one-bit' : 'none' } = spec;
  const usesOneBit = uplink === undefined || downlink === 'one-bit';
  for (const key of ['lambda', 'amplitude', 'flatten'] as const) {
    if (spec[key] === undefined || usesOneBit) continue;
    throw new InputError(
      `${formatPath([...path, key])} is for links that are one-bit, and here both are given in full`,
      {
        path: [...path, key],
        hint: 'say it in the compressor: { kind: flatten, inner: { kind: one-bit, lambda: 0.1 } }',
      },
    );
  }
  const signs = usesOneBit ? oneBitLink(spec, path) : UNCOMPRESSED;
  return {
    uplink: uplink ?? signs,
    downlink: downlink === 'one-bit' ? signs : downlink === 'none' ? UNCOMPRESSED : downlink,
    uplinkPath: [...path, 'uplink'],
    downlinkPath: [...path, 'downlink'],
  };
}

function oneBitLink(spec: ServerSpec, path: SpecPath): CompressorSpec {
  const { lambda, amplitude, flatten = true } = spec;
  if (lambda !== undefined && amplitude !== undefined) {
    throw unexpected([...path, 'amplitude'], amplitude, 'nothing beside lambda: one of the two');
  }
  if (lambda === undefined && amplitude === undefined) {
    throw unexpected(
      [...path, 'lambda'],
      undefined,
      'a number > 0, a schedule, or auto (or amplitude instead)',
    );
  }
  const inner = oneBit(
    amplitude === undefined ? { lambda: lambda as ScheduleSpec } : { amplitude, shrink: 1 },
  );
  if (flatten === false) return inner;
  return flattened(inner, flatten === true ? {} : { size: flatten });
}

export function planOptimizer(spec: OptimizerSpec = { kind: 'sgd' }): OptimizerPlan {
  const {
    kind,
    beta = 0.9,
    nesterov = false,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    side = 'server',
  } = spec;
  return { kind, side, beta, nesterov, beta1, beta2, epsilon };
}
