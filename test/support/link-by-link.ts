/**
 * Every flow as a network would run it: an agent knows its own values and what was delivered to it, and
 * nothing else. The recursions are written as in the papers (with iterates kept where a method looks back, a
 * variable for each end of each edge), not as the engine computes them.
 *
 * Slow, and meant to be read beside docs/model.md, docs/links.md and docs/baselines.md. Bits are not counted
 * here: `distributed.ts` does that.
 */

export type Vector = Float64Array;

/** What one neighbour delivered in a round. */
export interface Heard {
  from: number;
  weight: number;
  /** Decoded, one for each message of the round. */
  said: Vector[];
  /** What the link kept back while it was down, oldest first. */
  missed: Vector[][];
}

/** What an agent knows beforehand. */
export interface AgentInputs {
  me: number;
  start: Vector;
  /** Whom it can hear, with the weights of these links. */
  hears: { from: number; weight: number }[];
  gradient(x: Vector): Vector;
  /** How many will hear it in a round. */
  hearers(round: number): number;
  /** How many could. */
  everyHearer: number;
  /** Of the mixing matrix W = I - tau L. */
  tau: number;
  /** Whether links come and go. */
  changing: boolean;
}

export interface Agent {
  x: Vector;
  /**
   * What it says to all who hear it, before compression; null where it has nothing to say yet. Asked once a
   * round.
   */
  say?(round: number): (Vector | null)[];
  /** What it says to one neighbour. */
  tell?(round: number, to: number): Vector[];
  /** Its step, from its own messages as decoded and what it heard. */
  step(round: number, own: Vector[], heard: Heard[]): void;
}

export type MakeAgent = (inputs: AgentInputs) => Agent;

export interface NetworkInputs {
  /** Whom each agent can hear, ascending. */
  hears: { from: number; weight: number }[][];
  up(round: number, from: number, to: number): boolean;
  make: MakeAgent;
  /** What is decoded of a message. */
  compress(message: Vector, round: number, agent: number, channel: number): Vector;
  gradient(x: Vector, agent: number): Vector;
  start: Vector[];
  tau: number;
  changing: boolean;
  rounds: number;
}

/** x of all agents after the given rounds. */
export function runLinkByLink(inputs: NetworkInputs): Vector[] {
  const { hears, up, make, compress, gradient, start, tau, changing, rounds } = inputs;
  const nodes = start.map((_, i) => i);
  const hearersOf = nodes.map((i) => nodes.filter((j) => hears[j].some(({ from }) => from === i)));
  const agents = start.map((x, me) =>
    make({
      me,
      start: x.slice(),
      hears: hears[me],
      gradient: (at) => gradient(at, me),
      hearers: (round) => hearersOf[me].filter((to) => up(round, me, to)).length,
      everyHearer: hearersOf[me].length,
      tau,
      changing,
    }),
  );
  const queues = new Map<string, Vector[][]>();
  for (let k = 0; k < rounds; k++) {
    const own = agents.map((agent, i) =>
      (agent.say?.(k) ?? []).map((message, channel) =>
        message === null ? new Float64Array(start[i].length) : compress(message, k, i, channel),
      ),
    );
    const heard = agents.map((_, i) =>
      hears[i].flatMap(({ from, weight }): Heard[] => {
        const link = `${from} ${i}`;
        const missed = queues.get(link) ?? [];
        const said = agents[from].tell?.(k, i) ?? own[from];
        queues.set(link, up(k, from, i) ? [] : [...missed, said]);
        return up(k, from, i) ? [{ from, weight, said, missed }] : [];
      }),
    );
    for (const [i, agent] of agents.entries()) agent.step(k, own[i], heard[i]);
  }
  return agents.map(({ x }) => x);
}

/** sum of coefficient x vector. */
function sum(...terms: [number, Vector][]): Vector {
  const [[, first]] = terms;
  return first.map((_, c) => terms.reduce((total, [a, vector]) => total + a * vector[c], 0));
}

const zeros = (like: Vector): Vector => new Float64Array(like.length);

/** sum_j w_ij (own - what j says or is known to be). */
function disagreement(own: Vector, heard: Heard[], of: (one: Heard) => Vector): Vector {
  return sum(
    [0, own],
    ...heard.flatMap((one): [number, Vector][] => [
      [one.weight, own],
      [-one.weight, of(one)],
    ]),
  );
}

