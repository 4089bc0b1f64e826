/**
 * Whoever works: takes jobs of all studies on the server in turns, runs each by the handler of its kind, and
 * acknowledges it once its result is stored there.
 *
 *     taken -> "I have begun" -> files -> handler -> result stored, if none is yet -> acknowledged
 *
 * While a job is under way the server is told so, several times in the time after which it would give the job
 * to somebody else. So a job comes back exactly when its worker is dead, or has lost the server; and if it was
 * only slow, the second result is refused, which does no harm: results of the same job are the same.
 *
 * A job with which workers die is not given out for ever. Each worker writes down that it has begun, and takes
 * that back when it hands a job back in good order; a worker that finds too many such lines stores a failure.
 * A worker that cannot begin jobs (a disk that is full) would soon have written them all: where there are
 * others to take a job it has one line of it, and rests, longer every time, until it has begun one.
 */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Msg } from '@nats-io/transport-node';
import { kernelsDigest, ownVersion } from '../output/versions.js';
import type { FileCache } from './cache.js';
import {
  apiCode,
  GivenUp,
  type QueueConnection,
  STREAM_NOT_FOUND,
  WRONG_LAST_SEQUENCE,
} from './connection.js';
import { Fleet } from './fleet.js';
import { Objects } from './objects.js';
import {
  ABSENT_MS,
  CONSUMER,
  FLEET_SUBJECT,
  type Job,
  type JobEnd,
  lastToken,
  namesOf,
  PRESENCE_MS,
  PROTOCOL,
  type Presence,
  type StudyCard,
  studyOfStream,
  type Try,
  WAKE_SUBJECT,
  type Who,
  whoIs,
} from './protocol.js';

/** Asked for new studies and jobs so often, where nobody says that there are some. */
const LOOK_MS = 1000;
const STUDIES_MS = 5000;
/** A job that could not be begun is not given out again before. */
const AGAIN_MS = 2000;
/** Of a worker that can begin none, between two that it tries. */
const LONGEST_REST_MS = 60_000;
const NO_MODULES = 'its jobs bring code, and this worker was started with --no-modules';
/** "In progress" is said so many times in the time after which a job goes to others. */
const TOLD_TIMES = 4;

/** Runs jobs of one kind. */
export interface JobHandler {
  /**
   * Gives plain data; null where `end` came first. What it throws counts as "could not be begun", and the job
   * is tried again elsewhere: a failure of the work itself is a value.
   *
   * @param root folder that has the job's files under their whole paths
   */
  run(data: unknown, root: string): Promise<{ value: unknown; keep: boolean } | null>;
  /** Ends what is under way. */
  end(): Promise<void>;
}

export interface WorkerOptions {
  handlers: Readonly<Record<string, JobHandler>>;
  /** Jobs at a time. */
  jobs: number;
  /** Leaves after so long without a job; null: never. */
  idleExitMs: number | null;
  /** Whether jobs that bring code are taken. */
  modules: boolean;
  cache: FileCache;
  say: (line: string) => void;
}

interface KnownStudy {
  card: StudyCard | null;
  /** Why no job of it is taken; null where they are. */
  refused: string | null;
  redeliverMs: number;
  objects: Objects | null;
  /** Who else works. */
  fleet: Fleet;
  sinceMs: number;
}

/** What it did. */
export interface WorkerReport {
  /** Jobs whose result it stored. */
  done: number;
  /** Jobs whose result was there already. */
  dropped: number;
  /** Jobs that it handed back. */
  handedBack: number;
}

export class QueueWorker {
  readonly report: WorkerReport = { done: 0, dropped: 0, handedBack: 0 };
  private readonly queue: QueueConnection;
  private readonly options: WorkerOptions;
  private readonly id = randomUUID();
  private readonly who: Who = { host: hostname(), pid: process.pid };
  private readonly studies = new Map<string, KnownStudy>();
  /** By study. */
  private readonly busy = new Map<string, number>();
  private readonly underWay = new Set<Promise<void>>();
  private stopping = false;
  private turn = 0;
  private studiesMs = Number.NEGATIVE_INFINITY;
  private wake = () => {};
  /** Jobs that it could not begin, one after the other, and until when it takes none. */
  private unable = 0;
  private restsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(queue: QueueConnection, options: WorkerOptions) {
    this.queue = queue;
    this.options = options;
  }

