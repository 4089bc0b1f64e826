/**
 * A guided tour of the flights example, for whoever has never heard of consensus: what is agreed, and what is
 * said. Its steps drive the real run: they start it, go through its first rounds slowly, look into an
 * airport, take its message apart, cut a hub off, and let it come to its end.
 */

import type { AgentReport, ConfigSource, PlanReport } from '../../src/dashboard/protocol.js';
import { byId, h, setText } from '../shared/dom.js';
import { bits, count, short } from '../shared/numbers.js';
import { type App, isLive } from './app.js';
import { cutAll } from './change.js';
import { EXAMPLE, FEATURES, HOURS } from './flights.js';

interface Step {
  title: string;
  text: (() => string)[];
  /** What is lit up. */
  at: string;
  /** Done when the step is come to, once; left alone when one goes back. */
  enter?(still: () => boolean): Promise<unknown>;
  /** A sentence that follows the run. */
  live?(): string;
}

const AIRPORT = 'ATL';
const HUB = 'ORD';
const SLOW_ROUNDS = 12;
const pauseMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a coordinate of x is: a feature of the flights, or its number. */
export function coordinateName(plan: PlanReport | null, at: number): string {
  return plan?.name === EXAMPLE && plan.dim === FEATURES.length ? (FEATURES[at] ?? String(at)) : String(at);
}

export class Tour {
  private readonly app: App;
  private readonly card = byId('tour-card');
  private readonly title = h('h2', { id: 'tour-title', tabIndex: -1 });
  private readonly body = h('div', { className: 'tour-text' });
  private readonly liveLine = h('p', { className: 'tour-live' });
  private readonly where = h('span', { className: 'soft' });
  private readonly back = h('button', { type: 'button', onclick: () => this.go(this.at - 1) }, 'Back');
  private readonly next = h(
    'button',
    { type: 'button', className: 'primary', onclick: () => this.forward() },
    'Next',
  );
  private readonly steps: Step[];
  private at = -1;
  private furthest = -1;
  private begun = false;
  /** Raised whenever a step is left, so that what it was doing ends. */
  private turn = 0;
  private seen: AgentReport | null = null;
  private parts = 1;

