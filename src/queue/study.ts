/**
 * Whoever orders: gives jobs to the queue and takes what becomes of them, each once, whatever dies meanwhile.
 *
 *  - A job that waits, or is under way, is on the server already: the server refuses a second message of the
 *    same subject. So it may be ordered again and again.
 *  - A job that has ended has a result on the server, and is taken from there.
 *  - Results are read by their numbers in the stream, from the first one on; what is published meanwhile only
 *    wakes us. So nothing depends on a message that arrives while we are away.
 */

import { hostname } from 'node:os';
import { digestOf } from '../base/canonical.js';
import { RunError } from '../base/errors.js';
import { kernelsDigest, ownVersion } from '../output/versions.js';
import { apiCode, GivenUp, isTaken, type QueueConnection, STREAM_NOT_FOUND } from './connection.js';
import { Fleet } from './fleet.js';
import { ChangedFile, Objects } from './objects.js';
import {
  CONSUMER,
  type Job,
  type JobEnd,
  lastToken,
  namesOf,
  PROTOCOL,
  type StudyCard,
  WAKE_SUBJECT,
} from './protocol.js';

/** Requests under way at once. */
const AT_ONCE = 16;
/** Looked for results at least so often. */
const LOOK_MS = 1000;

export interface StudyOptions {
  /** Letters and digits. */
  study: string;
  /** For people. */
  name: string;
  /** A worker that says nothing for so long is dead, and its jobs go to others. */
  redeliverMs: number;
  /** How many workers may die with a job before it counts as failed. */
  deaths: number;
}

/** Its job is done again when the study goes on. */
const UNREADABLE: JobEnd = {
  failed: 'what the queue has as its result is none: somebody else writes to the queue',
  by: { host: '', pid: 0 },
};

/** What is told of each job. */
export type Told = { end: JobEnd } | { changed: string };

export interface JobsUnderWay {
  finished: Promise<void>;
  stop(): void;
}

export class Study {
  readonly fleet: Fleet;
  private readonly queue: QueueConnection;
  private readonly options: StudyOptions;
  private readonly objects: Objects;
  private readonly names: ReturnType<typeof namesOf>;
  /** Numbers of results in their stream, by job. */
  private readonly seen = new Map<string, number>();
  private next = 1;
  private modules = false;

  private constructor(queue: QueueConnection, options: StudyOptions, objects: Objects) {
    this.queue = queue;
    this.options = options;
    this.objects = objects;
    this.names = namesOf(options.study);
    this.fleet = new Fleet(queue, options.study);
  }

  /** Makes what is not there yet of it on the server. */
  static async open(queue: QueueConnection, options: StudyOptions): Promise<Study> {
    const { AckPolicy, DiscardPolicy, RetentionPolicy, StorageType } = await import('@nats-io/jetstream');
    const { jsm, persist } = queue;
    const names = namesOf(options.study);
    const kept = { storage: StorageType.File };
    const objects = await Objects.open(queue, options.study, true);
    const study = new Study(queue, options, objects);
    await persist(() => addStream(queue, { ...kept, name: names.results, subjects: [names.result('*')] }));
    await persist(() =>
      addStream(queue, {
        ...kept,
        name: names.tries,
        subjects: [names.try('*')],
        max_msgs_per_subject: 1,
      }),
    );
    // Last: workers look for this one, and find the others then.
    await persist(() =>
      addStream(queue, {
        ...kept,
        name: names.jobs,
        subjects: [names.job('*')],
        description: study.card(),
        retention: RetentionPolicy.Workqueue,
        max_msgs_per_subject: 1,
        discard: DiscardPolicy.New,
        discard_new_per_subject: true,
      }),
    );
    await persist(() =>
      jsm.consumers.add(names.jobs, {
        durable_name: CONSUMER,
        ack_policy: AckPolicy.Explicit,
        ack_wait: options.redeliverMs * 1e6,
        max_deliver: -1,
        max_ack_pending: 100_000,
      }),
    );
    await study.look();
    return study;
  }