  /** Until `stop`, or until nothing has come for long enough. */
  async serve(): Promise<WorkerReport> {
    const { nc } = this.queue;
    const wake = nc.subscribe(WAKE_SUBJECT, {
      callback: () => {
        this.studiesMs = Number.NEGATIVE_INFINITY;
        this.wake();
      },
    });
    const presence = setInterval(() => this.tell(), PRESENCE_MS);
    this.tell();
    let idleSinceMs = Date.now();
    try {
      while (!this.stopping) {
        if (this.underWay.size >= this.options.jobs) {
          await Promise.race([...this.underWay, this.asleep(LOOK_MS)]);
          idleSinceMs = Date.now();
          continue;
        }
        const taken = Date.now() < this.restsUntilMs ? null : await this.take();
        if (taken !== null) {
          idleSinceMs = Date.now();
          this.begin(taken);
          continue;
        }
        if (this.underWay.size > 0) idleSinceMs = Date.now();
        const { idleExitMs } = this.options;
        if (idleExitMs !== null && Date.now() - idleSinceMs >= idleExitMs) break;
        await Promise.race([...this.underWay, this.asleep(LOOK_MS)]);
      }
      await Promise.all(this.underWay);
    } finally {
      clearInterval(presence);
      wake.unsubscribe();
      for (const { fleet } of this.studies.values()) fleet.close();
      this.tell(true);
    }
    return this.report;
  }

  /** Hands back what is under way, at once, and takes no more. Idempotent. */
  stop(): void {
    if (this.stopping) return;
    this.stopping = true;
    this.wake();
    for (const handler of Object.values(this.options.handlers)) handler.end().catch(() => {});
  }

  private asleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private tell(gone = false): void {
    if (this.queue.nc.isClosed()) return;
    const refuses = [...this.studies].flatMap(([study, { refused }]) =>
      refused === null ? [] : [[study, refused]],
    );
    const said: Presence = {
      ...this.who,
      worker: this.id,
      sottovoce: ownVersion(),
      kernels: kernelsDigest(),
      jobs: this.options.jobs,
      busy: Object.fromEntries(this.busy),
      refuses: Object.fromEntries(refuses),
      ...(gone && { gone: true as const }),
    };
    this.queue.nc.publish(FLEET_SUBJECT, JSON.stringify(said));
  }

