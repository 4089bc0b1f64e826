/** What the parts of the page have in common: the line, the state as the server told it last, and what may be done. */

import type { DashboardState, Edit, Hello, WriterState } from '../../src/dashboard/protocol.js';
import type { Curves } from './curves.js';
import type { Link } from './link.js';
import type { NetworkPanel } from './network.js';

export interface App {
  readonly link: Link;
  readonly network: NetworkPanel;
  readonly curves: Curves;
  hello: Hello | null;
  state: DashboardState | null;
  writer: WriterState | null;
  /** The agent that is looked into. */
  agent: number | null;
  /** Whether this page has the pen and the line is there. */
  mine(): boolean;
  /** Rounds go on, or will once they are told. */
  going(): boolean;
  /** Does it, and says what went wrong where it does; answers whether it did. */
  attempt(what: string, action: () => Promise<unknown>): Promise<boolean>;
  /** Says a sentence to whoever listens to the page rather than looks at it; `kind` shows it to all. */
  say(sentence: string, kind?: 'good' | 'warn' | 'bad'): void;
  /** Makes edits between two rounds; a run that goes on is paused for it, and goes on. */
  change(edits: Edit[], what: string): Promise<boolean>;
  inspect(agent: number | null, look?: boolean): void;
  openStart(): void;
  showTab(name: 'agent' | 'change' | 'run'): void;
  setPace(roundsPerSecond: number): void;
}

/** Sets what a run's own state was to have been after a change: used by the tour, too. */
export const isLive = (state: DashboardState | null): boolean =>
  state !== null && ['running', 'paused', 'stepping'].includes(state.phase);
