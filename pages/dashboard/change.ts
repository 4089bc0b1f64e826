/** What can be changed between two rounds: messages, gains, links, noise, silence, faults, how long it lasts. */

import type { Edit } from '../../src/dashboard/protocol.js';
import { h } from '../shared/dom.js';
import { count, short } from '../shared/numbers.js';
import type { App } from './app.js';
import { fieldOfSchema, type JsonSchema } from './form.js';

/** What a run may stop at, as `stop` in a config calls it, and in words. */
export const TARGETS: Readonly<Record<string, string>> = {
  rmsError: 'error',
  consensusError: 'disagreement',
  gap: 'gap of mean',
  agentsGapMean: 'agents’ gap, mean',
  agentsGapWorst: 'agents’ gap, worst',
  gradientNorm: 'gradient',
};

export class ChangePanel {
  private readonly place: HTMLElement;
  private readonly app: App;
  private schema: JsonSchema | null = null;
  /** For which run and gains the fields stand there. */
  private shown = '';

  private readonly write: (edit: Edit) => string;

  /** `write`: an edit in words. */
  constructor(place: HTMLElement, app: App, write: (edit: Edit) => string) {
    this.place = place;
    this.app = app;
    this.write = write;
    this.place.append(
      h(
        'p',
        { className: 'empty' },
        'While a run is under way, this is where it is changed between two rounds.',
      ),
    );
  }

  /** `schema`: of a config, for the compressor's parameters. */
  setSchema(schema: JsonSchema): void {
    this.schema = schema;
    this.shown = '';
    this.update();
  }

  update(): void {
    const { state } = this.app;
    const plan = state?.plan;
    const live =
      state !== null &&
      plan !== null &&
      plan !== undefined &&
      ['running', 'paused', 'stepping'].includes(state.phase);
    const gains = state?.changes.at(-1)?.gains ?? plan?.gains ?? {};
    const now = live ? JSON.stringify([state.run?.id, Object.keys(gains), this.schema !== null]) : 'none';
    if (now !== this.shown) {
      this.shown = now;
      if (live) this.build(gains);
      else
        this.place.replaceChildren(
          h(
            'p',
            { className: 'empty' },
            'While a run is under way, this is where it is changed between two rounds.',
          ),
        );
    }
    const may = live && this.app.mine();
    for (const each of this.place.querySelectorAll<HTMLButtonElement>('button[data-change]')) {
      each.disabled = !may || (each.dataset['change'] === 'agent' && this.app.agent === null);
    }
    const who =
      this.app.agent === null ? 'choose an agent first' : `agent ${this.app.network.nameOf(this.app.agent)}`;
    for (const each of this.place.querySelectorAll<HTMLElement>('[data-agent]'))
      if (each.textContent !== who) each.textContent = who;
    for (const each of this.place.querySelectorAll<HTMLElement>('[data-gain]')) {
      each.textContent = short(gains[each.dataset['gain'] ?? ''] ?? Number.NaN, 4);
    }
    const pending = this.place.querySelector<HTMLElement>('[data-pending]');
    if (pending !== null) {
      const texts = (state?.pending ?? []).map(
        ({ round, edits }) => `round ${count(round)}, ${edits.map(this.write).join(', ')}`,
      );
      const text = texts.length === 0 ? '' : `Still to come: ${texts.join('; ')}.`;
      if (pending.textContent !== text) pending.textContent = text;
      pending.hidden = text === '';
    }
    const compressor = this.place.querySelector('[data-compressor]');
    const named = state?.changes.at(-1)?.compressor ?? plan?.compressor ?? '';
    if (compressor !== null && compressor.textContent !== named) compressor.textContent = named;
  }

  private build(gains: Readonly<Record<string, number>>): void {
    this.place.replaceChildren(
      h(
        'p',
        { className: 'help' },
        'A change is made between two rounds, and marked in the curves. A run that goes on is paused for it, and goes on.',
      ),
      this.messages(),
      this.gains(gains),
      this.links(),
      this.noise(),
      this.length(),
      this.faults(),
    );
  }

  private group(name: string, ...children: (Node | string)[]): HTMLElement {
    return h('fieldset', {}, h('legend', {}, name), ...children);
  }

  private button(text: string, what: 'run' | 'agent', onClick: () => void): HTMLButtonElement {
    return h('button', { type: 'button', onclick: onClick, attrs: { 'data-change': what } }, text);
  }