  /** Results that are on the server already. */
  get stored(): number {
    return this.seen.size;
  }

  /** `told` is called once for each job; what it throws ends all. */
  run(jobs: readonly Job[], told: (id: string, what: Told) => void): JobsUnderWay {
    let stopped = false;
    const waiting = new Map(jobs.map((job) => [job.id, job]));
    let wake = () => {};
    const asleep = () =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    const tell = (id: string, what: Told) => {
      // Whatever comes twice counts once.
      if (stopped || !waiting.delete(id)) return;
      told(id, what);
    };
    const given = () => stopped;

    const order = async () => {
      await this.announce(jobs.some(({ modules }) => modules));
      await inParallel(jobs, async (job) => {
        if (stopped) return;
        const known = this.seen.get(job.id);
        if (known !== undefined) {
          const end = await this.read(known);
          if (end !== null && 'value' in end && end.keep) {
            tell(job.id, { end });
            return;
          }
          await this.forget(job.id, known);
        }
        try {
          for (const { path, sha256 } of job.files) await this.objects.putFile(path, sha256);
          await this.publish(job, given);
        } catch (error) {
          if (error instanceof ChangedFile) tell(job.id, { changed: error.message });
          else if (!(error instanceof GivenUp)) throw error;
        }
      });
      this.queue.nc.publish(WAKE_SUBJECT);
    };

    const collect = async () => {
      const subscription = this.queue.nc.subscribe(this.names.result('*'), { callback: () => wake() });
      try {
        while (waiting.size > 0 && !stopped) {
          const fresh = await this.look(given);
          await inParallel(fresh, async ({ id, text }) => {
            if (waiting.has(id)) tell(id, { end: (await this.endIn(text)) ?? UNREADABLE });
          });
          if (fresh.length === 0 && waiting.size > 0 && !stopped) await asleep();
        }
      } catch (error) {
        if (!(error instanceof GivenUp)) throw error;
      } finally {
        subscription.unsubscribe();
      }
    };

    let ended = () => {};
    const ending = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const stop = () => {
      if (stopped) return;
      stopped = true;
      wake();
      ended();
      // Nobody begins another one; what is under way ends, and its result is there for going on.
      this.queue.jsm.streams.purge(this.names.jobs).catch(() => {});
    };
    const both = Promise.all([order(), collect()]).catch((error) => {
      if (stopped) return;
      stop();
      throw error;
    });
    // Whoever stops does not wait for a server that is away.
    return { finished: Promise.race([both.then(() => {}), ending]), stop };
  }

  /** How many jobs workers have, and how many nobody has yet. */
  async counts(): Promise<{ underWay: number; waiting: number }> {
    const { num_ack_pending, num_pending } = await this.queue.jsm.consumers.info(this.names.jobs, CONSUMER);
    return { underWay: num_ack_pending, waiting: num_pending };
  }

  /** @param clean whether nothing of it stays on the server */
  async close(clean: boolean): Promise<void> {
    this.fleet.close();
    if (!clean) return;
    const { jobs, results, tries, bucket } = this.names;
    for (const stream of [jobs, tries, results, `OBJ_${bucket}`]) {
      await this.queue.persist(async () => {
        try {
          await this.queue.jsm.streams.delete(stream);
        } catch (error) {
          if (apiCode(error) !== STREAM_NOT_FOUND) throw error;
        }
      });
    }
  }

  private card(): string {
    const card: StudyCard = {
      sottovoce: ownVersion(),
      kernels: kernelsDigest(),
      protocol: PROTOCOL,
      name: this.options.name,
      host: hostname(),
      modules: this.modules,
      deaths: this.options.deaths,
    };
    return JSON.stringify(card);
  }

  /** Says on the server that its jobs bring code, where that is new. */
  private async announce(modules: boolean): Promise<void> {
    if (!modules || this.modules) return;
    this.modules = true;
    await this.queue.persist(() =>
      this.queue.jsm.streams.update(this.names.jobs, { description: this.card() }),
    );
  }

