/**
 * What orderers and workers say to each other, and where on the server it lies. Of every study, by its id:
 *
 *     SOTTOVOCE_JOBS_<study>      a work queue; one message a job, gone once it is acknowledged
 *     SOTTOVOCE_RESULTS_<study>   one message a job that has ended; the first one stays, others are refused
 *     SOTTOVOCE_TRIES_<study>     who began a job and has not ended it; the last word of each
 *     OBJ_SOTTOVOCE_<study>       bytes by their SHA-256: files, large arrays, what is too large for a message
 *
 * and for all of them `sottovoce.fleet`, where workers say what they do, and `sottovoce.wake`, which says that
 * there are new jobs. Nothing is kept of these two.
 *
 * A job is a kind and plain data: whoever orders another kind of work gives a kind, and workers a handler.
 */

/** Changes with anything below: others do not read it. */
export const PROTOCOL = 1;
export const FLEET_SUBJECT = 'sottovoce.fleet';
export const WAKE_SUBJECT = 'sottovoce.wake';
export const CONSUMER = 'workers';
const JOBS = 'SOTTOVOCE_JOBS_';

/** What there is of a study on the server. */
export const namesOf = (study: string) => ({
  jobs: `${JOBS}${study}`,
  results: `SOTTOVOCE_RESULTS_${study}`,
  tries: `SOTTOVOCE_TRIES_${study}`,
  bucket: `SOTTOVOCE_${study}`,
  job: (id: string) => `sottovoce.${study}.job.${id}`,
  result: (id: string) => `sottovoce.${study}.result.${id}`,
  try: (id: string) => `sottovoce.${study}.try.${id}`,
});

/** Whose jobs a stream has; null where it is none of ours. */
export function studyOfStream(stream: string): string | null {
  return stream.startsWith(JOBS) ? stream.slice(JOBS.length) : null;
}

export const lastToken = (subject: string) => subject.slice(subject.lastIndexOf('.') + 1);

/** What a study's stream says of it in its description, which servers of version 2.9 keep. */
export interface StudyCard {
  sottovoce: string;
  /** SHA-256 of the kernels: others may round otherwise. */
  kernels: string;
  protocol: number;
  /** For people. */
  name: string;
  /** Of whoever ordered it. */
  host: string;
  /** Whether its jobs bring code. */
  modules: boolean;
  /** How many workers may die with a job before it counts as failed. */
  deaths: number;
}

/** A file that a job reads. */
export interface JobFile {
  /** Absolute, where it lies for whoever ordered it. */
  path: string;
  bytes: number;
  sha256: string;
}

/** Some work, as its orderer gives it. */
export interface Job {
  /** Digest of all that decides its result: letters and digits. */
  id: string;
  /** Which handler of a worker runs it. */
  kind: string;
  /** Plain data: see `plain-data.ts`. */
  data: unknown;
  files: readonly JobFile[];
  /** Whether it brings code that runs on the worker. */
  modules: boolean;
}

/** Who did something. */
export interface Who {
  host: string;
  pid: number;
}

/** What became of a job. */
export type JobEnd =
  | {
      value: unknown;
      /** Whether it would end so again; what may be the machine's is tried again when its study goes on. */
      keep: boolean;
      by: Who;
    }
  | { failed: string; by: Who };

/** Somebody who began a job and has not said what became of it. */
export interface Try extends Who {
  /** Why it could not be begun; null where nothing was heard of it again. */
  error: string | null;
}

/** What a worker says of itself, now and then. */
export interface Presence extends Who {
  worker: string;
  sottovoce: string;
  kernels: string;
  /** Jobs at a time, and those under way by study. */
  jobs: number;
  busy: Record<string, number>;
  /** Studies of which it takes no jobs, and why. */
  refuses: Record<string, string>;
  /** Said when it leaves. */
  gone?: true;
}

/** How often a worker says so, and how long it counts as there without. */
export const PRESENCE_MS = 1500;
export const ABSENT_MS = 6000;

export const whoIs = ({ host, pid }: Who) => `${host} (process ${pid})`;
