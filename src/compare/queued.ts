/**
 * Cells on workers of a queue, wherever these are. The folder of the results remembers its study in
 * `queue.json`, so that the same command takes up what is on the server; with the study that file goes.
 */

import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeWhole } from '../../topology/whole-file.js';
import { formatCount } from '../base/count.js';
import { InputError } from '../base/errors.js';
import { toJson } from '../output/run-directory.js';
import { connectQueue } from '../queue/connection.js';
import { whoIs } from '../queue/protocol.js';
import { Study, type Told } from '../queue/study.js';
import { cellEnd, cellJob } from './cell-job.js';
import type { Cell, CellEnd } from './types.js';
import type { Where } from './where.js';

const FILE = 'queue.json';
const FORMAT = 'sottovoce-queue/1';
/** How often is asked how many jobs are under way, and who works. */
const ASK_MS = 1500;
/** Nobody has taken a job for so long: then that is said. */
const ALONE_MS = 3000;

export interface QueuedOptions {
  /** `nats://host:4222`, with or without a login. */
  queue: string;
  /** Whether what is on the server stays there. */
  keep: boolean;
  /** Seconds without a word after which a worker counts as dead. */
  redeliverSeconds: number;
  /** Workers that may die with one job. */
  deaths: number;
  say: (line: string) => void;
}

/** Connects. Throws InputError where that cannot be. */
export async function queued(options: QueuedOptions): Promise<Where> {
  const { say } = options;
  const queue = await connectQueue(options.queue, say, 'sottovoce');
  let study: Study | null = null;
  let file: string | null = null;
  let watching: NodeJS.Timeout | null = null;
  let counts: { underWay: number; waiting: number } | null = null;
  const told = new Set<string>();

  const look = async (of: Study) => {
    counts = await of.counts().catch(() => counts);
    for (const { said, why } of of.fleet.view().refuse) {
      if (told.has(said.worker)) continue;
      told.add(said.worker);
      say(`the worker on ${whoIs(said)} takes no jobs of this study: ${why}`);
    }
  };

  return {
    async begin(folder) {
      file = folder === null ? null : join(folder, FILE);
      const id = file === null ? newId() : (rememberedId(file) ?? newId());
      if (file !== null) writeWhole(file, toJson({ format: FORMAT, study: id, server: queue.server }));
      study = await Study.open(queue, {
        study: id,
        name: folder === null ? id : basename(folder),
        redeliverMs: 1000 * options.redeliverSeconds,
        deaths: options.deaths,
      });
      const opened = study;
      say(
        `study ${id} on ${queue.server}${study.stored > 0 ? `, which has ${formatCount(study.stored)} results of it` : ''}`,
      );
      watching = setInterval(() => look(opened), ASK_MS);
      const alone = setTimeout(() => {
        if (opened.fleet.view().able.length === 0)
          say(`no worker is there yet; on each machine: sottovoce worker --queue ${queue.server}`);
      }, ALONE_MS);
      alone.unref();
    },

    run(cells, order, done) {
      const opened = study as Study;
      const known = new Map(cells.map((cell) => [cell.id, cell]));
      return opened.run(
        cells.map((cell) => cellJob(cell, order)),
        (id, what) => done(known.get(id) as Cell, endOf(what)),
      );
    },

    fleet() {
      if (study === null) return null;
      const many = counts === null ? '' : `, ${counts.underWay} under way, ${counts.waiting} waiting`;
      return `${study.fleet.describe()}${many}`;
    },

    async close(complete) {
      if (watching !== null) clearInterval(watching);
      const clean = complete && !options.keep;
      await study?.close(clean);
      if (clean && file !== null) rmSync(file, { force: true });
      await queue.close();
    },
  };
}

function endOf(what: Told): CellEnd {
  if ('changed' in what) return failed(`${what.changed} changed during the comparison`);
  const { end } = what;
  return 'failed' in end ? failed(end.failed) : cellEnd(end.value, end.keep);
}

const failed = (error: string): CellEnd => ({
  outcome: { status: 'failed', error },
  inputs: [],
  keep: false,
});

const newId = () => randomUUID().replaceAll('-', '').slice(0, 12);

/** Throws InputError where the file is there and is none of ours. */
function rememberedId(file: string): string | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  try {
    const { format, study } = JSON.parse(text) as { format: unknown; study: unknown };
    if (format === FORMAT && typeof study === 'string' && /^[0-9a-f]{12}$/.test(study)) return study;
  } catch {
    // Said below.
  }
  throw new InputError(`${file} is damaged, expected the study of this folder`, {
    hint: 'take the file away to begin a study of its own on the queue',
  });
}
