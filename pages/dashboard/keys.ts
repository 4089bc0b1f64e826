/** Keyboard shortcuts, and the sheet that lists them. Keys belong to fields while one writes in them. */

import { byId, h } from '../shared/dom.js';

export interface Shortcut {
  keys: string[];
  what: string;
  run(): void;
}

export function bindKeys(shortcuts: readonly Shortcut[]): { help(): void } {
  const dialog = byId<HTMLDialogElement>('help-dialog');
  dialog.append(
    h(
      'div',
      { className: 'dialog-head' },
      h('h2', { id: 'help-title' }, 'Keys'),
      h('span', { className: 'grow' }),
      h('button', { type: 'button', onclick: () => dialog.close(), attrs: { 'aria-label': 'Close' } }, '✕'),
    ),
    h(
      'div',
      { className: 'dialog-body' },
      h(
        'dl',
        { className: 'facts' },
        ...shortcuts.flatMap(({ keys, what }) => [
          h(
            'dt',
            {},
            ...keys.flatMap((key, at) => [at > 0 ? ' or ' : '', h('kbd', {}, key === ' ' ? 'space' : key)]),
          ),
          h('dd', {}, what),
        ]),
        h('dt', {}, 'in a message'),
        h('dd', {}, 'arrow keys go from field to field'),
      ),
    ),
  );
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null)
      return;
    const target = event.target as HTMLElement;
    if (target.matches('input, select, textarea, [role="listbox"]')) return;
    // Space presses the button that has the focus, and opens what can be opened.
    if (event.key === ' ' && target.matches('button, summary, a')) return;
    const found = shortcuts.find(({ keys }) => keys.includes(event.key));
    if (found === undefined) return;
    event.preventDefault();
    found.run();
  });
  return { help: () => dialog.showModal() };
}
