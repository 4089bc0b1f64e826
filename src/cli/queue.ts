/**
 * What `compare`, `sweep`, `map` and `learn` have for a queue in common: options, and who is told what of it.
 */

import type { Command } from 'commander';
import type { Where } from '../compare/where.js';
import { wholeNumber } from '../schema/whole-numbers.js';
import { printLine, type Terminal } from './terminal.js';

export const QUEUE_HELP = `--queue nats://host:4222 gives the runs to a NATS server with JetStream, and so to every machine that runs \`sottovoce worker --queue ...\` there; see docs/queue.md.
Results are the same to the bit. Whatever dies meanwhile (workers, the server, this command), the same command with the same --out goes on.
`;

export interface QueueOptions {
  queue?: string;
  keep?: boolean;
  redeliver?: string;
}

export function addQueueOptions(command: Command): Command {
  return command
    .option('--queue <address>', 'run on the workers of a queue: nats://host:4222 (docs/queue.md)')
    .option('--keep', 'leave what the queue has of the study there')
    .option(
      '--redeliver <seconds>',
      'how long a worker of the queue may say nothing before it is dead (default: 8)',
    );
}

/** `Where`, and who is told what of it. */
export interface OpenWhere extends Where {
  /** Whether all results are written. */
  complete: boolean;
  /** From here on its words go above this bar. */
  tells(watch: { say(line: string): void }): void;
  /** At the end, whatever the end was. */
  end(): Promise<void>;
}

/** Throws InputError. */
export async function openWhere(
  jobs: number,
  options: QueueOptions & { quiet?: boolean },
  terminal: Terminal,
): Promise<OpenWhere> {
  const { whereOf } = await import('../library/where.js');
  const { queue, keep = false, redeliver, quiet } = options;
  let say = (line: string) => printLine(terminal.stderr, line);
  const where = await whereOf(jobs, {
    ...(queue !== undefined && { queue }),
    ...(redeliver !== undefined && { redeliverSeconds: wholeNumber('--redeliver', redeliver, 1) }),
    keepQueue: keep,
    onQueue: (line) => {
      if (!quiet) say(line);
    },
  });
  const opened: OpenWhere = {
    ...where,
    complete: false,
    tells(watch) {
      say = (line) => watch.say(line);
    },
    end: () => where.close(opened.complete),
  };
  return opened;
}