const first = ({ said }: Heard): Vector => said[0];
const second = ({ said }: Heard): Vector => said[1];
const totalWeight = (links: { weight: number }[]): number =>
  links.reduce((total, { weight }) => total + weight, 0);

export interface EulerGains {
  compress: string;
  step: number;
  alpha: number;
  /** 0 in the consensus flow, as eta. */
  beta?: number;
  eta?: number;
  mu?: number;
  gamma?: number;
  integrator?: string;
  inner?: number;
  rho?: number;
  /** r(k + 1) - r(k) of the agent, where what is averaged moves. */
  moved?: (round: number, agent: number) => Vector;
}

/** Primal-dual flow and consensus flow. */
export function euler(gains: EulerGains): MakeAgent {
  const { compress, step: h, alpha, beta = 0, eta = 0, mu = 1, gamma = 0, inner = 1, rho = 0 } = gains;
  const implicit = gains.integrator === 'semi-implicit';
  const memory = compress === 'error-memory';
  const estimates = memory || compress === 'error-state' || compress === 'observer';
  return ({ me, start, hears, gradient }) => {
    const fixedDegree = totalWeight(hears);
    let v = zeros(start);
    /** What everyone should know of me; of my neighbours, what I know. */
    let s = zeros(start);
    let m = zeros(start);
    const copies = new Map(hears.map(({ from }) => [from, zeros(start)]));
    const copyOf = (from: number) => copies.get(from) as Vector;
    const known = (copy: Vector, message: Vector) => {
      if (!estimates) return message;
      return compress === 'observer' ? copy : sum([1, copy], [1, message]);
    };
    const agent: Agent = {
      x: start,
      say: () => [estimates ? sum([1, agent.x], [-1, s], [gamma, m]) : agent.x],
      step(round, [q], heard) {
        const { x } = agent;
        for (const { from, missed } of heard)
          for (const [message] of missed) copies.set(from, sum([1, copyOf(from)], [mu, message]));
        const y = known(s, q);
        const r = disagreement(memory ? x : y, heard, ({ from, said }) => known(copyOf(from), said[0]));
        const degree = totalWeight(heard);
        const after = sum([1, v], [h * beta, r]);
        const pull = sum([alpha, r], [beta, implicit ? after : v]);
        const damping = implicit ? 1 + h * alpha * degree : 1;
        if (inner > 1) {
          const w = damping / h;
          let u = x;
          for (let t = 0; t < inner; t++) {
            const slope = sum([eta, gradient(u)], [1, pull], [w, u], [-w, x]);
            u = sum([1, u], [-1 / (rho + w), slope]);
          }
          agent.x = u;
        } else {
          const slope = eta === 0 ? pull : sum([eta, gradient(x)], [1, pull]);
          agent.x = sum([1, x], [-h / damping, slope]);
        }
        v = after;
        if (memory) m = sum([1, m], [degree / fixedDegree, x], [-degree / fixedDegree, y]);
        if (gains.moved) agent.x = sum([1, agent.x], [1, gains.moved(round, me)]);
        s = sum([1, s], [mu, q]);
        for (const { from, said } of heard) copies.set(from, sum([1, copyOf(from)], [mu, said[0]]));
      },
    };
    return agent;
  };
}

export interface ScaledGains {
  step: number;
  alpha: number;
  beta: number;
  mu: number;
  range: number;
  decay: number;
}