  /** What has come since the last look. */
  private async look(givenUp?: () => boolean): Promise<{ id: string; text: string }[]> {
    const { jsm, persist } = this.queue;
    const { state } = await persist(() => jsm.streams.info(this.names.results), givenUp);
    const numbers: number[] = [];
    for (let number = Math.max(this.next, state.first_seq); number <= state.last_seq; number++)
      numbers.push(number);
    const fresh: { id: string; text: string }[] = [];
    await inParallel(numbers, async (number) => {
      const message = await persist(
        () => jsm.streams.getMessage(this.names.results, { seq: number }),
        givenUp,
      );
      if (message === null) return;
      const id = lastToken(message.subject);
      this.seen.set(id, number);
      fresh.push({ id, text: message.string() });
    });
    this.next = Math.max(this.next, state.last_seq + 1);
    return fresh;
  }

  private async read(number: number, givenUp?: () => boolean): Promise<JobEnd | null> {
    const { jsm, persist } = this.queue;
    const message = await persist(() => jsm.streams.getMessage(this.names.results, { seq: number }), givenUp);
    return message === null ? null : await this.endIn(message.string());
  }

  /** Null where it is nothing that a worker says, or its bytes are not those that it names. */
  private async endIn(text: string): Promise<JobEnd | null> {
    try {
      const end = (await this.objects.unpack(text)) as Partial<Record<'value' | 'failed', unknown>> | null;
      const good =
        typeof end === 'object' && (end?.value instanceof Object || typeof end?.failed === 'string');
      return good ? (end as JobEnd) : null;
    } catch (error) {
      // The connection has ended for good.
      if (error instanceof RunError) throw error;
      return null;
    }
  }

  /** A result that may have been the machine's: its job is done again. */
  private async forget(id: string, number: number): Promise<void> {
    const { jsm, persist } = this.queue;
    this.seen.delete(id);
    await persist(() => jsm.streams.deleteMessage(this.names.results, number).catch(ignoreMissing));
    await persist(() => jsm.streams.purge(this.names.tries, { filter: this.names.try(id) }));
  }

  private async publish(job: Job, givenUp: () => boolean): Promise<void> {
    const message = await this.objects.pack(job);
    await this.queue.persist(async () => {
      try {
        await this.queue.js.publish(this.names.job(job.id), message);
      } catch (error) {
        // It waits there, or somebody has it: a study that goes on.
        if (!isTaken(error)) throw error;
      }
    }, givenUp);
  }
}

/** An id under which a study is found again; null: of nobody else. */
export function studyId(what: unknown): string {
  return digestOf(what).slice(0, 12);
}

type StreamConfig = Parameters<QueueConnection['jsm']['streams']['add']>[0];

/** Of what is there already only what it says of itself may differ. */
async function addStream({ jsm }: QueueConnection, config: StreamConfig): Promise<void> {
  try {
    await jsm.streams.info(config.name);
  } catch (error) {
    if (apiCode(error) !== STREAM_NOT_FOUND) throw error;
    await jsm.streams.add(config);
    return;
  }
  if (config.description === undefined) return;
  const before = (await jsm.streams.info(config.name)).config.description ?? '';
  if (!sameProgram(before, config.description)) await jsm.streams.purge(config.name);
  await jsm.streams.update(config.name, { description: config.description });
}

/** Jobs that another version has left are nobody's any more. */
function sameProgram(before: string, now: string): boolean {
  try {
    const [one, other] = [JSON.parse(before) as StudyCard, JSON.parse(now) as StudyCard];
    return one.sottovoce === other.sottovoce && one.kernels === other.kernels;
  } catch {
    return false;
  }
}

function ignoreMissing(error: unknown): boolean {
  if (apiCode(error) === 10037 || apiCode(error) === 10043) return false;
  throw error;
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, one));
}
