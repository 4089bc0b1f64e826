/**
 * What a user's own flow is: the exports of its module, and the agent that its functions are handed. Types
 * alone; docs/your-own-flow.md explains them with examples.
 */

import type { RandomNumbers } from '../plugin/draws.js';

/** How a message is sent. */
export type MessageForm =
  /** As it is: 64 bits an entry. */
  | 'raw'
  /** Through the config's compressor: q = C(m, k). */
  | 'compressed'
  /**
   * As the compressed difference to an estimate s that the engine keeps of it, the same on both sides:
   * q = C(m - s, k); what is heard is s + q, and then s <- s + gain q.
   */
  | 'difference';

/** A message that an agent broadcasts in every round. */
export interface MessageDeclaration<Parameter extends string = string> {
  /** How it is sent. */
  form: MessageForm;
  /** Entries; `dim`, those of x, where absent. */
  length?: 'dim' | number;
  /** Of the form `difference`: what of q its estimate takes in, in (0, 1]: a number or a parameter. Default 1. */
  gain?: number | Parameter;
  /** Whether `heard.NAME.each` is read. Only the form `difference` has to know beforehand. */
  each?: boolean;
}

/** What `auto` rules are handed: the graph, the cost and the compressor in numbers. */
export interface FlowFacts<Parameter extends string = string> {
  /** Second smallest eigenvalue of the Laplacian with the config's weights. */
  readonly lambda2: number;
  /** Its largest. */
  readonly lambdaMax: number;
  /** Mean weighted degree. */
  readonly degree: number;
  /** Largest weighted degree. */
  readonly maxDegree: number;
  /** Strong convexity: m I <= Hessian of f_i for every agent. */
  readonly m: number;
  /** Smoothness: Hessian of f_i <= l I for every agent. */
  readonly l: number;
  /** m of the mean of all costs. */
  readonly meanM: number;
  /** l of the mean of all costs. */
  readonly meanL: number;
  /** The compressor's contraction: E|e - C(e)|^2 <= (1 - delta)|e|^2; 1 where nothing is compressed. */
  readonly delta: number;
  /** Parameters that were declared before this one. */
  readonly parameters: Readonly<Record<Parameter, number>>;
}

/** A parameter that is a number: a gain, which can be `auto` where it has a rule. */
export interface GainDeclaration {
  /** Its value where the config gives none; `auto` where absent and there is a rule. */
  default?: number | 'auto';
  /** The rule behind `auto`; `sottovoce tune` searches around it. */
  auto?(facts: FlowFacts): number;
  /** The least that it may be; any number where absent. */
  min?: number;
  /** The most that it may be; any number where absent. */
  max?: number;
}

/** A parameter: its declaration, or its default alone. A text or a truth value is handed through. */
export type ParameterDeclaration = GainDeclaration | number | string | boolean;

/** What a flow cannot do without, and what it can do with. */
export interface FlowNeeds {
  /**
   * The graphs it can do with: `undirected` (default), `balanced` (directed too, where everyone has as many
   * in- as out-neighbours), `directed` (any strongly connected one).
   */
  graph?: 'undirected' | 'balanced' | 'directed';
  /** Whether its equations hold where links come and go. Default: false, and `links` are refused. */
  changingLinks?: boolean;
  /** Whether `send` reads `outNeighbours`. */
  outNeighbours?: boolean;
  /** Costs it can do with: any (default), or only convex or strongly convex ones. */
  cost?: 'any' | 'convex' | 'strongly-convex';
}

/** A message as one agent hears it. Arrays are the agent's own copies, made anew in every round. */
export interface Heard {
  /** What all make of the agent's own message. */
  readonly own: Float64Array;
  /** sum_j w_ij (own - m_j) over the in-neighbours whose link is up: a row of L m. */
  readonly laplacian: Float64Array;
  /** sum_j w_ij m_j over the same. */
  readonly sum: Float64Array;
  /** Neighbour by neighbour, in ascending order of their numbers. */
  readonly each: readonly HeardFrom[];
}

/** One neighbour's message. */
export interface HeardFrom {
  /** The neighbour's number. */
  readonly agent: number;
  /** Weight of the link, w_ij. */
  readonly weight: number;
  /** What is made of its message. */
  readonly message: Float64Array;
}