/** Messages in units of range decay^k: what is said of x - s, and what all take it for. */
export function scaledPrimalDual({ step: h, alpha, beta, mu, range, decay }: ScaledGains): MakeAgent {
  const unit = (round: number) => range * decay ** round;
  return ({ start, hears, gradient }) => {
    let v = zeros(start);
    let s = zeros(start);
    const copies = new Map(hears.map(({ from }) => [from, zeros(start)]));
    const copyOf = (from: number) => copies.get(from) as Vector;
    const agent: Agent = {
      x: start,
      say: (round) => [sum([1, agent.x], [-1, s]).map((entry) => entry / unit(round))],
      step(round, [q], heard) {
        const { x } = agent;
        for (const { from, missed } of heard)
          for (const [back, [message]] of [...missed].reverse().entries())
            copies.set(from, sum([1, copyOf(from)], [mu * unit(round - 1 - back), message]));
        const known = (copy: Vector, message: Vector) => sum([1, copy], [unit(round), message]);
        const r = disagreement(known(s, q), heard, ({ from, said }) => known(copyOf(from), said[0]));
        agent.x = sum([1, x], [-h, gradient(x)], [-h * alpha, r], [-h * beta, v]);
        v = sum([1, v], [h * beta, r]);
        s = sum([1, s], [mu * unit(round), q]);
        for (const { from, said } of heard)
          copies.set(from, sum([1, copyOf(from)], [mu * unit(round), said[0]]));
      },
    };
    return agent;
  };
}

/** Sums and weights in even shares. */
export const pushSum: MakeAgent = ({ start, hearers }) => {
  let total: Vector = Float64Array.from([...start, 1]);
  const agent: Agent = {
    x: start,
    say: (round) => [sum([1 / (1 + hearers(round)), total])],
    step(_round, [own], heard) {
      total = sum([1, own], ...heard.map((one): [number, Vector] => [1, first(one)]));
      agent.x = total.slice(0, -1).map((entry) => entry / total[total.length - 1]);
    },
  };
  return agent;
};

/**
 * The same by what differs from what is known of the shares, of which each hearer has a copy; weights as they
 * are. Where links come and go, what is known is the ratio, and a share of it that of the weight times it.
 */
export function quantizedPushSum({ gamma, alpha }: { gamma: number; alpha: number }): MakeAgent {
  return ({ start, hears, hearers, everyHearer, changing }) => {
    const share = 1 / (1 + everyHearer);
    let u = start;
    let weight = 1;
    let told = zeros(start);
    const copies = new Map(hears.map(({ from }) => [from, zeros(start)]));
    const copyOf = (from: number) => copies.get(from) as Vector;
    const learn = (from: number, q: Vector) => copies.set(from, sum([1, copyOf(from)], [alpha, q]));
    const agent: Agent = {
      x: start,
      say: () => [sum([changing ? 1 / weight : share, u], [-1, told]), Float64Array.of(share * weight)],
      step(round, [own, ownWeight], heard) {
        for (const { from, missed } of heard) for (const [q] of missed) learn(from, q);
        const gives = hearers(round);
        const times = (pi: Vector) => gamma * (changing ? pi[0] : 1);
        u = sum(
          [1, u],
          [-gives * times(ownWeight), sum([1, told], [1, own])],
          ...heard.map(({ from, said: [q, pi] }): [number, Vector] => [
            times(pi),
            sum([1, copyOf(from)], [1, q]),
          ]),
        );
        weight -= gamma * gives * ownWeight[0];
        for (const { said } of heard) weight += gamma * said[1][0];
        agent.x = u.map((entry) => entry / weight);
        told = sum([1, told], [alpha, own]);
        for (const { from, said } of heard) learn(from, said[0]);
      },
    };
    return agent;
  };
}

/** Decentralised gradient descent; `diffusion` steps before it mixes. */
export function dgd(step: (round: number) => number, localSteps: number, diffusion: boolean): MakeAgent {
  return ({ start, gradient, tau }) => {
    const descend = (from: Vector, h: number) => {
      let x = from;
      for (let t = 0; t < localSteps; t++) x = sum([1, x], [-h, gradient(x)]);
      return x;
    };
    const agent: Agent = {
      x: start,
      say: (round) => [diffusion ? descend(agent.x, step(round)) : agent.x],
      step(round, [own], heard) {
        const mixed = disagreement(own, heard, first);
        agent.x = sum([1, diffusion ? own : descend(agent.x, step(round))], [-tau, mixed]);
      },
    };
    return agent;
  };
}