  /** A job of the next study that has one; null where none has. */
  private async take(): Promise<{ study: string; message: TakenJob } | null> {
    const { nc } = this.queue;
    if (Date.now() - this.studiesMs >= STUDIES_MS) await this.findStudies();
    const able = [...this.studies].filter(([, { refused }]) => refused === null).map(([study]) => study);
    for (let tried = 0; tried < able.length && !this.stopping; tried++) {
      const study = able[this.turn++ % able.length] as string;
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${namesOf(study).jobs}.${CONSUMER}`;
      try {
        // A subscription of its own: a job arrives under its own subject, by which no answer is found.
        const asked = { timeout: 2 * LOOK_MS, noMux: true };
        const answer = await nc.request(subject, '{"batch":1,"no_wait":true}', asked);
        // 404: nothing waits. Other codes: the study has just ended.
        if (answer.headers?.code) continue;
        return { study, message: new TakenJob(this.queue, answer) };
      } catch (error) {
        if (nc.isClosed()) throw error;
        // The server is away, or the study is over. A job that was on its way comes back by itself.
        this.studiesMs = Number.NEGATIVE_INFINITY;
      }
    }
    return null;
  }

  private async findStudies(): Promise<void> {
    const { jsm } = this.queue;
    try {
      const found = new Set<string>();
      for await (const { config } of jsm.streams.list('sottovoce.*.job.*')) {
        const study = studyOfStream(config.name);
        if (study === null) continue;
        found.add(study);
        const card = readCard(config.description);
        const known = this.studies.get(study);
        // Asked each time: the command again may have another --redeliver.
        const consumer = await jsm.consumers.info(namesOf(study).jobs, CONSUMER).catch((error) => {
          if (apiCode(error) === null) throw error;
          return null;
        });
        // Its orderer is making it, or was killed while it did: the other studies do not wait for that.
        if (consumer === null) continue;
        const redeliverMs = (consumer.config.ack_wait ?? 0) / 1e6;
        if (known !== undefined && JSON.stringify(known.card) === JSON.stringify(card)) {
          known.redeliverMs = redeliverMs;
          continue;
        }
        const refused = this.refusal(card);
        if (refused !== null && known?.refused !== refused)
          this.options.say(`study ${card?.name ?? study}: ${refused}; it takes none of its jobs`);
        const { objects, fleet, sinceMs } = known ?? {
          objects: null,
          fleet: new Fleet(this.queue, study),
          sinceMs: Date.now(),
        };
        this.studies.set(study, { card, refused, redeliverMs, objects, fleet, sinceMs });
      }
      for (const [study, { fleet }] of this.studies) {
        if (found.has(study) || this.busy.has(study)) continue;
        fleet.close();
        this.studies.delete(study);
      }
      this.studiesMs = Date.now();
      this.tell();
    } catch (error) {
      // Away, or one of them has just come or gone: they are looked for again.
      if (this.queue.nc.isClosed()) throw error;
    }
  }

  private refusal(card: StudyCard | null): string | null {
    const own = ownVersion();
    if (card === null || card.protocol !== PROTOCOL || card.sottovoce !== own) {
      return `it was ordered by Sottovoce ${card?.sottovoce ?? 'of another kind'}, this worker is ${own}`;
    }
    const kernels = kernelsDigest();
    if (card.kernels !== kernels) {
      const [theirs, ours] = [card.kernels.slice(0, 8), kernels.slice(0, 8)];
      return `it was ordered by Sottovoce ${own} with kernels ${theirs}, this worker has ${own} with kernels ${ours}`;
    }
    return card.modules && !this.options.modules ? NO_MODULES : null;
  }

  private begin({ study, message }: { study: string; message: TakenJob }): void {
    this.busy.set(study, (this.busy.get(study) ?? 0) + 1);
    const work = this.one(study, message)
      .catch((error: Error) => this.options.say(`a job is left to others: ${error.message}`))
      .finally(() => {
        const left = (this.busy.get(study) as number) - 1;
        if (left > 0) this.busy.set(study, left);
        else this.busy.delete(study);
        this.underWay.delete(work);
        this.tell();
      });
    this.underWay.add(work);
    this.tell();
  }

  private async one(study: string, message: TakenJob): Promise<void> {
    const known = this.studies.get(study) as KnownStudy;
    const id = lastToken(message.subject);
    let inProgress: NodeJS.Timeout | undefined;
    const tellOn = () => {
      const redeliverMs = this.studies.get(study)?.redeliverMs ?? known.redeliverMs;
      inProgress = setTimeout(() => {
        message.working();
        tellOn();
      }, redeliverMs / TOLD_TIMES);
    };
    tellOn();
    let begun: Try[] = [];
    try {
      if (await this.hasResult(study, id)) {
        this.report.dropped++;
        message.ack();
        return;
      }
      begun = message.deliveries > 1 ? await this.triesOf(study, id) : [];
      const deaths = known.card?.deaths ?? 1;
      if (begun.length >= deaths) {
        await this.store(study, id, { failed: sayTries(begun), by: this.who }, message);
        return;
      }
      await this.writeTries(study, id, [...begun, { ...this.who, error: null }]);
      known.objects ??= await Objects.open(this.queue, study, false);
      const { objects } = known;
      const job = (await objects.unpack(message.text)) as Job;
      if (job.modules && !this.options.modules) {
        // What its study says of itself came later than the job.
        known.refused = NO_MODULES;
        await this.handBack(study, id, begun, message, AGAIN_MS);
        return;
      }
      const handler = this.options.handlers[job.kind];
      if (handler === undefined) throw new Error(`this worker knows no jobs of kind ${job.kind}`);
      const end = await this.options.cache.withTree(
        job.files,
        (sha256) => objects.get(sha256),
        (root) => handler.run(job.data, root),
      );
      this.unable = 0;
      if (end === null || this.stopping) {
        await this.handBack(study, id, begun, message);
        return;
      }
      await this.store(study, id, { ...end, by: this.who }, message);
    } catch (error) {
      if (error instanceof StudyOver) return;
      if (this.stopping) {
        await this.handBack(study, id, begun, message);
        return;
      }
      const { message: why } = error as Error;
      this.options.say(`job ${id} could not be begun: ${why}`);
      let before: readonly Try[] = begun;
      if (!this.isAlone(known)) {
        before = begun.filter((one) => one.error === null || !this.isOwn(one));
        const restMs = Math.min(AGAIN_MS * 2 ** this.unable++, LONGEST_REST_MS);
        this.restsUntilMs = Date.now() + restMs;
      }
      await this.writeTries(study, id, [...before, { ...this.who, error: why }]);
      message.nak(AGAIN_MS);
    } finally {
      clearTimeout(inProgress);
    }
  }

  /** Whether nobody else takes jobs of the study; others have had time to say that they do. */
  private isAlone({ fleet, sinceMs }: KnownStudy): boolean {
    if (Date.now() - sinceMs < ABSENT_MS) return false;
    return fleet.view().able.every(({ worker }) => worker === this.id);
  }

  private isOwn({ host, pid }: Who): boolean {
    return host === this.who.host && pid === this.who.pid;
  }

  private async handBack(
    study: string,
    id: string,
    begun: readonly Try[],
    message: TakenJob,
    afterMs = 0,
  ): Promise<void> {
    this.report.handedBack++;
    // Whoever has it next reads these lines; a server that is away is not waited for.
    const tries = this.queue.js.publish(namesOf(study).try(id), JSON.stringify(begun));
    await Promise.race([tries.catch(() => {}), new Promise((done) => setTimeout(done, LOOK_MS).unref())]);
    message.nak(afterMs);
  }

  /** The first result of a job stays; then the job is acknowledged. */
  private async store(study: string, id: string, end: JobEnd, message: TakenJob): Promise<void> {
    const known = this.studies.get(study) as KnownStudy;
    known.objects ??= await Objects.open(this.queue, study, false);
    const text = await known.objects.pack(end);
    const names = namesOf(study);
    await this.whileThere(study, async () => {
      try {
        await this.queue.js.publish(names.result(id), text, {
          expect: { streamName: names.results, lastSubjectSequence: 0 },
        });
        this.report.done++;
      } catch (error) {
        if (apiCode(error) !== WRONG_LAST_SEQUENCE) throw error;
        this.report.dropped++;
      }
    });
    // Not waited for: one that is lost brings the job back, whose result is then found.
    message.ack();
  }

  private async hasResult(study: string, id: string): Promise<boolean> {
    const { results, result } = namesOf(study);
    const found = await this.whileThere(study, () =>
      this.queue.jsm.streams.getMessage(results, { last_by_subj: result(id) }),
    );
    return found !== null;
  }

  private async triesOf(study: string, id: string): Promise<Try[]> {
    const names = namesOf(study);
    const found = await this.whileThere(study, () =>
      this.queue.jsm.streams.getMessage(names.tries, { last_by_subj: names.try(id) }),
    );
    return found === null ? [] : (JSON.parse(found.string()) as Try[]);
  }

  private async writeTries(study: string, id: string, tries: readonly Try[]): Promise<void> {
    const text = JSON.stringify(tries);
    await this.whileThere(study, () => this.queue.js.publish(namesOf(study).try(id), text));
  }

  /** Waits for a server that is away; throws StudyOver where it is there and the study is not. */
  private async whileThere<T>(study: string, work: () => Promise<T>): Promise<T> {
    const { persist, jsm } = this.queue;
    try {
      return await persist(
        async () => {
          try {
            return await work();
          } catch (error) {
            if (apiCode(error) === STREAM_NOT_FOUND) throw new StudyOver();
            await jsm.streams.info(namesOf(study).jobs).catch((why) => {
              if (apiCode(why) === STREAM_NOT_FOUND) throw new StudyOver();
            });
            throw error;
          }
        },
        () => this.stopping,
      );
    } catch (error) {
      if (error instanceof GivenUp) throw new Error('stopped while the server was away');
      throw error;
    }
  }
}

/** A job as the server gave it, and what it is told of it. */
class TakenJob {
  readonly subject: string;
  readonly text: string;
  /** How many times it has been given out. */
  readonly deliveries: number;
  private readonly queue: QueueConnection;
  private readonly reply: string;

  constructor(queue: QueueConnection, message: Msg) {
    this.queue = queue;
    this.subject = message.subject;
    this.text = message.string();
    this.reply = message.reply ?? '';
    // $JS.ACK.<stream>.<consumer>.<deliveries>...., with a domain and an account before the stream in some.
    const tokens = this.reply.split('.');
    this.deliveries = Number(tokens[tokens.length > 9 ? 6 : 4]);
  }

  working(): void {
    this.say('+WPI');
  }

  ack(): void {
    this.say('+ACK');
  }

  nak(afterMs = 0): void {
    this.say(afterMs === 0 ? '-NAK' : `-NAK {"delay":${afterMs * 1e6}}`);
  }

  private say(word: string): void {
    if (!this.queue.nc.isClosed()) this.queue.nc.publish(this.reply, word);
  }
}

/** Its orderer has taken it away: nobody waits for what comes of it. */
class StudyOver extends Error {
  override name = 'StudyOver';
}

function readCard(description: string | undefined): StudyCard | null {
  try {
    return JSON.parse(description ?? '') as StudyCard;
  } catch {
    return null;
  }
}

/** `its worker died 3 times while it ran: on a (process 1), on b (process 2); on c: no such file` */
function sayTries(tries: readonly Try[]): string {
  const died = tries.filter(({ error }) => error === null);
  const others = tries.filter(({ error }) => error !== null);
  const parts = [];
  if (died.length > 0) {
    const times = died.length === 1 ? 'once' : `${died.length} times`;
    parts.push(`its worker died ${times} while it ran: on ${died.map(whoIs).join(', ')}`);
  }
  if (others.length > 0)
    parts.push(
      `it could not be begun on ${others.map((one) => `${whoIs(one)}: ${one.error}`).join('; on ')}`,
    );
  return parts.join('; ');
}