/** What a function of the module is handed beside its state: one agent in one round. The same object always. */
export interface FlowAgentBase<Message extends string = string, Parameter extends string = string> {
  /** Its number, from 0. */
  readonly agent: number;
  /** Agents of the run. */
  readonly agents: number;
  /** In `step` the round whose messages are heard; in `send` the one that the messages are for; from 0. */
  readonly round: number;
  /** Rounds of the run, at most. */
  readonly rounds: number;
  /** Entries of x. */
  readonly dim: number;
  /** Weighted degree in this round: the sum of the weights of the links that are up. */
  readonly degree: number;
  /** Neighbours that hear it in the round that `send` is for; where `needs.outNeighbours` says so. */
  readonly outNeighbours: number;
  /** The parameters: those of the config, defaults, and numbers for what is `auto`. */
  readonly parameters: Readonly<Record<Parameter, number>> & Readonly<Record<string, unknown>>;
  /** In `step`: the messages of the round, by name. */
  readonly heard: { readonly [Name in Message]: Heard };
  /** In `send`: what to fill, by name; zeros at first. Messages with the name of a state vector are it. */
  readonly out: { readonly [Name in Message]: Float64Array };
  /** Its draws of this round. */
  readonly random: RandomNumbers;
  /**
   * Gradient of its cost f_i at a point (`dim` entries), of a mini-batch where the config has `flow.batch`.
   * Returns `out`; without it an array that is this agent's until its functions return.
   */
  gradient(at: Float64Array, out?: Float64Array): Float64Array;
  /** The same of all samples. */
  fullGradient(at: Float64Array, out?: Float64Array): Float64Array;
  /** f_i at a point. */
  value(at: Float64Array): number;
  /**
   * argmin f_i(u) + |u - at|^2 / (2 t): in closed form for quadratic costs, else by gradient steps until the
   * gradient is 1e-12 of what it was. `t` > 0.
   */
  prox(at: Float64Array, t: number, out?: Float64Array): Float64Array;
}

/** An agent: its state vectors by their names, x among them, and the rest. */
export type FlowAgent<
  State extends string = string,
  Message extends string = string,
  Parameter extends string = string,
> = FlowAgentBase<Message, Parameter> & { readonly [Name in State | 'x']: Float64Array };

/** `begin`, `send` or `step`: one agent, changed in place. */
export type FlowFunction<
  State extends string = never,
  Message extends string = string,
  Parameter extends string = string,
> = (me: FlowAgent<State, Message, Parameter>) => void;

/** What a module exports as `parameters`. */
export type FlowParameters = Readonly<Record<string, ParameterDeclaration>>;

/**
 * What a flow's module exports, by name or as its default export. `State` are the names of its state vectors,
 * `Message` those of its messages, `Parameter` those of its parameters.
 */
export interface FlowModule<
  State extends string = string,
  Message extends string = string,
  Parameter extends string = string,
> {
  /**
   * State vectors beside x, zero at first, and their lengths: `['v']` or `{ v: 'dim', weight: 1 }`. One named
   * v (a dual, a tracker) is part of the state hash, as x is.
   */
  state?: readonly State[] | Readonly<Record<State, 'dim' | number>>;
  /** What an agent broadcasts in every round. */
  messages: Readonly<Record<Message, MessageForm | MessageDeclaration<Parameter>>>;
  /** Its parameters, in the order in which `auto` rules may use one another. */
  parameters?: Readonly<Record<Parameter, ParameterDeclaration>>;
  /** What it cannot do without. */
  needs?: FlowNeeds;
  /** What agents agree on: the minimiser of the mean cost (default), or the average of their first x. */
  problem?: 'cost' | 'average';
  /** Whether its limit is off the optimum by a bias; `auto` gains are then judged by where runs end. */
  biased?: boolean;
  /** Before the first message: what state begins with. x is there already. */
  begin?: FlowFunction<State, Message, Parameter>;
  /** Before every message: fills `out`. Absent: every message has the name of a state vector. */
  send?: FlowFunction<State, Message, Parameter>;
  /** One round: moves x and the rest of the state by what was heard. */
  step: FlowFunction<State, Message, Parameter>;
}