/** x^{k+2} = (I + W) x^{k+1} - (I + W)/2 x^k - h (grad f(x^{k+1}) - grad f(x^k)). */
export function extra(h: number): MakeAgent {
  return ({ start, gradient, tau }) => {
    let before: { x: Vector; mixed: Vector; slope: Vector } | null = null;
    const agent: Agent = {
      x: start,
      say: () => [agent.x],
      step(_round, _own, heard) {
        const { x } = agent;
        const mixed = sum([1, x], [-tau, disagreement(x, heard, first)]);
        const slope = gradient(x);
        agent.x =
          before === null
            ? sum([1, mixed], [-h, slope])
            : sum(
                [1, x],
                [1, mixed],
                [-1 / 2, before.x],
                [-1 / 2, before.mixed],
                [-h, slope],
                [h, before.slope],
              );
        before = { x, mixed, slope };
      },
    };
    return agent;
  };
}

/**
 * x^{k+1} = (I + W)/2 (2 x^k - x^{k-1} - h (grad f(x^k) - grad f(x^{k-1}))) from x^1 = x^0 - h grad f(x^0).
 */
export function nids(h: number): MakeAgent {
  return ({ start, gradient, tau }) => {
    let before: Vector | null = null;
    const agent: Agent = {
      x: start,
      say: () => [
        before === null
          ? agent.x
          : sum([2, agent.x], [-1, before], [-h, gradient(agent.x)], [h, gradient(before)]),
      ],
      step(_round, [z], heard) {
        const { x } = agent;
        agent.x =
          before === null
            ? sum([1, x], [-h, gradient(x)])
            : sum([1, z], [-tau / 2, disagreement(z, heard, first)]);
        before = x;
      },
    };
    return agent;
  };
}

/** Adapt, correct, combine. */
export function exactDiffusion(h: number): MakeAgent {
  return ({ start, gradient, tau }) => {
    let before = start;
    const agent: Agent = {
      x: start,
      say() {
        const adapted = sum([1, agent.x], [-h, gradient(agent.x)]);
        const corrected = sum([1, adapted], [1, agent.x], [-1, before]);
        before = adapted;
        return [corrected];
      },
      step(_round, [corrected], heard) {
        agent.x = sum([1, corrected], [-tau / 2, disagreement(corrected, heard, first)]);
      },
    };
    return agent;
  };
}

/** x <- W x - h y, y <- W y + grad f(x_new) - grad f(x). */
export function diging(h: number): MakeAgent {
  return ({ start, gradient, tau }) => {
    let y = gradient(start);
    const agent: Agent = {
      x: start,
      say: () => [agent.x, y],
      step(_round, _own, heard) {
        const { x } = agent;
        agent.x = sum([1, x], [-tau, disagreement(x, heard, first)], [-h, y]);
        y = sum([1, y], [-tau, disagreement(y, heard, second)], [1, gradient(agent.x)], [-1, gradient(x)]);
      },
    };
    return agent;
  };
}

export interface EdgeGains {
  penalty: number;
  rho: number;
  inner: number;
}

/** `inner` gradient steps on f(u) + <b, u> + (curvature/2) |u|^2 from x. */
function solve(
  gradient: (x: Vector) => Vector,
  { rho, inner }: EdgeGains,
  x: Vector,
  b: Vector,
  curvature: number,
) {
  let u = x;
  for (let t = 0; t < inner; t++)
    u = sum([1, u], [-1 / (rho + curvature), sum([1, gradient(u)], [1, b], [curvature, u])]);
  return u;
}

/**
 * f_i(u) + <alpha_i, u> + c sum_j w_ij |u - (x_i + x_j)/2|^2; alpha_i += c sum_j w_ij (x_i - x_j), of the new
 * x.
 */
export function admm(gains: EdgeGains): MakeAgent {
  const { penalty: c } = gains;
  return ({ start, hears, gradient }) => {
    const degree = totalWeight(hears);
    let alpha = zeros(start);
    const agent: Agent = {
      x: start,
      say: () => [agent.x],
      step(round, _own, heard) {
        const { x } = agent;
        if (round > 0) alpha = sum([1, alpha], [c, disagreement(x, heard, first)]);
        const middle = heard.flatMap((one): [number, Vector][] => [
          [-c * one.weight, x],
          [-c * one.weight, first(one)],
        ]);
        agent.x = solve(gradient, gains, x, sum([1, alpha], ...middle), 2 * c * degree);
      },
    };
    return agent;
  };
}

