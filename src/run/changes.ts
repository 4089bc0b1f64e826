/**
 * What may be changed between two rounds of a run that stands still. Plain data: the journal of a run's
 * changes stands in its manifest, by which it can be run again.
 */

/** An undirected edge: the numbers of its ends, in any order. */
export type EdgeEnds = readonly [number, number];

/** One thing that is changed. */
export type Edit =
  /** Messages from now on; null: none, as without `compressor`. Its own memory begins anew. */
  | { kind: 'compressor'; compressor: string | { kind: string; [parameter: string]: unknown } | null }
  /** Parameters of the flow, by their names in the config: `{ step: 0.02, mu: 0.5 }`. The others stay. */
  | { kind: 'flow'; parameters: Readonly<Record<string, unknown>> }
  /** Edges that carry nothing from now on. */
  | { kind: 'cut'; edges: readonly EdgeEnds[] }
  /** Edges that were cut, or all of them. */
  | { kind: 'restore'; edges: readonly EdgeEnds[] | 'all' }
  /** Normal noise of this standard deviation is added once to x of these agents. */
  | { kind: 'noise'; agents: readonly number[] | 'all'; sd: number }
  /** All edges of these agents are cut, and restored so many rounds later. */
  | { kind: 'silence'; agents: readonly number[]; rounds: number }
  /** A fault on purpose in a worker, once it begins the next round: the run fails. */
  | { kind: 'fault'; worker: number; fault: 'throw' | 'exit' | 'out-of-memory' | 'hang' }
  /** Rounds of the run, at most, counted from its beginning. */
  | { kind: 'rounds'; rounds: number }
  /** What `stop` asks for from now on. */
  | { kind: 'stop'; stop: Readonly<Record<string, number>> };

/** Edits that are made together, after so many rounds. */
export interface Change {
  /** Rounds done when they are made. */
  round: number;
  /** In their order. */
  edits: readonly Edit[];
  /**
   * Of one that was made: gains and mode from then on. Whoever makes it again takes these for what was `auto`, and
   * chooses nothing a second time.
   */
  chosen?: { gains: Readonly<Record<string, number>>; compress: string | null };
}

/** What became of a change. */
export interface ChangeReport extends Change {
  /** Gains from now on, by their names in the config. */
  gains: Readonly<Record<string, number>>;
  /** The compressor from now on, in short form. */
  compressor: string;
  /** Edges that carry messages from now on. */
  edges: number;
  /** Every edge that is cut now. */
  cut: readonly EdgeEnds[];
  /** Parts that the network consists of now; 1 where it is connected. */
  parts: number;
  /** What is likely not meant, as sentences. */
  warnings: string[];
}
