/** Light or dark: as the system has it, unless somebody says otherwise; on paper always light. */

import { h } from '../shared/dom.js';

const listeners = new Set<() => void>();
const dark = matchMedia('(prefers-color-scheme: dark)');

/** Calls back whenever colours have changed. */
export function onTheme(listener: () => void): void {
  listeners.add(listener);
}

export function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? dark.matches : theme === 'dark';
}

function changed(): void {
  for (const listener of listeners) listener();
}

/** A button that says what it changes to. */
export function themeSwitch(): HTMLElement {
  const button = h('button', { type: 'button', id: 'theme-switch' });
  const tell = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
    button.setAttribute('aria-label', `Change to ${isDark() ? 'light' : 'dark'} colours`);
  };
  button.addEventListener('click', () => {
    document.documentElement.dataset['theme'] = isDark() ? 'light' : 'dark';
    tell();
    changed();
  });
  tell();
  dark.addEventListener('change', () => {
    tell();
    changed();
  });
  return button;
}

let before: string | undefined;
addEventListener('beforeprint', () => {
  before = document.documentElement.dataset['theme'];
  document.documentElement.dataset['theme'] = 'light';
  changed();
});
addEventListener('afterprint', () => {
  if (before === undefined) delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = before;
  changed();
});