/** A variable for each end of each edge, z_{i|j} mine and z_{j|i} theirs, of which both ends know both. */
export function pdmm(gains: EdgeGains, theta: number): MakeAgent {
  const { penalty: c } = gains;
  return ({ me, start, hears, gradient }) => {
    const degree = totalWeight(hears);
    const mine = new Map<number, Vector>();
    const theirs = new Map<number, Vector>();
    const agent: Agent = {
      x: start,
      say: () => [agent.x],
      step(round, _own, heard) {
        const { x } = agent;
        let b = zeros(start);
        for (const { from, weight, said } of heard) {
          const [other] = said;
          const sign = me < from ? 1 : -1;
          if (round === 0) {
            mine.set(from, sum([-sign * c * weight * (1 - theta), x], [-sign * c * weight * theta, other]));
            theirs.set(from, sum([sign * c * weight * (1 - theta), other], [sign * c * weight * theta, x]));
          } else {
            const [z, opposite] = [mine.get(from) as Vector, theirs.get(from) as Vector];
            mine.set(from, sum([1 - theta, z], [theta, opposite], [-2 * c * weight * sign * theta, other]));
            theirs.set(from, sum([1 - theta, opposite], [theta, z], [2 * c * weight * sign * theta, x]));
          }
          b = sum([1, b], [sign, mine.get(from) as Vector]);
        }
        agent.x = solve(gradient, gains, x, b, c * degree);
      },
    };
    return agent;
  };
}

/**
 * What all know of a vector of mine, and what I know of my neighbours': estimates that grow with the
 * messages.
 */
function bookkeeping(like: Vector, hears: { from: number }[], alpha: number, channel: number) {
  const estimate = zeros(like);
  const copies = new Map(hears.map(({ from }) => [from, zeros(like)]));
  return {
    estimate,
    /** sum_j w_ij (yHat_i - yHat_j), yHat = estimate + message; then the estimates move by a share alpha. */
    receive(own: Vector[], heard: Heard[]): Vector {
      const yHat = sum([1, estimate], [1, own[channel]]);
      const apart = disagreement(yHat, heard, ({ from, said }) =>
        sum([1, copies.get(from) as Vector], [1, said[channel]]),
      );
      const grow = (what: Vector, message: Vector) => what.set(sum([1, what], [alpha, message]));
      grow(estimate, own[channel]);
      for (const { from, said } of heard) grow(copies.get(from) as Vector, said[channel]);
      return apart;
    },
    error: (of: Vector) => sum([1, of], [-1, estimate]),
  };
}

export function chocoGossip(gamma: number): MakeAgent {
  return ({ start, hears, tau }) => {
    const known = bookkeeping(start, hears, 1, 0);
    const agent: Agent = {
      x: start,
      say: (round) => [round === 0 ? null : known.error(agent.x)],
      step(_round, own, heard) {
        agent.x = sum([1, agent.x], [-gamma * tau, known.receive(own, heard)]);
      },
    };
    return agent;
  };
}

export function chocoSgd(gamma: number, step: (round: number) => number, localSteps: number): MakeAgent {
  return ({ start, hears, gradient, tau }) => {
    const known = bookkeeping(start, hears, 1, 0);
    let half = start;
    const agent: Agent = {
      x: start,
      say(round) {
        half = agent.x;
        for (let t = 0; t < localSteps; t++) half = sum([1, half], [-step(round), gradient(half)]);
        return [known.error(half)];
      },
      step(_round, own, heard) {
        agent.x = sum([1, half], [-gamma * tau, known.receive(own, heard)]);
      },
    };
    return agent;
  };
}

export function lead(h: number, gamma: number, alpha: number): MakeAgent {
  return ({ start, hears, gradient, tau }) => {
    const known = bookkeeping(start, hears, alpha, 0);
    let d = zeros(start);
    /** X^1, which every agent makes alone. */
    let next = sum([1, start], [-h, gradient(start)]);
    const agent: Agent = {
      x: start,
      say: () => [known.error(sum([1, next], [-h, gradient(next)], [-h, d]))],
      step(_round, own, heard) {
        const slope = gradient(next);
        d = sum([1, d], [(gamma * tau) / (2 * h), known.receive(own, heard)]);
        next = sum([1, next], [-h, slope], [-h, d]);
        agent.x = next;
      },
    };
    return agent;
  };
}

