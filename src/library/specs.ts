/**
 * What may stand in a config: the parameters of every kind, and what every run has.
 * Written by scripts/config-types.mjs from the definitions. Do not edit.
 */

import type { Graph } from '../../topology/graph.js';

/** A union over `kind`: each kind with its own parameters. */
export type SpecOf<Kinds> = { [Kind in keyof Kinds]: { kind: Kind } & Kinds[Kind] }[keyof Kinds];

/** What a policy may do with a message. */
export type PolicyActionInput =
  | { do: 'silence'; }
  | { do: 'levels'; levels: number[]; }
  | { do: 'signs'; size: number; checks: number[]; }
  | { do: 'sparse'; threshold: number; value: number; rice: number; }
  | { do: 'compress'; with: number; factor: number; };

/** What a policy may look at. */
export type PolicyFeatureInput = 'one' | 'growth' | 'trend' | 'change' | 'early' | 'age' | 'spread';

interface TopologyCommon {
  /** number of nodes */ nodes: number;
  /** keep only the largest connected component */ largestComponent?: boolean;
  /** seed of this graph (default: the run's seed) */ seed?: number;
}

/** Parameters of generated graphs, by kind. */
export interface TopologyKinds {
  /** a line of nodes */ path: {
    /** number of nodes */ nodes: number;
    /** keep only the largest connected component */ largestComponent?: boolean;
  };
  /** a closed line of nodes */ ring: {
    /** number of nodes */ nodes: number;
    /** keep only the largest connected component */ largestComponent?: boolean;
  };
  /** one centre, node 0, beside all others */ star: {
    /** number of nodes */ nodes: number;
    /** keep only the largest connected component */ largestComponent?: boolean;
  };
  /** every pair of nodes linked */ complete: {
    /** number of nodes */ nodes: number;
    /** keep only the largest connected component */ largestComponent?: boolean;
  };
  /** a rectangle of nodes, linked to the four beside them */ grid: {
    /** number of rows */ rows: number;
    /** number of columns */ columns: number;
    /** keep only the largest connected component */ largestComponent?: boolean;
  };
  /** a grid whose opposite sides are joined */ torus: {
    /** number of rows */ rows: number;
    /** number of columns */ columns: number;
    /** keep only the largest connected component */ largestComponent?: boolean;
  };
  /** nodes whose binary numbers differ in one bit are linked */ hypercube: {
    /** dimension: 2^dimension nodes */ dimension: number;
    /** keep only the largest connected component */ largestComponent?: boolean;
  };
  /** a rooted tree whose leaves are all equally far down */ 'balanced-tree': {
    /** children of every node but the leaves */ branching: number;
    /** steps from the root, node 0, down to a leaf */ height: number;
    /** keep only the largest connected component */ largestComponent?: boolean;
  };
  /** two complete graphs joined by a path */ barbell: {
    /** nodes in each of the two complete graphs */ clique: number;
    /** nodes on the path between them */ path: number;
    /** keep only the largest connected component */ largestComponent?: boolean;
  };
  /** nodes a power of two apart, around a ring, are linked */ exponential: {
    /** number of nodes */ nodes: number;
    /** arcs, from i to i + 2^p, instead of edges */ directed?: boolean;
    /** keep only the largest connected component */ largestComponent?: boolean;
  };
  /** every pair linked with the same probability */ 'erdos-renyi': TopologyCommon & {
    /** probability of each edge */ probability?: number;
    /** expected degree; stands for probability = averageDegree / (nodes - 1) */ averageDegree?: number;
  };
  /** every node has the same number of random neighbours */ 'random-regular': TopologyCommon & {
    /** neighbours of every node; nodes * degree must be even */ degree: number;
  };
  /** a ring lattice, some of whose edges are moved at random */ 'watts-strogatz': TopologyCommon & {
    /** neighbours in the ring lattice, an even number */ degree: number;
    /** probability of moving an edge */ rewire: number;
  };
  /** newcomers link to the well linked: hubs */ 'barabasi-albert': TopologyCommon & {
    /** edges that every new node brings */ attach: number;
  };
  /** random points of a square, linked when near */ 'random-geometric': TopologyCommon & {
    /** distance below which two nodes are linked; side 1 */ radius?: number;
    /** expected degree; the radius follows from it */ averageDegree?: number;
  };
  /** communities: dense inside, sparse between */ 'stochastic-block': {
    /** number of nodes in each block */ sizes: number[];
    /** probability of an edge inside a block */ within: number;
    /** probability of an edge between two blocks */ between: number;
    /** seed of this graph (default: the run's seed) */ seed?: number;
    /** keep only the largest connected component */ largestComponent?: boolean;
  };
  /** hubs of hubs: the graphs of Graph500 (R-MAT) */ kronecker: {
    /** 2^scale nodes, many of them without an edge */ scale: number;
    /** edges drawn, over nodes (default: 16, as Graph500) */ edgeFactor?: number;
    /** of the upper left quarter (default: 0.57) */ a?: number;
    /** of the upper right quarter (default: 0.19) */ b?: number;
    /** of the lower left quarter (default: 0.19) */ c?: number;
    /** seed of this graph (default: the run's seed) */ seed?: number;
    /** keep only the largest connected component */ largestComponent?: boolean;
  };
  /** both ends of every edge anywhere: the urand graph of GAP */ 'uniform-random': TopologyCommon & {
    /** edges drawn, over nodes (default: 16, as GAP) */ edgeFactor?: number;
  };
  /** a closed line of nodes, each heard by the next alone */ 'directed-ring': {
    /** number of nodes */ nodes: number;
    /** keep only the largest connected component */ largestComponent?: boolean;
  };
  /** every ordered pair is an arc with the same probability */ 'random-digraph': TopologyCommon & {
    /** probability of each arc */ probability?: number;
    /** expected out-degree; stands for probability = averageDegree / (nodes - 1) */ averageDegree?: number;
  };
  /** the edges that your module yields; parameters beside it are handed to it */ custom: {
    /** your .mjs file, relative to the config */ module: string;
    /** seed of this graph (default: the run's seed) */ seed?: number;
    /** keep only the largest connected component */ largestComponent?: boolean;
    [parameter: string]: unknown;
  };
}

/** One of the generated graphs. */
export type TopologyInput = SpecOf<TopologyKinds>;

