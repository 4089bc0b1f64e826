/** Along which axis all curves of the page are looked at: one choice for all, by mouse or by keys. */

import { h } from '../shared/dom.js';

export function axisSwitch(
  axes: readonly { key: string; label: string }[],
  choose: (key: string) => void,
  legend = 'Along',
  name = 'axis',
): HTMLElement {
  return h(
    'fieldset',
    { className: 'choice' },
    h('legend', {}, legend),
    ...axes.map(({ key, label }, at) => {
      const input = h('input', { type: 'radio', name, value: key, id: `${name}-${key}`, checked: at === 0 });
      input.addEventListener('change', () => choose(key));
      return h('label', { htmlFor: input.id }, input, label);
    }),
  );
}
