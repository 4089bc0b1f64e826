/** Cells on threads of this process, as many at a time as are asked for. */

import { CellPool } from './cell-pool.js';
import type { Where } from './where.js';

export function here(jobs: number): Where {
  return {
    begin: async () => {},
    run(cells, order, done) {
      const pool = new CellPool(Math.min(jobs, cells.length));
      const one = async (cell: (typeof cells)[number]) => {
        const end = await pool.run(cell.loaded, order);
        if (end !== null) done(cell, end);
      };
      let ending: Promise<void> | null = null;
      const end = () => {
        ending ??= pool.end();
        return ending;
      };
      return {
        finished: Promise.all(cells.map(one)).then(end, async (error) => {
          await end();
          throw error;
        }),
        stop: () => {
          end().catch(() => {});
        },
      };
    },
    fleet: () => null,
    close: async () => {},
  };
}