interface CostCommon {
  /** samples: a file, { x, y } as .npy, or { images, labels } as IDX */ data:
    | string
    | {
      /** samples x features */ x: string | Float64Array;
      /** one label for each sample */ y: string | Float64Array;
    }
    | { images: string; labels: string; };
  format?: string;
  /** default: auto */ firstIndex?: 0 | 1 | 'auto';
  target?: string | number;
  /** tables: whether the first line names the columns */ header?: boolean;
  /** tables: what stands between cells */ delimiter?: string;
  /** tables: what stands before a number's decimals */ decimal?: '.' | ',';
  /** tables: what their bytes mean, where it is not UTF-8 */ encoding?: string;
  regularization: number | '1/n';
  /** default: contiguous */ split?:
    | 'contiguous' | 'shuffled' | 'by-label'
    | { kind: 'contiguous'; }
    | { kind: 'shuffled'; seed?: number; }
    | {
      kind: 'by-column';
      column: string | number;
      groups?: 'by-name' | 'in-order';
    }
    | { kind: 'by-label'; labels?: number; }
    | {
      kind: 'dirichlet';
      alpha: number;
      seed?: number;
      allowEmpty?: boolean;
    }
    | { kind: 'counts'; counts: string | number[]; };
  /** default: false */ intercept?: boolean;
  /** default: auto */ storage?: 'auto' | 'dense' | 'sparse';
  /** find the optimum before the run; false saves its time, and leaves the gap unknown; default: true */
  solve?: boolean;
}

/** Parameters of private costs, by kind. */
export interface CostKinds {
  /** f_i(x) = 1/2 sum_c a_ic (x_c - b_ic)^2, from files or drawn */ quadratic: {
    /** curvatures a_ic >= 0: a .npy file, agents x dim */ a?: string | Float64Array;
    /** minimisers b_ic: a .npy file, agents x dim */ b?: string | Float64Array;
    dim?: number;
    condition?: number;
    seed?: number;
  };
  /** f_i(x) = 1/2 |x - value_i|^2, values from a file or drawn; the consensus flow begins at them */
  average: {
    /** the values: a .npy file, agents x dim */ values?: string | Float64Array;
    dim?: number;
    seed?: number;
  };
  /** f_i(x) = (n/N) sum of (a.x - y)^2 / 2 over the samples of agent i + (regularization/2) |x|^2 */
  'least-squares': CostCommon;
  /**
   * f_i(x) = (n/N) sum of (a.x - y)^2 / 2 over the samples of agent i + (regularization/2) |x|^2,
   * regularization > 0
   */
  ridge: CostCommon;
  /**
   * f_i(x) = (n/N) sum of huber(a.x - y) over the samples of agent i + (regularization/2) |x|^2, quadratic
   * within delta
   */
  huber: CostCommon & {
    /** default: 1 */ delta?: number;
  };
  /** f_i(x) = (n/N) sum of log(1 + exp(-y a.x)) over the samples of agent i + (regularization/2) |x|^2 */
  logistic: CostCommon & {
    /** samples that nobody learns from: their share classified correctly joins the trace */ test?:
      | string
      | {
        /** samples x features */ x: string | Float64Array;
        /** one label for each sample */ y: string | Float64Array;
      }
      | { images: string; labels: string; };
  };
  /**
   * f_i(x) = (n/N) sum of log(1 + exp(-y a.x)) over the samples of agent i + regularization sum_c x_c^2 / (1
   * + x_c^2)
   */
  'nonconvex-logistic': CostCommon & {
    /** samples that nobody learns from: their share classified correctly joins the trace */ test?:
      | string
      | {
        /** samples x features */ x: string | Float64Array;
        /** one label for each sample */ y: string | Float64Array;
      }
      | { images: string; labels: string; };
  };
  /**
   * f_i(x) = (n/N) sum of d^2 / 2 + 4 d^2 / (1 + d^2), d = a.x - y, over the samples of agent i +
   * (regularization/2) |x|^2; not convex, Polyak-Lojasiewicz for independent rows
   */
  'nonconvex-least-squares': CostCommon;
  /** f_i(x) = 1/2 |A_i x - b_i|^2, agent i holds some rows of A x = b; solvable, or least squares */
  'linear-equation': {
    /** A: a .npy file, rows x dim */ a?: string | Float64Array;
    /** b: a .npy file, one number for each row of A */ b?: string | Float64Array;
    /** drawn: equations in all */ rows?: number;
    /** drawn: unknowns */ dim?: number;
    /** drawn: largest over least singular value, by default 10 */ condition?: number;
    /** drawn: largest entry of what is added to b so that no x solves them all, by default 0 */
    noise?: number;
    seed?: number;
    /** who holds which rows; default: contiguous */ split?:
      | 'contiguous' | 'shuffled'
      | { kind: 'contiguous'; }
      | { kind: 'shuffled'; seed?: number; }
      | { kind: 'counts'; counts: string | number[]; };
    /** true: equations without an exact solution are refused; false: least squares; default: false */
    solvable?: boolean;
    /** find the solution before the run; false saves its time, and leaves the gap unknown; default: true */
    solve?: boolean;
  };
  /**
   * f_i(x) = (n/N) sum of (log sum_k exp(a.x_k) - a.x_y) over the samples of agent i + (regularization/2)
   * |x|^2, x = all x_k
   */
  softmax: CostCommon & {
    /** samples that nobody learns from: their share classified correctly joins the trace */ test?:
      | string
      | {
        /** samples x features */ x: string | Float64Array;
        /** one label for each sample */ y: string | Float64Array;
      }
      | { images: string; labels: string; };
    /** labels are 0 .. classes - 1; where absent, the classes are the labels found, in ascending order */
    classes?: number;
  };
  /**
   * ReLU layers of the widths in `hidden`, softmax cross-entropy: f_i(x) = (n/N) sum of the losses of agent
   * i + (regularization/2) |x|^2; not convex
   */
  mlp: {
    /** samples: a file, { x, y } as .npy, or { images, labels } as IDX */ data:
      | string
      | {
        /** samples x features */ x: string | Float64Array;
        /** one label for each sample */ y: string | Float64Array;
      }
      | { images: string; labels: string; };
    /** samples that nobody learns from: their share classified correctly joins the trace */ test?:
      | string
      | {
        /** samples x features */ x: string | Float64Array;
        /** one label for each sample */ y: string | Float64Array;
      }
      | { images: string; labels: string; };
    format?: string;
    /** default: auto */ firstIndex?: 0 | 1 | 'auto';
    target?: string | number;
    /** tables: whether the first line names the columns */ header?: boolean;
    /** tables: what stands between cells */ delimiter?: string;
    /** tables: what stands before a number's decimals */ decimal?: '.' | ',';
    /** tables: what their bytes mean, where it is not UTF-8 */ encoding?: string;
    regularization: number | '1/n';
    /** default: contiguous */ split?:
      | 'contiguous' | 'shuffled' | 'by-label'
      | { kind: 'contiguous'; }
      | { kind: 'shuffled'; seed?: number; }
      | {
        kind: 'by-column';
        column: string | number;
        groups?: 'by-name' | 'in-order';
      }
      | { kind: 'by-label'; labels?: number; }
      | {
        kind: 'dirichlet';
        alpha: number;
        seed?: number;
        allowEmpty?: boolean;
      }
      | { kind: 'counts'; counts: string | number[]; };
    /** labels are 0 .. classes - 1; where absent, the classes are the labels found, in ascending order */
    classes?: number;
    /** widths of the hidden layers, from the first to the last */ hidden?: number[];
  };
  /** calls value and gradient of your module; parameters beside it are handed to it */ custom: {
    /** your .mjs or .ts file, relative to the config */ module: string;
    [parameter: string]: unknown;
  };
}

