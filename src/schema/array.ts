/** Numbers of every agent: in a file, or, from a program, as they are in memory. */

import type { z } from 'zod';

/** What a config says: a .npy file, or the numbers themselves, row after row. */
export type RowsGiven = string | Float64Array;

/** Its parameter. An editor of configs is told of the file alone, the types of programs of both. */
export function rowsParameter(zod: typeof z, description: string): z.ZodType<RowsGiven> {
  return zod
    .custom<RowsGiven>(
      (value) => value instanceof Float64Array || (typeof value === 'string' && value !== ''),
      {
        error: ({ input }) =>
          `${input === undefined ? 'missing, ' : ''}expected a .npy file, or from a program a Float64Array`,
      },
    )
    .meta({ description, type: 'string', minLength: 1, $comment: 'or Float64Array' });
}