  private messages(): HTMLElement {
    const schema = this.schema?.$defs?.['compressor'];
    const compressor =
      schema === undefined
        ? null
        : fieldOfSchema(
            this.schema as JsonSchema,
            { ...schema, description: '' },
            'what messages are from now on',
          );
    const none = compressor?.element.querySelector('option[value=""]');
    if (none) none.textContent = 'uncompressed';
    return this.group(
      'Messages',
      h('p', {}, 'Now: ', h('code', { attrs: { 'data-compressor': '' } })),
      compressor?.element ?? '',
      this.button('Change messages', 'run', () => {
        const problems = compressor?.check(['compressor']) ?? [];
        compressor?.clear();
        for (const { path, message } of problems) compressor?.fail(path.slice(1), message);
        if (problems.length > 0) return;
        const value = (compressor?.get() ?? null) as { kind: string } | null;
        void this.make(
          { kind: 'compressor', compressor: value },
          `messages: ${value?.kind ?? 'uncompressed'}`,
        );
      }),
    );
  }

  private gains(gains: Readonly<Record<string, number>>): HTMLElement {
    const names = Object.keys(gains);
    const fields = names.map((name) => {
      const id = `gain-${name}`;
      return { name, id, input: h('input', { id, type: 'text', inputMode: 'decimal', autocomplete: 'off' }) };
    });
    const error = h('p', { className: 'error', hidden: true });
    return this.group(
      'Gains of the flow',
      ...(names.length === 0 ? [h('p', { className: 'soft' }, 'This one has none.')] : []),
      h(
        'div',
        { className: 'inline-form' },
        ...fields.map(({ name, input }) =>
          h(
            'label',
            {},
            h('span', {}, `${name}, now `, h('span', { className: 'mono', attrs: { 'data-gain': name } })),
            input,
          ),
        ),
        names.length === 0
          ? null
          : this.button('Change gains', 'run', () => {
              const given = fields.filter(({ input }) => input.value.trim() !== '');
              const wrong = given.find(({ input }) => !Number.isFinite(Number(input.value)));
              error.hidden = wrong === undefined && given.length > 0;
              error.textContent =
                wrong !== undefined
                  ? `${wrong.name} is ${JSON.stringify(wrong.input.value)}, expected a number`
                  : 'Write a number beside the gain that is to change.';
              if (!error.hidden) return;
              const parameters = Object.fromEntries(
                given.map(({ name, input }) => [name, Number(input.value)]),
              );
              void this.make(
                { kind: 'flow', parameters },
                given.map(({ name, input }) => `${name} = ${input.value}`).join(', '),
              );
              for (const { input } of given) input.value = '';
            }),
      ),
      error,
    );
  }

  private links(): HTMLElement {
    const rounds = h('input', { type: 'text', inputMode: 'numeric', value: '100', id: 'silence-rounds' });
    return this.group(
      'Links',
      h('p', { className: 'soft', attrs: { 'data-pending': '' } }),
      h(
        'p',
        { className: 'help' },
        'Click a link of the network to cut it, and again to restore it; or use the list of an agent’s neighbours.',
      ),
      h('p', {}, 'All links of one agent: ', h('strong', { attrs: { 'data-agent': '' } })),
      h(
        'div',
        { className: 'inline-form' },
        this.button('Cut them', 'agent', () => {
          const { agent } = this.app;
          if (agent !== null) void cutAll(this.app, agent);
        }),
        h('label', {}, 'for so many rounds', rounds),
        this.button('Silence it', 'agent', () => {
          const { agent } = this.app;
          const length = Number(rounds.value);
          if (agent === null) return;
          if (!Number.isInteger(length) || length < 1)
            this.app.say(`“${rounds.value}” is no number of rounds.`, 'warn');
          else
            void this.make(
              { kind: 'silence', agents: [agent], rounds: length },
              `${this.app.network.nameOf(agent)} says nothing for ${length} rounds`,
            );
        }),
        this.button(
          'Restore all links',
          'run',
          () => void this.make({ kind: 'restore', edges: 'all' }, 'all links are restored'),
        ),
      ),
    );
  }

