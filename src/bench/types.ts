/**
 * What a benchmark is: a question, and figures that answer it. One file each, one entry in `registry.ts`; the
 * command line, the JSON, the comparison with a baseline and the tests find it by themselves.
 */

import type { Interval, Spread } from './stats.js';

/** One measured quantity. */
export interface Figure extends Spread {
  /** The same from one version to the next: `round/in-cache/flatten(sign)`. Baselines are compared by it. */
  id: string;
  /** As in `id`, for people. */
  label: string;
  unit: string;
  better: 'higher' | 'lower';
  /** The samples, pass by pass, in the order in which they were taken. Earlier versions kept none. */
  values?: readonly number[];
  /** Bootstrap interval of the median; null with too few samples. */
  interval?: Interval | null;
  /** What it is meant to reach, where something was promised. */
  target?: Target;
  /**
   * What arithmetic in registers alone came to in its place, in turns with it: no round does better on this
   * machine.
   */
  ceiling?: Spread;
}

export type Target = { atLeast: number } | { atMost: number };

/** A table as people read it: cells are text already. Columns after the first are set flush right. */
export interface Table {
  title: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  /** Sentences between title and columns: without which its numbers would be misread. */
  preface?: readonly string[];
  /** Sentences below it. */
  notes: readonly string[];
}

export interface BenchResult {
  figures: Figure[];
  tables: Table[];
  /** SVG, where the benchmark has something to draw. */
  picture?: string;
  /** Whatever else a program may want to read; plain data. */
  details?: Record<string, unknown>;
}

/** What a benchmark is asked. */
export interface BenchInputs {
  /** A second or two in all: shows that everything works, and roughly how fast. */
  quick: boolean;
  seed: number;
  /** Numbers of workers, ascending, beginning with 1. */
  workers: readonly number[];
  /** Passes over what is compared: each gives one sample of everything. */
  passes: number;
  /** A config of the user's own, where the benchmark takes one. */
  config: string | null;
  progress: Progress;
  /** What `options` of the benchmark were given, by name; true where it takes no value, or none was given. */
  given?: Readonly<Record<string, string | true>>;
}

/** An option that one benchmark has beside those of all. */
export interface BenchOption {
  /** As the command line's help shows it: `--only <list>`. */
  flags: string;
  /** Its name in `given`. */
  name: string;
  description: string;
}

export interface Progress {
  /** So many more steps are to come. */
  expect(steps: number): void;
  /** One of them is done. `what`: what comes next, or was done, in a few words. */
  step(what: string): void;
  /** A sentence for people before the first step: what it will take. */
  say?(sentence: string): void;
}

export interface Benchmark {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** What it answers, and how it measures; shown by --help. */
  description: string;
  /** Takes a config file. */
  takesConfig?: boolean;
  options?: readonly BenchOption[];
  run(inputs: BenchInputs): Promise<BenchResult>;
}

export function meets(value: number, target: Target): boolean {
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
}