/** C-GT; BEER is `speaksFirst: false` with alpha 1. */
export function tracking(gains: {
  h: number;
  gamma: number;
  alpha: number;
  alphaTracker: number;
  speaksFirst: boolean;
}): MakeAgent {
  const { h, gamma, alpha, alphaTracker, speaksFirst } = gains;
  return ({ start, hears, gradient, tau }) => {
    const ofX = bookkeeping(start, hears, alpha, 0);
    const ofV = bookkeeping(start, hears, alphaTracker, 1);
    let v = gradient(start);
    const agent: Agent = {
      x: start,
      say: (round) => (round === 0 && !speaksFirst ? [null, null] : [ofX.error(agent.x), ofV.error(v)]),
      step(_round, own, heard) {
        const { x } = agent;
        agent.x = sum([1, x], [-gamma * tau, ofX.receive(own, heard)], [-h, v]);
        v = sum([1, v], [-gamma * tau, ofV.receive(own, heard)], [1, gradient(agent.x)], [-1, gradient(x)]);
      },
    };
    return agent;
  };
}

/**
 * Matrices that mix along a vector which both ends of an edge hold. `draw` makes the first: n entries for
 * agents i < j.
 */
export function powerGossip(
  [height, width]: [number, number],
  draw: (i: number, j: number, n: number) => Vector,
  step: number,
): MakeAgent {
  return ({ me, start, hears, gradient, tau }) => {
    const held = new Map(
      hears.map(({ from }) => [from, draw(Math.min(me, from), Math.max(me, from), width)]),
    );
    /** X v in even rounds, X^T v in odd ones. */
    const along = (x: Vector, v: Vector, round: number) => {
      const out = new Float64Array(round % 2 === 0 ? height : width);
      for (let r = 0; r < height; r++)
        for (let c = 0; c < width; c++) {
          if (round % 2 === 0) out[r] += x[r * width + c] * v[c];
          else out[c] += x[r * width + c] * v[r];
        }
      return out;
    };
    const agent: Agent = {
      x: start,
      tell: (round, to) => [along(agent.x, held.get(to) as Vector, round)],
      step(round, _own, heard) {
        const before = agent.x;
        const x = step === 0 ? before.slice() : sum([1, before], [-step, gradient(before)]);
        for (const { from, weight, said } of heard) {
          const v = held.get(from) as Vector;
          const d = sum([1, said[0]], [-1, along(before, v, round)]);
          for (let r = 0; r < height; r++)
            for (let c = 0; c < width; c++)
              x[r * width + c] += tau * weight * (round % 2 === 0 ? d[r] * v[c] : v[r] * d[c]);
          const norm = Math.hypot(...d) * (me < from ? 1 : -1);
          held.set(from, sum([1 / norm, d]));
        }
        agent.x = x;
      },
    };
    return agent;
  };
}

/**
 * Push-pull, link by link: what is pulled is averaged with equal weights, what is pushed is given in shares of
 * 1/(1 + those who could hear); a neighbour keeps its own copies of what it was told. `follows`: what trackers
 * follow, in the place of the gradient.
 */
