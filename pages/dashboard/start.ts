/** A run from a form: any config of the working folder to begin with, or none; checked by the server while one writes. */

import { parse, stringify } from 'yaml';
import type { ConfigSource, StartRequest } from '../../src/dashboard/protocol.js';
import { byId, h } from '../shared/dom.js';
import type { App } from './app.js';
import { EXAMPLES } from './examples.js';
import { ConfigForm, type FieldError, type JsonSchema } from './form.js';

const CHECK_AFTER_MS = 350;

export class StartDialog {
  private readonly dialog = byId<HTMLDialogElement>('start-dialog');
  private readonly app: App;
  private form: ConfigForm | null = null;
  private text: HTMLTextAreaElement | null = null;
  private base: HTMLSelectElement | null = null;
  private asText = false;
  /** The file whose text stands there unchanged: its paths are its own then. */
  private file: string | null = null;
  private checkDue = 0;
  private asked = 0;

  constructor(app: App) {
    this.app = app;
  }

  async open(schema: JsonSchema): Promise<void> {
    if (this.form === null) this.build(schema);
    await this.listConfigs();
    this.dialog.showModal();
    this.base?.focus();
    this.checkSoon();
  }

  private build(schema: JsonSchema): void {
    const form = new ConfigForm(schema, () => this.edited());
    this.form = form;
    this.text = h('textarea', { id: 'config-text', spellcheck: false, oninput: () => this.edited() });
    this.base = h('select', { id: 'start-base', onchange: () => void this.take(this.base?.value ?? '') });
    const toggle = h(
      'button',
      { type: 'button', id: 'as-text', attrs: { 'aria-pressed': 'false' } },
      'As text',
    );
    const formBox = h('div', { id: 'start-form' }, form.element);
    const textBox = h(
      'div',
      { hidden: true },
      h('label', { htmlFor: 'config-text' }, 'Config (YAML)'),
      this.text,
      h('ul', { id: 'text-errors', className: 'error' }),
    );
    toggle.onclick = () => {
      if (this.asText) {
        const config = this.parsed();
        if (config === null) return;
        form.set(config);
      } else if (this.text !== null && this.file === null) this.text.value = stringify(form.get());
      this.asText = !this.asText;
      toggle.setAttribute('aria-pressed', String(this.asText));
      formBox.hidden = this.asText;
      textBox.hidden = !this.asText;
      this.checkSoon();
    };
    const paused = h('input', { type: 'checkbox', id: 'start-paused' });
    this.dialog.append(
      h(
        'div',
        { className: 'dialog-head' },
        h('h2', { id: 'start-title' }, 'A new run'),
        h('label', {}, 'begin with ', this.base),
        h('span', { className: 'grow' }),
        toggle,
        h(
          'button',
          { type: 'button', onclick: () => this.dialog.close(), attrs: { 'aria-label': 'Close' } },
          '✕',
        ),
      ),
      h('div', { className: 'dialog-body' }, formBox, textBox),
      h(
        'div',
        { className: 'dialog-foot' },
        h(
          'button',
          {
            type: 'button',
            id: 'start-go',
            className: 'primary',
            onclick: () => void this.start(paused.checked),
          },
          'Start',
        ),
        h('label', {}, paused, ' stand still at round 0'),
        h('span', { id: 'start-verdict', className: 'soft', attrs: { role: 'status' } }),
      ),
    );
    form.set(parse(EXAMPLES[0]?.yaml ?? '') as Record<string, unknown>);
  }

  private async listConfigs(): Promise<void> {
    const { base } = this;
    if (base === null) return;
    const before = base.value;
    const files = await this.app.link.call.configs().catch(() => []);
    const given = this.app.hello?.config ?? null;
    base.replaceChildren(
      h('option', { value: '' }, 'what stands here'),
      given === null ? '' : h('option', { value: 'given' }, 'the config that was given'),
      h(
        'optgroup',
        { label: 'examples' },
        ...EXAMPLES.map(({ name }, at) => h('option', { value: `example:${at}` }, name)),
      ),
      files.length === 0
        ? ''
        : h(
            'optgroup',
            { label: 'configs here' },
            ...files.map(({ file, name }) =>
              h('option', { value: `file:${file}` }, name === null ? file : `${file} (${name})`),
            ),
          ),
    );
    base.value = [...base.options].some(({ value }) => value === before) ? before : '';
  }

  private async take(choice: string): Promise<void> {
    const { form } = this;
    if (form === null || choice === '') return;
    const file = choice.startsWith('file:') ? choice.slice(5) : null;
    const yaml =
      choice === 'given'
        ? (this.app.hello?.config ?? '')
        : file !== null
          ? await this.app.link.call.readConfig(file)
          : (EXAMPLES[Number(choice.slice('example:'.length))]?.yaml ?? '');
    if (this.text !== null) this.text.value = yaml;
    const config = this.parsed();
    if (config !== null) form.set(config);
    this.file = file;
    this.checkSoon();
  }

  /** What stands in the text; null, and said there, where it is no YAML. */
  private parsed(): Record<string, unknown> | null {
    try {
      const config = parse(this.text?.value ?? '') as unknown;
      if (typeof config !== 'object' || config === null) throw new Error('it is no table of keys and values');
      return config as Record<string, unknown>;
    } catch (error) {
      this.showErrors([{ path: [], message: (error as Error).message }]);
      return null;
    }
  }

  private edited(): void {
    this.file = null;
    if (this.base !== null) this.base.value = '';
    this.checkSoon();
  }

  private source(): ConfigSource {
    if (this.file !== null) return { file: this.file };
    return { yaml: this.asText ? (this.text?.value ?? '') : stringify(this.form?.get() ?? {}) };
  }

  private checkSoon(): void {
    clearTimeout(this.checkDue);
    // What is still being answered was asked of another text.
    this.asked++;
    this.checkDue = window.setTimeout(() => void this.check(), CHECK_AFTER_MS);
  }

  /** Whether nothing is wrong. */
  private async check(): Promise<boolean> {
    // One that is due would put its question in place of this one.
    clearTimeout(this.checkDue);
    const mine = ++this.asked;
    const own = this.asText || this.file !== null ? [] : (this.form?.check() ?? []);
    let errors: FieldError[] = own;
    if (own.length === 0) {
      try {
        const issues = await this.app.link.call.checkConfig(this.source());
        errors = issues.map(({ path, message, hint }) => ({
          path,
          message: hint === null ? message : `${message} (${hint})`,
        }));
      } catch (error) {
        errors = [{ path: [], message: (error as Error).message }];
      }
    }
    if (mine !== this.asked) return false;
    this.showErrors(errors);
    return errors.length === 0;
  }

  private showErrors(errors: readonly FieldError[]): void {
    this.form?.show(errors);
    byId('text-errors').replaceChildren(
      ...errors.map(({ path, message }) =>
        h('li', {}, `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`),
      ),
    );
    byId('start-verdict').textContent =
      errors.length === 0
        ? 'Nothing is wrong with it.'
        : `${errors.length === 1 ? 'One thing is' : `${errors.length} things are`} wrong: see beside the fields.`;
  }

  private async start(paused: boolean): Promise<void> {
    if (!(await this.check())) {
      this.dialog.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
      return;
    }
    const request: StartRequest = { config: this.source(), paused };
    byId('start-verdict').textContent = 'Starting…';
    try {
      await this.app.link.call.start(request);
      this.dialog.close();
    } catch (error) {
      const { message, path } = error as Error & { path?: (string | number)[] };
      this.showErrors([{ path: path ?? [], message }]);
    }
  }
}