  private noise(): HTMLElement {
    const sd = h('input', { type: 'text', inputMode: 'decimal', value: '0.1' });
    const add = (all: boolean) => {
      const value = Number(sd.value);
      if (!(value > 0)) {
        this.app.say(`“${sd.value}” is no standard deviation: a number above 0 is.`, 'warn');
        return;
      }
      const { agent } = this.app;
      const agents = all || agent === null ? ('all' as const) : [agent];
      void this.make(
        { kind: 'noise', agents, sd: value },
        `noise of ${sd.value} ${agents === 'all' ? 'everywhere' : `at ${this.app.network.nameOf(agents[0] ?? 0)}`}`,
      );
    };
    return this.group(
      'Noise, once, added to what they hold',
      h(
        'div',
        { className: 'inline-form' },
        h('label', {}, 'standard deviation', sd),
        this.button('At all agents', 'run', () => add(true)),
        this.button('At this one', 'agent', () => add(false)),
        h('span', { className: 'soft', attrs: { 'data-agent': '' } }),
      ),
    );
  }

  private length(): HTMLElement {
    const rounds = h('input', {
      type: 'text',
      inputMode: 'numeric',
      placeholder: String(this.app.state?.rounds ?? ''),
    });
    const quantity = h(
      'select',
      {},
      ...Object.entries(TARGETS).map(([value, text]) => h('option', { value }, text)),
    );
    const bound = h('input', { type: 'text', inputMode: 'decimal', placeholder: '1e-6' });
    return this.group(
      'How long it lasts',
      h(
        'div',
        { className: 'inline-form' },
        h('label', {}, 'rounds at most', rounds),
        this.button('Set rounds', 'run', () => {
          const value = Number(rounds.value);
          if (rounds.value.trim() === '' || !Number.isInteger(value))
            this.app.say(`“${rounds.value}” is no number of rounds.`, 'warn');
          else void this.make({ kind: 'rounds', rounds: value }, `${rounds.value} rounds at most`);
        }),
      ),
      h(
        'div',
        { className: 'inline-form' },
        h('label', {}, 'or until this', quantity),
        h('label', {}, 'is at most', bound),
        this.button('Set target', 'run', () => {
          const value = Number(bound.value);
          if (bound.value.trim() === '' || !(value > 0 && Number.isFinite(value)))
            this.app.say(`“${bound.value}” is no target: a number above 0 is.`, 'warn');
          else
            void this.make(
              { kind: 'stop', stop: { [quantity.value]: value } },
              `the target is now: ${TARGETS[quantity.value]} ${bound.value}`,
            );
        }),
      ),
      h('p', { className: 'help' }, 'A target takes the place of the one before.'),
    );
  }

  private faults(): HTMLElement {
    const worker = h('input', { type: 'text', inputMode: 'numeric', value: '0' });
    const kind = h(
      'select',
      {},
      ...(
        [
          ['throw', 'throws an error'],
          ['exit', 'ends its thread'],
          ['out-of-memory', 'runs out of memory'],
          ['hang', 'hangs'],
        ] as const
      ).map(([value, text]) => h('option', { value }, text)),
    );
    return this.group(
      'A fault, on purpose',
      h(
        'p',
        { className: 'help' },
        'In the round that comes next the run fails with it: to see how that is told, and what is left behind.',
      ),
      h(
        'div',
        { className: 'inline-form' },
        h('label', {}, 'worker', worker),
        h('label', {}, 'what it does', kind),
        this.button('Make it fail', 'run', () => {
          const at = Number(worker.value);
          const fault = kind.value as 'throw';
          if (worker.value.trim() === '' || !Number.isInteger(at) || at < 0) {
            this.app.say(`“${worker.value}” is no number of a worker: they count from 0.`, 'warn');
            return;
          }
          if (
            confirm(
              `Worker ${at} ${kind.selectedOptions[0]?.textContent}, and the run ends with that. Go on?`,
            )
          ) {
            void this.make({ kind: 'fault', worker: at, fault }, `worker ${at}: ${fault}`);
          }
        }),
      ),
    );
  }

  private make(edit: Edit, what: string): Promise<boolean> {
    return this.app.change([edit], what);
  }
}

/** Cuts every link of an agent; answers whether it did. */
export async function cutAll(app: App, agent: number): Promise<boolean> {
  const { neighbours } = await app.link.call.inspect(agent);
  if (neighbours.length === 0) {
    app.say(`${app.network.nameOf(agent)} has no link that could be cut.`, 'warn');
    return false;
  }
  const edges = neighbours.map((other) => [agent, other] as const);
  return app.change(
    [{ kind: 'cut', edges }],
    `all ${edges.length} links of ${app.network.nameOf(agent)} are cut`,
  );
}