export function pushPull(gains: {
  h: number;
  gamma: number;
  gammaTracker: number;
  alpha: number;
  alphaTracker: number;
  follows?: 'x';
}): MakeAgent {
  const { h, gamma, gammaTracker, alpha, alphaTracker, follows } = gains;
  return ({ start, hears, gradient, hearers, everyHearer }) => {
    const slope = (x: Vector) => (follows === 'x' ? x : gradient(x));
    let before = slope(start);
    let v = follows === 'x' ? zeros(start) : before;
    let [sX, sP] = [zeros(start), zeros(start)];
    const copies = new Map(hears.map(({ from }) => [from, [zeros(start), zeros(start)]]));
    const filters = [alpha, alphaTracker];
    const learn = (from: number, said: Vector[]) => {
      const old = copies.get(from) as Vector[];
      copies.set(
        from,
        old.map((copy, which) => sum([1, copy], [filters[which], said[which]])),
      );
    };
    const agent: Agent = {
      x: start,
      say: () => [sum([1, agent.x], [-1, sX]), sum([1 / (1 + everyHearer), v], [-1, sP])],
      step(round, [qX, qP], heard) {
        for (const { from, missed } of heard) for (const said of missed) learn(from, said);
        const knownOf = ({ from, said }: Heard, which: number) =>
          sum([1, (copies.get(from) as Vector[])[which]], [1, said[which]]);
        const [xHat, pHat] = [sum([1, sX], [1, qX]), sum([1, sP], [1, qP])];
        const pull = gamma / (1 + hears.length);
        const x = sum(
          [1, agent.x],
          [-h, v],
          ...heard.flatMap((one): [number, Vector][] => [
            [pull, knownOf(one, 0)],
            [-pull, xHat],
          ]),
        );
        // Given to each that hears, and gotten.
        v = sum(
          [1, v],
          [-gammaTracker * hearers(round), pHat],
          ...heard.map((one): [number, Vector] => [gammaTracker, knownOf(one, 1)]),
        );
        const fresh = slope(x);
        v = sum([1, v], [1, fresh], [-1, before]);
        before = fresh;
        agent.x = x;
        sX = sum([1, sX], [alpha, qX]);
        sP = sum([1, sP], [alphaTracker, qP]);
        for (const { from, said } of heard) learn(from, said);
      },
    };
    return agent;
  };
}

/**
 * Sums and weights in shares of 1/(1 + those who could hear), x their ratio, link by link: with a tracker
 * (push-DIGing), or with gradient steps between (`tracker: null`, stochastic gradient push).
 */
export function ratio(gains: {
  step: (round: number) => number;
  gamma: number;
  alpha: number;
  tracker: { gamma: number; alpha: number } | null;
}): MakeAgent {
  const { step, gamma, alpha, tracker } = gains;
  const used = tracker === null ? [{ gamma, alpha }] : [{ gamma, alpha }, tracker];
  return ({ start, hears, gradient, hearers, everyHearer, changing }) => {
    const share = 1 / (1 + everyHearer);
    let u = start;
    let weight = 1;
    let y = gradient(start);
    let told = used.map(() => zeros(start));
    const copies = new Map(hears.map(({ from }) => [from, told]));
    const learn = (from: number, said: Vector[]) => {
      const old = copies.get(from) as Vector[];
      copies.set(
        from,
        used.map((by, which) => sum([1, old[which]], [by.alpha, said[which]])),
      );
    };
    /** What is pushed: the sums after the step, and the tracker. */
    let pushed: Vector[] = [];
    const agent: Agent = {
      x: start,
      say(round) {
        const descent = tracker === null ? gradient(agent.x) : y;
        pushed = [sum([1, u], [-step(round), descent]), ...(tracker === null ? [] : [y])];
        return [
          ...pushed.map((vector, which) =>
            sum([changing && which === 0 ? 1 / weight : share, vector], [-1, told[which]]),
          ),
          Float64Array.of(share * weight),
        ];
      },
      step(round, own, heard) {
        for (const { from, missed } of heard) for (const said of missed) learn(from, said);
        const last = used.length;
        const next = pushed.map((vector, which) => {
          // Of sums the ratio is known where links come and go, and a share is the weight's times it.
          const times = ([pi]: Vector) => used[which].gamma * (changing && which === 0 ? pi : 1);
          const hat = sum([1, told[which]], [1, own[which]]);
          return sum(
            [1, vector],
            [-hearers(round) * times(own[last]), hat],
            ...heard.flatMap(({ from, said }): [number, Vector][] => [
              [times(said[last]), (copies.get(from) as Vector[])[which]],
              [times(said[last]), said[which]],
            ]),
          );
        });
        weight +=
          gamma *
          (heard.reduce((total, { said }) => total + said[last][0], 0) - hearers(round) * own[last][0]);
        u = next[0];
        const before = agent.x;
        agent.x = u.map((entry) => entry / weight);
        if (tracker !== null) y = sum([1, next[1]], [1, gradient(agent.x)], [-1, gradient(before)]);
        told = used.map((by, which) => sum([1, told[which]], [by.alpha, own[which]]));
        for (const { from, said } of heard) learn(from, said);
      },
    };
    return agent;
  };
}
