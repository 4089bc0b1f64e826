/** What whoever watches a run is given, in the same process: its memory, and what lies where in it. */

import type { ChangeReport } from '../run/changes.js';
import type { RunPlan } from '../run/types.js';

/** Of a run under way. */
export interface SharedRun {
  /** Its arena: the workers write to it. */
  memory: WebAssembly.Memory;
  /** Where in it everything lies, and what the run is. */
  plan: RunPlan;
  /** What its agents are called; null where they have no names of their own, or there are very many. */
  labels: string[] | null;
}

/** With what has been changed so far: every change moves a run to another memory. */
export interface SharedNow extends SharedRun {
  changes: readonly ChangeReport[];
}

/** What a session has for the dashboard, beside what programs are promised. */
export interface Watchable {
  /** The memory of a run under way, to watch it without asking: nothing there may be written to. */
  shared(): Promise<SharedNow>;
}