  constructor(app: App) {
    this.app = app;
    this.steps = this.script();
    this.card.append(
      this.title,
      this.body,
      h(
        'div',
        { className: 'tour-side' },
        this.liveLine,
        h(
          'div',
          { className: 'tour-foot' },
          this.where,
          h('span', { className: 'grow' }),
          h('button', { type: 'button', onclick: () => this.end() }, 'End the tour'),
          this.back,
          this.next,
        ),
      ),
    );
    this.card.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.end();
    });
  }

  /** Where the address asks for it, and not again when the line comes back. */
  beginOnce(): void {
    if (!this.begun) this.begin();
  }

  begin(): void {
    this.begun = true;
    this.furthest = -1;
    this.parts = 1;
    this.card.hidden = false;
    this.go(0);
  }

  end(): void {
    this.turn++;
    this.card.hidden = true;
    this.light(null);
    byId('tour').focus();
  }

  onRows(): void {
    if (!this.card.hidden) this.tick();
  }

  onFrame(): void {
    if (!this.card.hidden) this.tick();
  }

  onAgent(report: AgentReport): void {
    this.seen = report;
    if (!this.card.hidden) this.tick();
  }

  private forward(): void {
    if (this.at === this.steps.length - 1) this.end();
    else this.go(this.at + 1);
  }

  private go(at: number): void {
    const step = this.steps[at];
    if (step === undefined) return;
    const mine = ++this.turn;
    this.at = at;
    this.draw(step);
    this.title.focus({ preventScroll: true });
    if (at <= this.furthest || step.enter === undefined) return;
    this.furthest = at;
    this.next.disabled = at === 0;
    void this.app
      .attempt('The tour', () => step.enter?.(() => mine === this.turn) ?? Promise.resolve())
      .then((fine) => {
        if (!fine && at === 0) this.furthest = -1;
        if (mine !== this.turn) return;
        this.next.disabled = !fine && at === 0;
        this.draw(step);
      });
  }

  private draw(step: Step): void {
    setText(this.title, step.title);
    this.body.replaceChildren(...step.text.map((text) => h('p', {}, text())));
    setText(this.where, `${this.at + 1} of ${this.steps.length}`);
    this.back.disabled = this.at === 0;
    setText(this.next, this.at === this.steps.length - 1 ? 'Done' : 'Next');
    this.light(step.at);
    this.tick();
  }

  /** What a step says may hang on what it did. */
  private redraw(): void {
    const step = this.steps[this.at];
    if (step !== undefined) this.draw(step);
  }

  private tick(): void {
    setText(this.liveLine, this.steps[this.at]?.live?.() ?? '');
  }

  private light(id: string | null): void {
    for (const lit of document.querySelectorAll('.lit')) lit.classList.remove('lit');
    if (id === null) return;
    const element = byId(id);
    element.classList.add('lit');
    if (innerWidth <= 900) element.scrollIntoView({ block: 'start', behavior: 'smooth' });
  }

  private get round(): string {
    return count(this.app.state?.round ?? 0);
  }

  /** An airport by its code, where it is in the network. */
  private airport(code: string): number {
    return this.app.network.find(code) ?? 0;
  }

  private neighbours(): number {
    return this.seen?.neighbours.length ?? 0;
  }

  /** Where the flights can be had from. */
  private async config(): Promise<ConfigSource> {
    const { hello, link } = this.app;
    if (hello?.config && new RegExp(`^name: *${EXAMPLE}\\b`, 'm').test(hello.config))
      return { yaml: hello.config };
    const found = (await link.call.configs()).find(({ name }) => name === EXAMPLE);
    if (found !== undefined) return { file: found.file };
    throw new Error(
      'the flights are not here: end this dashboard, and start it with "sottovoce dashboard --tour"',
    );
  }

  private async start(): Promise<void> {
    const { app } = this;
    if (!app.mine()) throw new Error('another page has the pen: take it first (the button at the top)');
    const { call } = app.link;
    app.setPace(0);
    if (isLive(app.state)) {
      const fresh = app.state?.run?.name === EXAMPLE && app.state.round === 0;
      if (fresh) return;
      if (!confirm('A run is under way. End it, and begin the tour?'))
        throw new Error('the run under way was kept');
      await call.stop();
      for (let waited = 0; waited < 100 && app.state?.can.start !== true; waited++) await pauseMs(100);
    }
    await call.start({ config: await this.config(), paused: true });
    for (let waited = 0; waited < 100 && !isLive(app.state); waited++) await pauseMs(50);
  }

  /** Rounds, a few at a time, until there are so many or the step is left. */
  private async play(rounds: number, each: number, ms: number, still: () => boolean): Promise<void> {
    const { call } = this.app.link;
    for (let done = 0; done < rounds && still() && isLive(this.app.state); done += each) {
      if (this.app.state?.phase === 'running') await call.pause();
      await call.step(Math.min(each, rounds - done));
      await pauseMs(ms);
    }
  }

  /** What it believes of the hours of a day: the riskiest and the safest one. */
  private belief(): string {
    const { seen } = this;
    if (seen === null || seen.x.length !== FEATURES.length || this.app.state?.plan?.name !== EXAMPLE)
      return '';
    const days = HOURS + 3;
    const weekday = seen.x.slice(days).reduce((sum, value) => sum + value, 0) / 7;
    const x = (at: number) => seen.x[at] ?? 0;
    // A flight of 700 miles, on any day.
    const risk = (hour: number) =>
      1 / (1 + Math.exp(-(x(0) + 0.7 * x(1) + 0.49 * x(2) + x(3 + hour) + weekday)));
    const hours = Array.from({ length: 17 }, (_, at) => at + 6);
    const worst = hours.reduce((a, b) => (risk(b) > risk(a) ? b : a));
    const best = hours.reduce((a, b) => (risk(b) < risk(a) ? b : a));
    const percent = (hour: number) => `${Math.round(100 * risk(hour))} in 100`;
    return `Round ${count(seen.round)}, ${this.app.network.nameOf(seen.agent)}: at ${worst}:00, ${percent(worst)} flights leave late, at ${best}:00, ${percent(best)}.`;
  }

  private disagreement(): string {
    const mean = this.app.network.meanDisagreement();
    return Number.isNaN(mean)
      ? `Round ${this.round}.`
      : `Round ${this.round}: on average they are ${short(mean)} away from the mean of all.`;
  }

  /** The hub beside all. */
  private apart(): string {
    const { seen } = this;
    const mean = this.app.network.meanDisagreement();
    if (seen === null || Number.isNaN(mean) || seen.agent !== this.airport(HUB)) return this.disagreement();
    return `Round ${count(seen.round)}: Chicago is ${short(seen.disagreement)} away from the mean of all; on average it is ${short(mean)}.`;
  }

  private script(): Step[] {
    const { app } = this;
    const message = () => app.state?.plan?.bits.perMessage ?? 98;
    const full = () => app.state?.plan?.bits.uncompressedPerMessage ?? 2176;
    return [
      {
        title: '305 airports, one question',
        at: 'network-panel',
        text: [
          () =>
            'Every dot is an airport of the United States, every line a direct route. Each airport has a list of its own departures of early 2001: which were late, which on time. It shows that list to nobody.',
          () =>
            'Together they want to know which flights will be late, by hour, weekday and distance. The answer is 34 numbers, and in the end all airports are to hold the same 34. That is called consensus.',
        ],
        enter: () => this.start(),
        live: () =>
          isLive(app.state)
            ? 'The run is ready, at round 0: nobody has said anything yet.'
            : 'Preparing the run…',
      },
      {
        title: 'They talk along their routes, and nowhere else',
        at: 'network-panel',
        text: [
          () =>
            'There is no headquarters that collects the lists. An airport talks to those it has a direct route to. What Fairbanks knows reaches Miami only from neighbour to neighbour.',
          () => 'This is Atlanta. On the right is what it holds: nothing yet.',
        ],
        enter: async () => app.inspect(this.airport(AIRPORT)),
        live: () => (this.neighbours() > 0 ? `Atlanta talks to ${count(this.neighbours())} neighbours.` : ''),
      },
      {
        title: 'The first rounds, slowly',
        at: 'network-panel',
        text: [
          () =>
            'In every round each airport says one short thing to its neighbours, hears them, and moves its 34 numbers a little: towards what its own flights tell it, and towards its neighbours.',
          () =>
            'The colour says how far an airport is from the mean of all. At first everybody runs where its own flights pull, and they come apart.',
        ],
        enter: (still) => this.play(SLOW_ROUNDS, 1, 420, still),
        live: () => this.disagreement(),
      },
      {
        title: 'What one airport believes',
        at: 'side',
        text: [
          () =>
            'The bars are Atlanta’s 34 numbers after a few rounds (x): how each hour, each weekday and the distance raise or lower the risk. Point at a bar to read it.',
          () => 'So far this is mostly Atlanta’s own experience, with the first hints from others.',
        ],
        enter: async (still) => {
          app.inspect(this.airport(AIRPORT));
          await this.play(40, 2, 60, still);
        },
        live: () => this.belief(),
      },
      {
        title: 'What it says: one bit for each number',
        at: 'side',
        text: [
          () =>
            'Atlanta does not send its 34 numbers. It mixes what is new in them, in a way that all airports know, and says of each result only whether it is above or below zero: one bit, 0 or 1. One number says how large they are together.',
          () =>
            `That is the whole message, ${count(message())} bits. On the right are all of them: point at one, or walk through them with the arrow keys.`,
        ],
        enter: async () => {
          app.inspect(this.airport(AIRPORT));
          for (
            let waited = 0;
            waited < 20 && document.querySelector('#pane-agent .message') === null;
            waited++
          )
            await pauseMs(100);
          document.querySelector('#pane-agent .message')?.scrollIntoView({ block: 'start' });
        },
      },
      {
        title: 'What one bit saves',
        at: 'curves-panel',
        text: [
          () =>
            `In full, 34 numbers are ${count(full())} bits. These ${count(message())} are ${Number((full() / message()).toPrecision(2))} times fewer. A single message is crude; but what it left out is not lost: it goes into the next ones.`,
          () =>
            'Watch the curves: error and disagreement go down, round after round, as if nothing had been left out.',
        ],
        enter: (still) => this.play(500, 10, 40, still),
        live: () => {
          const said = app.curves.newest('bitsBroadcast');
          return Number.isNaN(said) || said === 0
            ? ''
            : `Round ${this.round}: ${bits(said)} said so far by all airports; in full, ${bits((said * full()) / message())}.`;
        },
      },
      {
        title: 'What if a hub falls silent?',
        at: 'network-panel',
        text: [
          () =>
            'Now all routes of Chicago O’Hare are cut: dashed and red. It hears nobody and goes on with its own flights alone: it drifts away from the others. A mark in the curves says when.',
          () =>
            this.parts > 2
              ? `${this.parts === 3 ? 'One small airport had no other route: it is' : `${count(this.parts - 2)} small airports had no other route: they are`} cut off too. All others find ways around.`
              : 'The others find ways around it.',
        ],
        enter: async (still) => {
          const hub = this.airport(HUB);
          app.inspect(hub);
          if (await cutAll(app, hub)) this.parts = app.state?.changes.at(-1)?.parts ?? 2;
          this.redraw();
          await this.play(240, 4, 50, still);
        },
        live: () => this.apart(),
      },
      {
        title: 'And back',
        at: 'network-panel',
        text: [
          () =>
            'The routes are there again. Nothing has to be begun anew: what Chicago missed it hears now, in one bit after another, and what it learned meanwhile goes out to all.',
        ],
        enter: async (still) => {
          await app.change([{ kind: 'restore', edges: 'all' }], 'all routes are there again');
          await this.play(240, 4, 50, still);
        },
        live: () => this.apart(),
      },
      {
        title: 'Agreement',
        at: 'curves-panel',
        text: [
          () =>
            'At full speed to the end. Then every airport holds the same 34 numbers, next to those that a computer with all lists in one place would have found: the risk of leaving late grows through the day.',
          () =>
            'Nobody has shown its list, and nobody was in charge. Try things yourself now: cut links by clicking them, change the messages, add noise; or run your own network.',
        ],
        enter: async (still) => {
          app.inspect(this.airport(AIRPORT));
          if (isLive(app.state)) await app.link.call.resume();
          while (still() && isLive(app.state)) await pauseMs(200);
        },
        live: () => {
          const summary = app.state?.summary;
          if (summary === null || summary === undefined) return this.disagreement();
          const uncompressed = summary.bits.uncompressedBroadcast;
          return `${summary.status === 'converged' ? 'Agreed' : 'Over'} after ${count(summary.rounds)} rounds: each airport said ${bits(summary.bits.broadcast / summary.agents)}; in full it would have been ${bits(uncompressed / summary.agents)}.`;
        },
      },
    ];
  }
}