/** One of the private costs. */
export type CostInput = SpecOf<CostKinds>;

/** Parameters of flows, by kind. */
export interface FlowKinds {
  /** gradient descent with a dual for every disagreement: exact, over any connected graph */ 'primal-dual': {
    /**
     * what a message says; by default none without a compressor; with one error-state, or error-memory where
     * the flow has it and no gain is given
     */
    compress?: 'none' | 'node-state' | 'error-state' | 'observer' | 'error-memory';
    /** step h of the integrator; default: auto */ step?: number | 'auto';
    /**
     * euler, or semi-implicit: an agent's own part of the coupling is taken at the round's end, so that
     * without compression alpha no longer limits the step; same messages, same limit; default: euler
     */
    integrator?: 'euler' | 'semi-implicit';
    /** gain of the disagreement; default: auto */ alpha?: number | 'auto';
    /** gain of the dual; default: auto */ beta?: number | 'auto';
    /** gain of the gradient; auto is 1; default: auto */ eta?: number | 'auto';
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
    /**
     * filter gain of the estimates, in (0, 1]; auto is 1 beside a step or gains that are given; default:
     * auto
     */
    mu?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * gradient steps between two messages, towards the minimiser of the agent's own problem of the round;
     * the optimum stays exact; default: 1
     */
    inner?: number;
    /** with inner > 1: what takes the place of eta l in the steps 1/(rho + 1/h); auto is eta l */
    rho?: number | 'auto';
    /**
     * gain of the memory in error-memory, in (0, 2]; auto beside a step or gains that are given is the
     * compressor's contraction, at most 0.5; default: auto
     */
    gamma?: number | 'auto';
  };
  /** averages the agents' own values, or follows the average of references that move */ consensus: {
    /**
     * what a message says; by default none without a compressor; with one error-state, or error-memory where
     * the flow has it and no gain is given
     */
    compress?: 'none' | 'node-state' | 'error-state' | 'observer';
    /** Euler step h; default: auto */ step?: number | 'auto';
    /** gain of the disagreement; default: auto */ alpha?: number | 'auto';
    /** has no meaning here; accepted so that configs are alike; default: 0 */ beta?: number | 'auto';
    /** has no meaning here; accepted so that configs are alike; default: 0 */ eta?: number | 'auto';
    /** only euler: agents that damp their steps unequally would not keep the sum of x; default: euler */
    integrator?: 'euler';
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
    /** filter gain of the estimates, in (0, 1]; auto is 1; default: auto */ mu?: number | 'auto';
    /** what is averaged moves: every agent follows the average of references r_i(k); x(0) = r(0) */
    reference?:
      | {
        kind: 'sinusoid';
        /** how far a reference goes from its own value */ amplitude: number;
        /** rounds of one swing, at least 2 */ period: number;
        /** round from which on it stands still */ until?: number;
      }
      | {
        /** .npy of shape (rounds, agents, dim); the last round stays */ file: string;
      };
  };
  /** averages over directed graphs: sums and weights in even shares, and their ratio */ 'push-sum': object;
  /** the exact average over directed graphs with every message compressed: no weights are sent */
  'surplus-consensus': {
    /** step size h; auto: a practical rule from the gaps of R and C; default: auto */ step?: number | 'auto';
    /** consensus step; auto: the compressor's contraction; default: auto */ gamma?: number | 'auto';
    /** the same of the surplus; auto: as gamma; default: auto */ gammaTracker?: number | 'auto';
    /** gain of the estimate of x, in (0, 1]; auto: 1, or 1/(1 + variance); default: auto */
    alpha?: number | 'auto';
    /** the same of the surplus; auto: as alpha; default: auto */ alphaTracker?: number | 'auto';
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** gradient step and average with the neighbours; stalls at a bias unless the step diminishes */ dgd: {
    /** dgd: W x - h grad f(x); diffusion: W (x - h grad f(x)); default: dgd */ variant?: 'dgd' | 'diffusion';
    /** step size h; auto: half of the largest stable one; default: auto */ step?: number | 'auto';
    /** the step of round k is h / (k + 1)^decay; 0 is a constant step; default: 0 */ decay?: number;
    /**
     * tau of the mixing matrix W = I - tau L; auto: 1 with weights: metropolis, 1/(1 + largest degree) with
     * unit; default: auto
     */
    mixing?: number | 'auto';
    /** gradient steps between two messages, each with a mini-batch of its own; default: 1 */
    localSteps?: number;
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** gradient descent with a correction from the round before: exact with a constant step */ extra: {
    /** step size h; auto: half of the bound of the paper, (1 + lambda_min(W))/l; default: auto */
    step?: number | 'auto';
    /**
     * tau of the mixing matrix W = I - tau L; auto: 1 with weights: metropolis, 1/(1 + largest degree) with
     * unit; default: auto
     */
    mixing?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** network-independent step size: exact, with the step of central gradient descent */ nids: {
    /** step size h; auto: 1/l, half of the bound of the paper; default: auto */ step?: number | 'auto';
    /**
     * tau of the mixing matrix W = I - tau L; auto: 1 with weights: metropolis, 1/(1 + largest degree) with
     * unit; default: auto
     */
    mixing?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** adapt, correct, combine: diffusion without its bias; NIDS from its second round on */
  'exact-diffusion': {
    /** step size h; auto: 1/l, half of the bound of the paper; default: auto */ step?: number | 'auto';
    /**
     * tau of the mixing matrix W = I - tau L; auto: 1 with weights: metropolis, 1/(1 + largest degree) with
     * unit; default: auto
     */
    mixing?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** descends along a running estimate of the mean gradient: exact, two messages a round */ diging: {
    /** step size h; auto: a practical rule from the eigenvalues of W; default: auto */
    step?: number | 'auto';
    /**
     * tau of the mixing matrix W = I - tau L; auto: 1 with weights: metropolis, 1/(1 + largest degree) with
     * unit; default: auto
     */
    mixing?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** a multiplier for every edge and a small problem for every agent; inner: 1 is the linearised DLM */
  admm: {
    /** penalty c of an edge of weight 1; auto: sqrt(m l / (lambda2 lambdaMax)); default: auto */
    penalty?: number | 'auto';
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
    /** gradient steps by which an agent solves its own problem of the round; 1 is DLM; default: 10 */
    inner?: number;
    /** what takes the place of l in the inner steps 1/(rho + penalty); auto is l; default: auto */
    rho?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
  };
  /** primal-dual method of multipliers on the edges; theta: 0.5 is ADMM */ pdmm: {
    /** penalty c of an edge of weight 1; auto: 2 sqrt(m l / (lambda2 lambdaMax)); default: auto */
    penalty?: number | 'auto';
    /** averaging of the dual step, in (0, 1]: 1 is PDMM, 0.5 ADMM; default: 1 */ theta?: number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
    /**
     * gradient steps by which an agent solves its own problem of the round; the more, the nearer to the
     * exact solution; default: 10
     */
    inner?: number;
    /** what takes the place of l in the inner steps 1/(rho + penalty); auto is l; default: auto */
    rho?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
  };
  /** averages the agents' own values with compressed messages of any kind */ 'choco-gossip': {
    /** consensus step; auto: the compressor's contraction; default: auto */ gamma?: number | 'auto';
    /**
     * tau of the mixing matrix W = I - tau L; auto: 1 with weights: metropolis, 1/(1 + largest degree) with
     * unit; default: auto
     */
    mixing?: number | 'auto';
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** gradient steps between steps of CHOCO-Gossip; stalls at a bias unless the step diminishes */
  'choco-sgd': {
    /** step size h; auto: 1 / (4 l localSteps); default: auto */ step?: number | 'auto';
    /** a: the step of round k is h a/(a + k), halved after a rounds; 0 is a constant step; default: 0 */
    decayRounds?: number;
    /** consensus step; auto: the compressor's contraction; default: auto */ gamma?: number | 'auto';
    /**
     * tau of the mixing matrix W = I - tau L; auto: 1 with weights: metropolis, 1/(1 + largest degree) with
     * unit; default: auto
     */
    mixing?: number | 'auto';
    /** gradient steps between two messages, each with a mini-batch of its own; default: 1 */
    localSteps?: number;
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** exact diffusion with compressed messages: linear to the exact optimum */ lead: {
    /** step size h; auto: 1/l; default: auto */ step?: number | 'auto';
    /**
     * consensus step; auto: the square of the compressor's contraction, or less where that is small and so
     * is the curvature; default: auto
     */
    gamma?: number | 'auto';
    /**
     * gain of the estimates H, in (0, 1]; auto: 1, less for an unbiased compressor that is no contraction;
     * default: auto
     */
    alpha?: number | 'auto';
    /**
     * tau of the mixing matrix W = I - tau L; auto: 1 with weights: metropolis, 1/(1 + largest degree) with
     * unit; default: auto
     */
    mixing?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** gradient tracking with states and trackers compressed: exact, not necessarily convex */ beer: {
    /** step size h; auto: min(1, gamma tau lambda_2) / (4 l); default: auto */ step?: number | 'auto';
    /** consensus step; auto: the compressor's contraction; default: auto */ gamma?: number | 'auto';
    /**
     * tau of the mixing matrix W = I - tau L; auto: 1 with weights: metropolis, 1/(1 + largest degree) with
     * unit; default: auto
     */
    mixing?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** gradient tracking with states and trackers compressed, by unbiased compressors too: exact */ 'c-gt': {
    /** step size h; auto: min(1, gamma tau lambda_2) / (4 l); default: auto */ step?: number | 'auto';
    /**
     * consensus step; auto: the compressor's contraction; its square for an unbiased compressor scaled to be
     * one; default: auto
     */
    gamma?: number | 'auto';
    /**
     * gain of the estimate of x, in (0, 1]; auto: 1, or 1/(1 + variance) of an unbiased compressor that is
     * no contraction; default: auto
     */
    alpha?: number | 'auto';
    /** the same of the tracker; auto: as alpha; default: auto */ alphaTracker?: number | 'auto';
    /**
     * tau of the mixing matrix W = I - tau L; auto: 1 with weights: metropolis, 1/(1 + largest degree) with
     * unit; default: auto
     */
    mixing?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** over directed graphs: states pulled, trackers pushed, both compressed; exact */ 'push-pull': {
    /** step size h; auto: a practical rule from the gaps of R and C; default: auto */ step?: number | 'auto';
    /**
     * consensus step; auto: the compressor's contraction; its square for an unbiased compressor scaled to be
     * one; default: auto
     */
    gamma?: number | 'auto';
    /** the same of the tracker; auto: as gamma; default: auto */ gammaTracker?: number | 'auto';
    /**
     * gain of the estimate of x, in (0, 1]; auto: 1, or 1/(1 + variance) of an unbiased compressor that is
     * no contraction; default: auto
     */
    alpha?: number | 'auto';
    /** the same of the tracker; auto: as alpha; default: auto */ alphaTracker?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** over directed graphs: sums, weights and trackers pushed, x their ratio; exact, compressed too */
  'push-diging': {
    /** step size h; auto: a practical rule from the gap of C; default: auto */ step?: number | 'auto';
    /**
     * consensus step; auto: the compressor's contraction; its square for an unbiased compressor scaled to be
     * one; default: auto
     */
    gamma?: number | 'auto';
    /** the same of the tracker; auto: as gamma; default: auto */ gammaTracker?: number | 'auto';
    /** gain of the estimate of the sums, in (0, 1]; auto: 1, or 1/(1 + variance); default: auto */
    alpha?: number | 'auto';
    /** the same of the tracker; auto: as alpha; default: auto */ alphaTracker?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** gradient steps between steps of push-sum, compressed too; stalls at a bias unless the step diminishes */
  sgp: {
    /** step size h; auto: the share of the lightest agent / (4 l); default: auto */ step?: number | 'auto';
    /** a: the step of round k is h a/(a + k), halved after a rounds; 0 is a constant step; default: 0 */
    decayRounds?: number;
    /** consensus step; auto: the compressor's contraction; default: auto */ gamma?: number | 'auto';
    /** gain of the estimate of the sums, in (0, 1]; auto: 1, or 1/(1 + variance); default: auto */
    alpha?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** averages over directed graphs: sums pushed in compressed messages, weights as they are */
  'quantized-push-sum': {
    /** consensus step; auto: the compressor's contraction; default: auto */ gamma?: number | 'auto';
    /** gain of the estimate of the sums, in (0, 1]; auto: 1, or 1/(1 + variance); default: auto */
    alpha?: number | 'auto';
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** averages the agents' own matrices by power iteration on neighbours' differences */ 'power-gossip': {
    /** [rows, columns] of the matrix that x is, row after row */ shape: [number, number];
    /**
     * tau of the mixing matrix W = I - tau L; auto: 1 with weights: metropolis, 1/(1 + largest degree) with
     * unit; default: auto
     */
    mixing?: number | 'auto';
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** gradient descent on matrices that mix by power iteration along the edges; stalls at a bias */
  'power-gossip-sgd': {
    /** [rows, columns] of the matrix that x is, row after row */ shape: [number, number];
    /**
     * tau of the mixing matrix W = I - tau L; auto: 1 with weights: metropolis, 1/(1 + largest degree) with
     * unit; default: auto
     */
    mixing?: number | 'auto';
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
    /** step size h; auto: half of (1 + lambda_min(W))/l; default: auto */ step?: number | 'auto';
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
  };
  /** for one bit an entry and levels that saturate: messages in units of a range that all know */
  'scaled-primal-dual': {
    /** Euler step h; default: auto */ step?: number | 'auto';
    /** gain of the disagreement; default: auto */ alpha?: number | 'auto';
    /** gain of the dual; default: auto */ beta?: number | 'auto';
    /** filter gain of the estimates, in (0, 1]; default: auto */ mu?: number | 'auto';
    /** r_0: messages are about (x - s) / r_k; at least what an entry of x begins with or moves; default: 1 */
    range?: number;
    /** factor of the range from round to round, in (0, 1]; 1 keeps it, and a bias of its order; default: 1 */
    decay?: number;
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
  };
  /** calls begin, send and step of your module; parameters beside it are handed to it */ custom: {
    /** your .mjs or .ts file, relative to the config */ module: string;
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /**
     * how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone;
     * default: pilot
     */
    tuning?: 'pilot' | 'formula';
    [parameter: string]: unknown;
  };
}

/** One of the flows. */
export type FlowInput = SpecOf<FlowKinds>;

/** Parameters of compressors, by kind. */
export interface CompressorKinds {
  /** sends every entry as a float64, float32 or float16 */ identity: {
    /** how an entry is sent, f64 by default, f32 with precision: float32 */ wire?: 'f64' | 'f32' | 'f16';
  };
  /** sends the k entries largest in magnitude, with their indices */ 'top-k': {
    /** entries kept, 1..dim */ k: number;
  };
  /** sends about the k largest entries: those above a threshold estimated from a sample of them */
  'sampled-top-k': {
    /** entries sent, about; at most twice as many */ k: number;
    /** share of the entries that is sampled, 0.01 by default; never fewer than 16 dim / k entries */
    sample?: number;
  };
  /** sends k entries chosen at random from the shared seed; scaled by dim/k it is unbiased */ 'rand-k': {
    /** entries sent, 1..dim */ k: number;
    /** scale by dim/k */ unbiased?: boolean;
    /** all agents choose the same entries */ shared?: boolean;
  };
  /** sends the entries of at least a share of the largest magnitude, with their places */ threshold: {
    /** share of the largest magnitude, in (0, 1] */ threshold: number;
  };
  /** sends the sign of every entry and one scale, mean|e| or |e|_2^2 / |e|_1, or no scale at all */ sign: {
    /** mean|e| (the default), |e|_2^2 / |e|_1, or 1, which is not sent */
    scale?: 'mean' | 'unbiased' | 'unit';
    /** bits of the scale, 64 (the default) or 32 */ scaleBits?: 64 | 32;
  };
  /** sends the sign of every entry and one scale, max|e| / 2; not a contraction from dim 4 on */
  'norm-sign': object;
  /** sends one fair bit for every entry and one scale; unbiased with shrink 1, and then no contraction */
  'one-bit': {
    /** lambda in units of the root mean square of the entries, 3 by default */ amplitude?: number;
    /** instead of amplitude: a number > 0, or a schedule; known to all readers and not sent */ lambda?:
      | number
      | {
        kind: 'constant' | '1/sqrt(k)' | '1/k' | 'cosine';
        /** value in round 0 */ initial: number;
        /** cosine: value after the last round, 0 by default */ final?: number;
        /** rounds until it falls like its name, 1 by default */ after?: number;
      }
      | {
        kind: 'geometric';
        /** value in round 0 */ initial: number;
        /** factor a round, in (0, 1] */ rate: number;
      };
    /** factor of the decoded message, by default 1 / amplitude^2, or 1 with lambda; 1 is unbiased */
    shrink?: number;
  };
  /** sends multiples of a step that shrinks every round; without zooming it stalls at half a step */
  'uniform-quantize': {
    /** step of round 0 */ step: number;
    /** factor of the step from round to round, in (0, 1) */ rate?: number;
    /** false: the step stays, and no rate is given */ zoom?: boolean;
  };
  /** sends every entry as a few bits times a step that shrinks every round; large entries are cut */
  'saturated-quantize': {
    /** bits of an entry, 2..16 */ bits: number;
    /** step of round 0 */ step: number;
    /** factor of the step from round to round, in (0, 1) */ rate?: number;
    /** false: the step stays, and no rate is given */ zoom?: boolean;
  };
  /**
   * rounds every entry at random to one of s levels of the 2-norm; unbiased, a contraction for s > sqrt(dim)
   */
  qsgd: {
    /** s, 15 by default */ levels?: number;
  };
  /** sends -1, 0 or 1 for every entry, at random, and max|e|; unbiased, no contraction from dim 9 on */
  terngrad: object;
  /** rounds every entry to a power of two, at random (unbiased) or to the nearest */ natural: {
    /** stochastic by default */ rounding?: 'stochastic' | 'nearest';
  };
  /** sends every entry as one of 2^bits levels made for normal numbers, and one scale */ 'lloyd-max': {
    /** bits of an entry, 2 by default */ bits?: number;
    /** <e,q>/|q|^2 (the default) loses least, |e|^2/<e,q>, or |e|/|q| */
    scale?: 'biased' | 'unbiased' | 'norm';
    /** bits of the scale, 64 (the default) or 32 */ scaleBits?: 64 | 32;
  };
  /** sends a few directions of the vector as a matrix, found from those of the last message */ 'low-rank': {
    /** of the matrix; divides dim */ rows: number;
    /** directions of a message, 1 by default */ rank?: number;
  };
  /** sends one coordinate a message (or a few), in turn */ 'scalarize-cyclic': {
    /** coordinates a message, 1 by default */ scalars?: number;
  };
  /** sends the error along one sinusoid (or a few), the frequencies in turn */ 'scalarize-sinusoid': {
    /** directions a message, 1 by default */ scalars?: number;
  };
  /** sends the error along one random direction (or a few), fresh every round */ 'scalarize-random': {
    /** directions a message, 1 by default */ scalars?: number;
  };
  /** sends the error along the vectors of a random orthonormal basis, in turn; a new basis every sweep */
  'scalarize-sweep': {
    /** directions a message, 1 by default */ scalars?: number;
  };
  /** rotates at random before the inner compressor, and back after it */ flatten: {
    /** drawn every round (the default), or once */ signs?: 'fresh' | 'fixed';
    /**
     * padded to a power of two (the default), exact, or a power of two: the entries of a part that is
     * rotated by itself
     */
    size?: 'padded' | 'exact' | number;
    /** compressor of the rotated vector */ inner: CompressorInput;
  };
  /** flatten(sign) by the rotation, out of several, that loses least */ 'best-rotation': {
    /** rotations to try, a power of two in 2..256; 16 by default */
    choices?: 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256;
    /** bits of the scale, 64 (the default) or 32 */ scaleBits?: 64 | 32;
  };
  /** short for flatten(sign): one bit a coordinate after a shared random rotation */
  'flattened-sign': object;
  /**
   * short for flatten(one-bit): one dithered bit a coordinate after a shared random rotation, FO-SGD's
   * compressor
   */
  'flattened-one-bit': {
    /** lambda in units of the root mean square of the entries, 3 by default */ amplitude?: number;
    /** instead of amplitude: a number > 0, or a schedule; known to all readers and not sent */ lambda?:
      | number
      | {
        kind: 'constant' | '1/sqrt(k)' | '1/k' | 'cosine';
        /** value in round 0 */ initial: number;
        /** cosine: value after the last round, 0 by default */ final?: number;
        /** rounds until it falls like its name, 1 by default */ after?: number;
      }
      | {
        kind: 'geometric';
        /** value in round 0 */ initial: number;
        /** factor a round, in (0, 1] */ rate: number;
      };
    /** factor of the decoded message, by default 1 / amplitude^2, or 1 with lambda; 1 is unbiased */
    shrink?: number;
  };
  /**
   * short for one-bit with a lambda that shrinks by the same factor every round: one bit an entry, no scale
   */
  'annealed-sign': {
    /** value in round 0 */ initial: number;
    /** factor a round, in (0, 1] */ rate: number;
  };
  /** short for flatten(lloyd-max): one to eight bits a coordinate after a shared random rotation */ eden: {
    /** bits of an entry, 2 by default */ bits?: number;
    /** <e,q>/|q|^2 (the default) loses least, |e|^2/<e,q>, or |e|/|q| */
    scale?: 'biased' | 'unbiased' | 'norm';
    /** bits of the scale, 64 (the default) or 32 */ scaleBits?: 64 | 32;
  };
  /** calls encode and decode of your module; parameters beside it are handed to it */ custom: {
    /** your .mjs or .ts file, relative to the config */ module: string;
    [parameter: string]: unknown;
  };
  /** chooses between compressors by the error's energy, within a budget of bits */ adaptive: {
    /** bits a message, on average */ budget: number;
    /** compressors to choose from, cheapest first */ inner: CompressorInput[];
  };
  /** takes the cheapest of several compressors whose error is small beside what has changed */ adacgd: {
    /** what a message may leave, as a share of |what is new|^2 */ zeta: number;
    /** whether saying nothing is the first choice; true if not given */ silence?: boolean;
    /** compressors to choose from, cheapest first */ inner: CompressorInput[];
  };
  /** takes the dearest of several compressors that the bandwidth of the round has room for */ kimad: {
    /**
     * bits that a message of the round may have: a number, a schedule, a trace, or what the network carries
     * in so many seconds
     */
    bandwidth:
      | number
      | {
        kind: 'constant' | '1/sqrt(k)' | '1/k' | 'cosine';
        /** value in round 0 */ initial: number;
        /** cosine: value after the last round, 0 by default */ final?: number;
        /** rounds until it falls like its name, 1 by default */ after?: number;
      }
      | {
        kind: 'geometric';
        /** value in round 0 */ initial: number;
        /** factor a round, in (0, 1] */ rate: number;
      }
      | {
        /** round after round */ trace: number[];
        /** entries that an agent is ahead of the one before, or 0 */ stagger?: number;
      }
      | {
        /** in which a message has to arrive over the links of the network */ seconds: number;
      };
    /** compressors to choose from, cheapest first */ inner: CompressorInput[];
  };
  /** a policy, trained by sottovoce learn, chooses what each message says, silence included */ learned: {
    /** file of a policy, as sottovoce learn writes it; a resolved config has its content */ policy:
      | string
      | {
        format: 'sottovoce-policy/1';
        name: string;
        rotate: 'exact' | 'padded' | null;
        steps: 1 | 2 | 4;
        actions: PolicyActionInput[];
        features: PolicyFeatureInput[];
        weights: number[][];
        header?: number[];
        training?: Record<string, unknown>;
      };
    /** compressors of the policy's actions that have one; a policy's file brings them along */
    inner?: CompressorInput[];
  };
  /** adds what earlier messages left out to what is to be said now */ 'error-feedback': {
    /** compressor of the error and what was left out before */ inner: CompressorInput;
  };
  /** speaks where the error exceeds a threshold; silence is one bit */ 'event-triggered': {
    /** of |e|: absolute, or in units of the agent's last message */ threshold:
      | {
        absolute: number;
        /** factor a round, in (0, 1]; 1 if not given */ rate?: number;
      }
      | {
        relative: number;
        /** factor a round, in (0, 1]; 1 if not given */ rate?: number;
      };
    /** compressor of the errors that are large enough */ inner: CompressorInput;
  };
  /** speaks in one round of n, and is silent between */ every: {
    /** n: speaks in rounds 0, n, 2n, ... */ rounds: number;
    /** compressor of the rounds in which it speaks; it counts those alone */ inner: CompressorInput;
  };
  /** multiplies what the inner compressor says by a constant */ scale: {
    /** c > 0 */ factor: number;
    /** compressor whose messages are scaled */ inner: CompressorInput;
  };
  /** one compressor after the other, by fractions of the run's rounds */ schedule: {
    /** fractions of the rounds at which a stage ends, ascending; one fewer than stages */ until: number[];
    /** compressors of the stages */ inner: CompressorInput[];
  };
}

/** One of the compressors. */
export type CompressorInput = SpecOf<CompressorKinds>;

/** Parameters of links that change, by kind. */
export interface LinksKinds {
  /** every link fails with the same probability, each round anew */ drops: {
    /** probability that a link is down in a round */ rate: number;
  };
  /** links fail in bursts: good times and bad ones, each with a loss of its own */ 'gilbert-elliott': {
    /** probability that a good link turns bad, each round */ toBad: number;
    /** probability that a bad link turns good; 1/toGood rounds is a burst */ toGood: number;
    /** probability that a good link is down in a round; default: 0 */ lossGood?: number;
    /** probability that a bad link is down in a round; default: 1 */ lossBad?: number;
  };
  /** one graph after the other, round and round */ schedule: {
    /** topologies on the same agents: { kind: ring, nodes: 8 } or { file: night.gml } */ graphs: unknown[];
    /** rounds that each graph lasts; default: 1 */ every?: number;
  };
  /** one peer a round, a power of two away: 2^m agents average exactly in m rounds */
  'one-peer-exponential': object;
  /** pairwise gossip: neighbours who pick each other talk, nobody with two */ 'random-matching': object;
  /** asks up() of your module about every edge and round; parameters beside it are handed to it */ custom: {
    /** your .mjs file, relative to the config */ module: string;
    [parameter: string]: unknown;
  };
}

/** One of the links that change. */
export type LinksInput = SpecOf<LinksKinds>;

/** Parameters of programs, by kind. */
export interface ProgramKinds {
  /** a star: gradients go up compressed, the server averages them, one compressed step comes down */
  'parameter-server': {
    /** workers around the server, among whom the data are split */ agents: number;
    /** step: a number, or a schedule */ gamma:
      | number
      | {
        kind: 'constant' | '1/sqrt(k)' | '1/k' | 'cosine';
        /** value in round 0 */ initial: number;
        /** cosine: value after the last round, 0 by default */ final?: number;
        /** rounds until it falls like its name, 1 by default */ after?: number;
      }
      | {
        kind: 'geometric';
        /** value in round 0 */ initial: number;
        /** factor a round, in (0, 1] */ rate: number;
      };
    /** samples that a gradient looks at, drawn afresh every round; all: the exact gradient; default: all */
    batch?: 'all' | number;
    /** width of the dither of one-bit links: a number, a schedule, or auto: the best of a short pilot */
    lambda?:
      | number
      | {
        kind: 'constant' | '1/sqrt(k)' | '1/k' | 'cosine';
        /** value in round 0 */ initial: number;
        /** cosine: value after the last round, 0 by default */ final?: number;
        /** rounds until it falls like its name, 1 by default */ after?: number;
      }
      | {
        kind: 'geometric';
        /** value in round 0 */ initial: number;
        /** factor a round, in (0, 1] */ rate: number;
      }
      | 'auto';
    /** instead of lambda: the width in units of the root mean square of what is sent, sent along */
    amplitude?: number;
    /**
     * rotate before one-bit links: true (the default) pads to a power of two, exact and a power of two do
     * not; false does not rotate
     */
    flatten?: boolean | 'padded' | 'exact' | number;
    /** compressor of the gradients; one-bit with lambda where absent */ uplink?: CompressorInput;
    /**
     * one-bit, none, or a compressor of the server's mean; where absent one-bit, and none where an uplink is
     * given
     */
    downlink?: 'one-bit' | 'none' | CompressorInput;
    /**
     * sgd (the default), momentum or adam; side server: before the downlink, all: behind it, everyone's own
     */
    optimizer?:
      | { kind: 'sgd'; }
      | {
        kind: 'momentum';
        /** 0.9 by default */ beta?: number;
        nesterov?: boolean;
        side?: 'server' | 'all';
      }
      | {
        kind: 'adam';
        /** 0.9 by default */ beta1?: number;
        /** 0.999 by default */ beta2?: number;
        /** 1e-8 by default */ epsilon?: number;
        side?: 'server' | 'all';
      };
  };
}

/** One of the programs. */
export type ProgramInput = SpecOf<ProgramKinds>;

/** A graph that is read from a file. */
export interface GraphFileInput {
  /** graph file; the extension says the format */ file: string;
  /** reader, where the extension does not say it */ format?: string;
  /** keep only the largest connected component */ largestComponent?: boolean;
  /** keep the directions of its edges, for flows that can do with them */ directed?: boolean;
  /** of its text, where that is not UTF-8 and does not say so: latin1, windows-1252, ... */
  encoding?: string;
  /** what separates the fields of a list or a table, where two things could */
  separator?: 'tab' | 'comma' | 'semicolon' | 'bar' | 'space';
  /** whether the first row of a list or a table is a header, where it could be data */ header?: boolean;
  /** columns of an edge list: source, target and perhaps weight, by number from 1 or by name */
  columns?: (string | number)[];
}

/** A graph that is given by its edges. */
export interface GraphEdgesInput {
  /**
   * both nodes of every edge: by number from 0, or by label; a program may give a Uint32Array or Int32Array,
   * node after node
   */
  edges: ((number | string)[])[] | Uint32Array | Int32Array;
  /** number of nodes; by default as many labels as there are, or one more than the largest number */
  nodes?: number;
  /** what the nodes are called */ labels?: string[];
  /** weight of every edge, in their order, for weights: file */ weights?: number[] | Float64Array;
  /** every pair is an arc, from its first node to its second */ directed?: boolean;
  /** what the graph is called in summaries and pictures */ name?: string;
  /** keep only the largest connected component */ largestComponent?: boolean;
}

/** A compressor that is to be chosen. */
export interface AutoCompressorInput {
  /**
   * what there should be least of until the target: rounds, bits that an agent sends, or seconds on the
   * network of the config; by default seconds where it has one, else bits
   */
  for?: 'rounds' | 'bits' | 'seconds';
  /** compressors to choose from, in the place of all that are registered */ among?: CompressorInput[];
}

/** What only runs on a graph have. */
export interface GraphOptionsInput {
  /** edge weights: all 1, Metropolis 1 / (1 + max degree), or those of the graph file; default: unit */
  weights?: 'unit' | 'metropolis' | 'file';
  /** how agents lie in memory and are worked on: it changes how fast a run is, and no bits */ layout?: {
    /**
     * in which order agents lie in memory: as numbered, or neighbours near each other (reverse
     * Cuthill-McKee); auto: the latter in large graphs where it helps; default: auto
     */
    order?: 'auto' | 'given' | 'rcm';
    /** agents worked on together; auto: as many as the caches hold; default: auto */ block?: 'auto' | number;
    /**
     * how many agents ahead the messages of an agent's neighbours are asked for; auto: none where all
     * messages fit into the caches; default: auto
     */
    ahead?: 'auto' | number;
    /**
     * over several ranks (run --mpi), which holds which agents: metis, rcm (strips), given (ranges of
     * numbers); auto, as where it is left out: the first two where clearly fewer messages go between ranks
     */
    cut?: 'auto' | 'metis' | 'rcm' | 'given';
  };
}

/** What every run has. */
export interface CommonInput {
  /** for people: shown in the progress line, the summary and the run directory */ name?: string;
  /** rounds the run lasts at most; default: 1000 */ rounds?: number;
  /** converged in the first round in which everything given here is at or below its bound */ stop?: {
    /** root mean square of x - x*, over agents and coordinates */ rmsError?: number;
    /** mean of f(x_i) - f* over the agents */ agentsGapMean?: number;
    /** largest f(x_i) - f* of any agent */ agentsGapWorst?: number;
    /** mean of |grad f(x_i)| over the agents: where no optimum is known */ gradientNorm?: number;
    /** f(mean x) - f*, of a point that no agent need hold */ gap?: number;
    /** root mean square of x - mean x */ consensusError?: number;
  };
  /** of every random draw; the same seed gives the same bits for any number of workers; default: 0 */
  seed?: number;
  /**
   * of state, messages, kernels and data; float32 takes half the memory and half to two thirds of the time,
   * and x is right to six or seven digits; default: float64
   */
  precision?: 'float64' | 'float32';
  /**
   * worker threads; auto is as many as pay, of the cores that are ours (affinity, hardware threads of a core
   * counted once, cgroup quota, SLURM_CPUS_PER_TASK); default: auto
   */
  workers?: 'auto' | number;
  /**
   * holds each worker to a core of its own: cores are next to one another in the caches, spread takes
   * sockets and caches in turns; none leaves it to the system (Linux, with koffi); default: none
   */
  pin?: 'none' | 'cores' | 'spread';
  trace?: {
    /** rounds from one row to the next, a 200th of the rounds by default */ every?: number;
    /**
     * agents at which a row evaluates f and its gradient, for agentsGapMean, agentsGapWorst and
     * gradientNorm; auto: all where that is quick, or where stop asks for one of them; default: auto
     */
    sample?: 'auto' | 'all' | number;
    /**
     * agents whose x is kept with every row, in agents-trace.csv: [0, 5], or all; a thousand numbers a row
     * at most
     */
    agents?: 'all' | number[];
    /** entries of their x that are kept, [0] by default */ coordinates?: number[];
  };
  /** links for networkSeconds in the trace: what the rounds would have taken on them */ network?: {
    /** of every link, in bit/s or with a unit: 1 Mbit/s */ bandwidth: number | string;
    /** of every message, in seconds or with a unit: 20 ms; default: 0 */ latency?: number | string;
    /**
     * edges that differ: a list of { between: [a, b], bandwidth, latency }, or a .csv file with
     * source,target,bandwidth,latency
     */
    edges?:
      | string
      | ({
        between: [string | number, string | number];
        bandwidth?: number | string;
        latency?: number | string;
      })[];
  };
  /** modules of your own (kind: custom) */ modules?: {
    /** one call of a function of your module may take, before the run is ended; 30 by default */
    seconds: number;
  };
  /**
   * write what it takes to go on to DIR/checkpoints now and then: see sottovoce resume. A run that is
   * stopped leaves one anyway
   */
  checkpoint?: {
    /** rounds from one to the next */ everyRounds?: number;
    /** seconds from one to the next, instead of everyRounds */ everySeconds?: number;
    /** how many of the newest are kept; default: 2 */ keep?: number;
  };
  /** how long is too long */ timeout?: {
    /**
     * a phase of a round may take, in seconds or with a unit: 60 s; then the run fails and names the worker.
     * Any time by default
     */
    round: number | string;
  };
  /** write report.html, a page with the curves and the network of the run, into its folder; default: true */
  report?: boolean;
  /** .npy file of x(0), agents x dim; zero where absent */ init?: string | Float64Array;
  /** a comparison, for `sottovoce compare`: methods, graphs and seeds; see docs/compare.md */ study?: {
    /** other configs instead of this one: files, relative to this one; nothing else stands here then */
    configs?: string | string[];
    /** graphs to try the methods on: texts as for --graphs, or each under its label */
    graphs?: string | string[] | Record<string, unknown>;
    /** methods: texts as for --methods, or each under its label: `one bit: lead + flatten(sign)` */
    methods?: string | string[] | Record<string, unknown>;
    /** instead of methods: each with each of flows */ compressors?: string | string[];
    /** instead of methods: each with each of compressors */ flows?: string | string[];
    /** seeds: 1..10 */ seeds?: number | string | number[];
    /** what to reach, one quantity; what `stop` says where absent */ target?: {
      rmsError?: number;
      agentsGapMean?: number;
      agentsGapWorst?: number;
      gradientNorm?: number;
      gap?: number;
      consensusError?: number;
    };
    /** trial runs for every cell's open gains; 40 where absent */ tune?: number;
  };
  /** training of a policy, for `sottovoce learn`; see docs/learn.md */ learn?: {
    /** topologies of the family, each drawn anew for each problem; random regular and Erdos-Renyi */
    graphs?: { kind: string; [parameter: string]: unknown; }[];
    /** costs of the problems; the config's own where absent */
    costs?: { kind: string; [parameter: string]: unknown; }[];
    /** problems that a policy is tried on; default: 6 */ problems?: number;
    /** problems that it is measured on in the end, of which it has seen none; default: 6 */
    validation?: number;
    /** what an agent may do with a message, the first is what it does to begin with */
    actions?: PolicyActionInput[];
    /** compressors of the actions that have one */
    compressors?: { kind: string; [parameter: string]: unknown; }[];
    /** what an agent looks at; one, growth, trend, early and age where absent */
    features?: PolicyFeatureInput[];
    /** steps of a scale in an octave; default: 2 */ steps?: 1 | 2 | 4;
    /** whether vectors are rotated at random first; null: not; default: exact */
    rotate?: 'exact' | 'padded' | null;
    /** generations of policies; default: 12 */ generations?: number;
    /** policies of a generation; default: 8 */ population?: number;
    /** of the problems and of what the search draws; default: 1 */ seed?: number;
    /** rmsError that agents are to reach with few bits; default: 0.000001 */ target?: number;
  };
}

/**
 * A config as a program writes it: a flow on a graph, or a program with links of its own. A config that is built in
 * steps keeps its types with `satisfies ConfigInput`; a plain annotation forgets which of the two it is.
 */
export type ConfigInput = FlowConfigInput | ServerConfigInput;

/** Agents on a graph. What is left out has a default. */
export interface FlowConfigInput extends CommonInput, GraphOptionsInput {
  // First, so that the compiler takes { ...some, flow: { kind: 'dgd' } } for a flow and completes its kinds.
  /** never beside a flow */ program?: undefined;
  /** the graph: generated, from a file, or from memory */
  topology: TopologyInput | GraphFileInput | GraphEdgesInput | GraphInput;
  /** private cost of every agent */ cost: CostInput;
  /** what the agents do in a round */ flow: FlowInput;
  /** what a message keeps; all of it where absent */ compressor?: CompressorInput | 'auto' | ({ kind: 'auto' } & AutoCompressorInput);
  /** links that change; every edge is up in every round where absent */ links?: LinksInput;
}

/** A graph in memory; from a program alone, since no file can hold one. */
export interface GraphInput {
  /** what graphFromEdges, readGraph and generate give; not to be changed before the run has begun */
  graph: Graph;
  /** what the graph is called in summaries and pictures */ name?: string;
  /** keep only the largest connected component */ largestComponent?: boolean;
}

/** Agents around a server. */
export interface ServerConfigInput extends CommonInput {
  /** the server, its links and its step */ program: ProgramInput;
  /** private cost of every agent */ cost: CostInput;
  /** never beside a program */ topology?: undefined;
  /** never beside a program */ flow?: undefined;
  /** never beside a program */ compressor?: undefined;
  /** never beside a program */ links?: undefined;
}
