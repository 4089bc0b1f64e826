/**
 * One row of the trace: what is known of a run after `round` rounds. The columns of trace.csv have these
 * names.
 */

/** Quantities that a run cannot know are NaN: an empty field in trace.csv. */
export interface TraceRow {
  /** Rounds done; 0 is the beginning. */
  round: number;
  /** f(mean x) = (1/n) sum_i f_i(mean x). */
  objective: number;
  /** f(mean x) - f*: of a point that no agent need hold. */
  gap: number;
  /** sqrt(mean over agents and coordinates of (x - x*)^2). */
  rmsError: number;
  /** sqrt(mean over agents and coordinates of (x - mean x)^2). */
  consensusError: number;
  /** sqrt(mean of (x - s)^2): how far the network's estimates lag; NaN where there are none. */
  observerError: number;
  /** Bits delivered so far, each message counted once per agent. */
  bitsBroadcast: number;
  /** Bits delivered so far, each message counted once per directed edge. */
  bitsLinks: number;
  /** In the round loop so far, pauses excluded. */
  seconds: number;
  /** What the rounds so far would have taken on the links of `network`; NaN where none are given. */
  networkSeconds: number;
  /** Share of the test samples that mean x classifies correctly; NaN where there are none. */
  accuracy: number;
  /**
   * Bits so far from all agents to a server, and from it to all of them; NaN in a flow, whose links have no
   * direction.
   */
  bitsUp: number;
  /** Bits so far from a server to all agents; NaN in a flow. */
  bitsDown: number;
  /**
   * Mean and largest of f(x_i) - f* over the agents; NaN where f* is unknown. See `src/run/measure.ts` for
   * which agents.
   */
  agentsGapMean: number;
  /** Largest f(x_i) - f* over the agents. */
  agentsGapWorst: number;
  /** Mean of |grad f(x_i)| over the agents; and |grad f(mean x)|. */
  gradientNorm: number;
  /** |grad f(mean x)|. */
  meanGradientNorm: number;
}
