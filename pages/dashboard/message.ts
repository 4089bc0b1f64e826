/**
 * A message bit by bit: every bit in the order in which it lies in its slot, fields in colours, and for the
 * field under the pointer (or the arrow keys) where it is, what it means, and the number that it says.
 */

import type { MessageField, MessageReport } from '../../src/dashboard/protocol.js';
import { h } from '../shared/dom.js';
import { count, short } from '../shared/numbers.js';

/** Bits that are shown before somebody asks for all of them. */
const FIRST_BITS = 1536;
const TONES = 6;

export function messageView(message: MessageReport, uncompressedBits: number | null): HTMLElement {
  const bit = bitsOf(message.bytes);
  const names = [...new Set(message.fields.map(({ name }) => name))];
  const tone = (name: string) => `tone-${names.indexOf(name) % TONES}`;
  const detail = h('p', { className: 'bit-detail', attrs: { 'aria-live': 'polite' } });
  const list = h('div', {
    className: 'bits',
    tabIndex: 0,
    attrs: {
      role: 'listbox',
      'aria-label': `${count(message.bits)} bits of the message, field by field; arrow keys move`,
    },
  });
  let options: { element: HTMLElement; field: MessageField }[] = [];
  let active = -1;

  const choose = (at: number) => {
    options[active]?.element.setAttribute('aria-selected', 'false');
    active = Math.min(options.length - 1, Math.max(0, at));
    const option = options[active];
    if (option === undefined) return;
    option.element.setAttribute('aria-selected', 'true');
    list.setAttribute('aria-activedescendant', option.element.id);
    detail.replaceChildren(...describe(option.field));
  };

  const draw = (most: number) => {
    options = [];
    list.replaceChildren();
    for (const field of message.fields) {
      if (field.width > 0 && field.offset >= most) break;
      const text = Array.from({ length: field.width }, (_, at) => bit(field.offset + at)).join('');
      const element = h(
        'span',
        {
          id: `bits-${message.channel}-${options.length}`,
          className: `bits-field ${tone(field.name)}`,
          attrs: { role: 'option', 'aria-selected': 'false' },
        },
        h('span', { className: 'visually-hidden' }, `${sayField(field)}: `),
        field.width === 0 ? h('i', { className: 'unsent' }, '·') : text,
      );
      options.push({ element, field });
      list.append(element);
    }
    list.querySelectorAll<HTMLElement>('.bits-field').forEach((element, at) => {
      element.addEventListener('pointerenter', () => choose(at));
      element.addEventListener('click', () => choose(at));
    });
  };
  draw(FIRST_BITS);
  list.addEventListener('keydown', (event) => {
    const moves: Record<string, number> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: 8,
      ArrowUp: -8,
      Home: -1e9,
      End: 1e9,
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    choose(active + move);
  });
  list.addEventListener('focus', () => choose(Math.max(active, 0)));

  const legend = h(
    'ul',
    { className: 'bits-legend' },
    ...names.map((name) => {
      const own = message.fields.filter((field) => field.name === name);
      const width = own.reduce((sum, field) => sum + field.width, 0);
      return h(
        'li',
        {},
        h('span', { className: `swatch ${tone(name)}` }),
        ` ${own.length > 1 ? `${count(own.length)} × ` : ''}${name}, ${count(width)} bit${width === 1 ? '' : 's'}`,
      );
    }),
  );
  const whole =
    uncompressedBits !== null && uncompressedBits > message.bits
      ? `, where ${count(uncompressedBits)} would say it in full: ${Number((uncompressedBits / message.bits).toPrecision(3))} times fewer`
      : '';
  const more =
    message.bits > FIRST_BITS
      ? h(
          'button',
          {
            type: 'button',
            onclick: () => {
              draw(Number.POSITIVE_INFINITY);
              more?.remove();
            },
          },
          `Show all ${count(message.bits)} bits`,
        )
      : null;
  choose(0);
  detail.replaceChildren('Point at a bit, or walk through them with the arrow keys.');
  options[0]?.element.setAttribute('aria-selected', 'false');
  active = -1;
  return h(
    'section',
    { className: 'message' },
    h('p', {}, h('strong', {}, `${count(message.bits)} bits`), ` of ${message.compressor}${whole}.`),
    legend,
    list,
    more,
    detail,
  );
}

function describe(field: MessageField): (Node | string)[] {
  const where =
    field.width === 0
      ? 'not sent'
      : field.width === 1
        ? `bit ${count(field.offset)}`
        : `bits ${count(field.offset)} to ${count(field.offset + field.width - 1)}`;
  return [
    h(
      'strong',
      {},
      `${field.name}${field.coordinate === null ? '' : ` of coordinate ${count(field.coordinate)}`}`,
    ),
    h('span', { className: 'soft' }, ` (${where}) `),
    `${field.meaning}${/[.!]$/.test(field.meaning) ? '' : '.'} `,
    h('strong', {}, short(field.value, 6)),
  ];
}

function sayField({ name, coordinate, offset, width, value }: MessageField): string {
  const of = coordinate === null ? '' : ` of coordinate ${coordinate}`;
  return `${name}${of}, ${width === 0 ? 'not sent' : `${width} bits from ${offset}`}, ${short(value)}`;
}

/** Bit `at` of the slot, least significant bit of a byte first. */
export function bitsOf(hex: string): (at: number) => 0 | 1 {
  return (at) => {
    const byte = Number.parseInt(hex.slice(2 * (at >> 3), 2 * (at >> 3) + 2), 16);
    return ((byte >> (at & 7)) & 1) as 0 | 1;
  };
}
