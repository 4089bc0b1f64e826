/** One agent, looked into: its estimate, its dual, what the network knows of it, whom it talks to, and what it said. */

import type { AgentReport } from '../../src/dashboard/protocol.js';
import { h } from '../shared/dom.js';
import { count, short } from '../shared/numbers.js';
import { messageView } from './message.js';

export interface AgentContext {
  nameOf(agent: number): string;
  /** What a coordinate is, where that is known; else its number. */
  coordinate(at: number): string;
  /** Neighbours behind links that are cut. */
  cutOff(agent: number): number[];
  mayChange: boolean;
  uncompressedBits: number | null;
  onInspect(agent: number): void;
  onLink(agent: number, other: number, cut: boolean): void;
}

/** Bars at most; of more entries, each bar is the largest in size of some. */
const BARS = 128;
const LISTED = 60;

export function agentView(report: AgentReport, context: AgentContext): HTMLElement {
  const { agent, neighbours } = report;
  const cutOff = context.cutOff(agent);
  const vectors: [string, string, number[] | null][] = [
    ['x', 'its estimate', report.x],
    ['v', 'its dual', report.v],
    ['s', 'what others take x to be', report.s],
  ];
  return h(
    'div',
    { className: 'agent' },
    h(
      'p',
      {},
      `At round ${count(report.round)}, `,
      h('strong', {}, short(report.disagreement)),
      ' away from the mean of all.',
    ),
    h(
      'div',
      { className: 'vectors' },
      ...vectors.map(([name, meaning, values]) => values && bars(name, meaning, values, context)),
    ),
    h('h3', {}, report.messages.length > 1 ? 'Its last messages' : 'Its last message'),
    ...(report.messages.length === 0
      ? [h('p', { className: 'soft' }, 'None that could be shown.')]
      : report.messages.map((message) => messageView(message, context.uncompressedBits))),
    h(
      'h3',
      {},
      `${count(neighbours.length)} neighbour${neighbours.length === 1 ? '' : 's'}${cutOff.length > 0 ? `, and ${count(cutOff.length)} behind links that are cut` : ''}`,
    ),
    h(
      'ul',
      { className: 'neighbours' },
      ...cutOff.map((other) => neighbour(agent, other, true, context)),
      ...neighbours.slice(0, LISTED).map((other) => neighbour(agent, other, false, context)),
      neighbours.length > LISTED
        ? h('li', { className: 'soft' }, `and ${count(neighbours.length - LISTED)} more`)
        : null,
    ),
  );
}

function neighbour(agent: number, other: number, isCut: boolean, context: AgentContext): HTMLElement {
  const name = context.nameOf(other);
  return h(
    'li',
    { className: isCut ? 'is-cut' : '' },
    h('button', { type: 'button', className: 'link', onclick: () => context.onInspect(other) }, name),
    h(
      'button',
      {
        type: 'button',
        className: 'small',
        disabled: !context.mayChange,
        title: isCut ? `restore the link to ${name}` : `cut the link to ${name}`,
        onclick: () => context.onLink(agent, other, !isCut),
      },
      isCut ? 'restore' : 'cut',
      h('span', { className: 'visually-hidden' }, ` the link to ${name}`),
    ),
  );
}

const SVG = 'http://www.w3.org/2000/svg';

function bars(
  name: string,
  meaning: string,
  values: readonly number[],
  { coordinate }: AgentContext,
): HTMLElement {
  const per = Math.ceil(values.length / BARS);
  const shown = Array.from({ length: Math.ceil(values.length / per) }, (_, bar) => {
    let at = bar * per;
    for (let k = at; k < Math.min(values.length, (bar + 1) * per); k++)
      if (Math.abs(values[k] ?? 0) > Math.abs(values[at] ?? 0)) at = k;
    return { at, value: values[at] ?? 0 };
  });
  const largest = Math.max(1e-300, ...shown.map(({ value }) => Math.abs(value)));
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${shown.length} 40`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('class', 'bars');
  svg.setAttribute('role', 'img');
  svg.setAttribute(
    'aria-label',
    `${name}: ${count(values.length)} numbers, the largest in size ${short(largest)}`,
  );
  const says = h('span', { className: 'soft' });
  for (const [bar, { at, value }] of shown.entries()) {
    const height = (19 * Math.abs(value)) / largest;
    const rect = document.createElementNS(SVG, 'rect');
    rect.setAttribute('x', String(bar + 0.1));
    rect.setAttribute('width', '0.8');
    rect.setAttribute('y', String(value > 0 ? 20 - height : 20));
    rect.setAttribute('height', String(Math.max(height, 0.4)));
    rect.setAttribute('class', value > 0 ? 'up' : 'down');
    svg.append(rect);
    const catcher = document.createElementNS(SVG, 'rect');
    catcher.setAttribute('x', String(bar));
    catcher.setAttribute('width', '1');
    catcher.setAttribute('height', '40');
    catcher.setAttribute('fill', 'transparent');
    catcher.addEventListener('pointerenter', () => {
      says.textContent = `${coordinate(at)}: ${short(value, 5)}`;
    });
    svg.append(catcher);
  }
  svg.addEventListener('pointerleave', () => {
    says.textContent = '';
  });
  const numbers = h(
    'details',
    {},
    h('summary', {}, values.length === 1 ? 'one number' : `${count(values.length)} numbers`),
  );
  // Made when it is looked at: x may have thousands of entries.
  numbers.addEventListener('toggle', () => {
    if (!numbers.open || numbers.childElementCount > 1) return;
    numbers.append(
      h(
        'ol',
        { className: 'numbers', tabIndex: 0, start: 0, attrs: { 'aria-label': `the numbers of ${name}` } },
        ...values
          .slice(0, 2000)
          .map((value, at) =>
            h('li', {}, h('span', { className: 'soft' }, `${coordinate(at)} `), short(value, 6)),
          ),
        values.length > 2000 ? h('li', {}, `and ${count(values.length - 2000)} more`) : null,
      ),
    );
  });
  return h(
    'figure',
    { className: 'vector' },
    h('figcaption', {}, h('strong', { className: 'mono' }, name), ` ${meaning} `, says),
    svg,
    numbers,
  );
}
