/** The live dashboard's page: puts its parts together, and keeps them to what the server says. */

import type {
  ChangeReport,
  DashboardEvent,
  DashboardState,
  Edit,
  Frame,
  TraceRow,
  WriterState,
} from '../../src/dashboard/protocol.js';
import { byId, h, setText } from '../shared/dom.js';
import { bits, count, duration, short } from '../shared/numbers.js';
import { agentView } from './agent.js';
import { type App, isLive } from './app.js';
import { ChangePanel, TARGETS } from './change.js';
import { Curves } from './curves.js';
import type { JsonSchema } from './form.js';
import { bindKeys } from './keys.js';
import { LineBroken, type LineState, Link } from './link.js';
import { NetworkPanel } from './network.js';
import { Rows } from './rows.js';
import { StartDialog } from './start.js';
import { coordinateName, Tour } from './tour.js';

const INSPECT_EVERY_MS = 400;
const PACE_TICK_MS = 100;
const EARLIER_ROWS = 2000;
const EARLIER_COLUMNS = [
  'round',
  'bitsBroadcast',
  'seconds',
  'networkSeconds',
  'gap',
  'agentsGapMean',
  'rmsError',
  'consensusError',
] as const;

const isDark = () => {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark';
};
const stored = localStorage.getItem('sottovoce-theme');
if (stored === 'light' || stored === 'dark') document.documentElement.dataset['theme'] = stored;

let rows = new Rows();
let runId: string | null = null;
/** What the run that is shown says, in short form: between two runs the server has none. */
let runSays = '';
let networkOf: string | null = null;
let schema: JsonSchema | null = null;
let startWanted = false;
let pace = 0;
let paceTimer = 0;
let stepping = false;
/** Calls of this page that wait for the run to stand still. */
let changing: Promise<unknown> = Promise.resolve();

const network = new NetworkPanel(isDark(), {
  onNode: (agent) => app.inspect(agent),
  onEdge: (ends) => void toggleLink(ends),
});
const curves = new Curves(byId('curves'), rows);

const app: App = {
  link: new Link({ onOpen: () => void opened(), onEvent, onFrame: (frame) => onFrame(frame), onLine }),
  network,
  curves,
  hello: null,
  state: null,
  writer: null,
  agent: null,
  mine: () => app.link.state === 'open' && app.writer?.mine === true,
  going: () => app.state?.phase === 'running' || pace > 0,
  async attempt(what, action) {
    try {
      await action();
      return true;
    } catch (error) {
      if (error instanceof LineBroken) app.say(`${what}: the line to the server broke.`, 'bad');
      else {
        const { message, hint, code } = error as Error & { hint?: string; code?: string };
        app.say(
          `${what}: ${code === 'NOT_WRITER' ? 'another page has the pen' : message}${hint ? ` (${hint})` : ''}`,
          'bad',
        );
      }
      return false;
    }
  },
  say(sentence, kind) {
    setText(byId('status'), sentence);
    if (kind !== undefined) toast(sentence, kind);
  },
  change: (edits, what) => change(edits, what),
  inspect(agent, look = false) {
    app.agent = agent;
    network.select(agent);
    if (look && agent !== null) network.look(agent);
    changePanel.update();
    if (agent === null) return;
    app.showTab('agent');
    void refreshAgent(true);
  },
  openStart: () => void openStart(),
  showTab: (name) => selectTab(name, false),
  setPace,
};

const changePanel = new ChangePanel(byId('pane-change'), app, editText);
const startDialog = new StartDialog(app);
const tour = new Tour(app);

// What the server says.

async function opened(): Promise<void> {
  const { call } = app.link;
  await app.attempt('The dashboard', async () => {
    app.hello = await call.hello();
    app.writer = app.hello.writer;
    if (app.writer.writer === null) app.writer = await call.askToWrite();
    networkOf = null;
    await watch();
    if (schema === null) {
      schema = (await call.schema()) as JsonSchema;
      changePanel.setSchema(schema);
    }
    if (startWanted) void openStart();
    void listEarlier();
    if (new URLSearchParams(location.search).has('tour')) tour.beginOnce();
  });
  update();
}

/** Says what is to be sent: less where nobody looks. */
async function watch(): Promise<void> {
  const agents = app.state?.network?.agents ?? 0;
  const seen = document.visibilityState === 'visible';
  const state = await app.link.call.watch({
    rows: true,
    stateHz: seen ? 8 : 1,
    ...(seen ? NetworkPanel.watch(agents) : {}),
  });
  onState(state);
}

function onEvent(event: DashboardEvent): void {
  if (event.event === 'state') onState(event.state);
  else if (event.event === 'rows') onRows(event.first, event.rows);
  else if (event.event === 'writer') onWriter(event.writer);
  else if (event.event === 'network') network.setCut(event.cut);
}

function onState(state: DashboardState): void {
  const before = app.state;
  app.state = state;
  const id = state.run?.id ?? null;
  if (id !== runId && id !== null) {
    runId = id;
    keepEarlier();
    rows = new Rows();
    curves.show(rows);
    app.agent = null;
    network.select(null);
    byId('pane-agent').replaceChildren(
      h(
        'p',
        { className: 'empty' },
        'Click a node of the network, or find one by its name, to look into it: what it holds, whom it talks to, and its last message bit by bit.',
      ),
    );
  }
  if (id !== null) runSays = state.changes.at(-1)?.compressor ?? state.plan?.compressor ?? '';
  const facts = state.network;
  if (facts !== null && networkOf !== runId) {
    networkOf = runId;
    void app.attempt('The network', async () => {
      await network.load(app.link.call, facts.agents);
      const most = rows.column('consensusError').reduce((a, b) => (b > a && b < 1e300 ? b : a), 0);
      network.widen(most * Math.sqrt(state.plan?.dim ?? 1));
      // How much is sent depends on how many they are.
      await app.link.call.watch({ rows: true, stateHz: 8, ...NetworkPanel.watch(facts.agents) });
    });
  }
  const cut = state.changes.at(-1)?.cut;
  if (state.changes.length !== (before?.changes.length ?? 0) || before?.run?.id !== state.run?.id) {
    curves.mark(marks(state));
    if (cut !== undefined) network.setCut(cut);
  }
  if (before?.phase !== state.phase) announce(state, before);
  update();
}

function onRows(first: boolean, added: readonly TraceRow[]): void {
  // What comes from the beginning again is put together before it is shown, so that nothing flickers.
  const known = first ? new Rows() : rows;
  const dim = app.state?.plan?.dim ?? 1;
  for (const row of added) {
    known.push(row);
    if (row.consensusError < 1e300) network.widen(row.consensusError * Math.sqrt(dim));
  }
  if (first) {
    rows = known;
    curves.show(rows);
    curves.mark(marks(app.state));
  }
  curves.changed();
  tour.onRows();
}

function onWriter(writer: WriterState): void {
  const before = app.writer;
  app.writer = writer;
  if (before !== null && before.mine !== writer.mine) {
    app.say(
      writer.mine
        ? 'You have the pen: this page may change the run.'
        : 'Another page has the pen now. You look on.',
      writer.mine ? 'good' : 'warn',
    );
    if (!writer.mine) setPace(0);
  }
  update();
}

function onFrame(frame: Frame): void {
  network.onFrame(frame);
  tour.onFrame();
  scheduleInspect();
}

let wasLost = false;
function onLine(state: LineState, why: string): void {
  if (state === 'lost') {
    wasLost = true;
    setPace(0);
    app.say('The server does not answer. Trying again until it does.');
  } else if (state === 'gone') {
    wasLost = true;
    setPace(0);
    app.say(
      `The server has ended${why === '' ? '' : `: ${why}`}. This page stays as it is, and looks whether it comes back.`,
    );
  } else if (state === 'refused') {
    app.say(
      'The server does not know the word in the address of this page: it was started anew, and printed another one.',
    );
  } else if (state === 'open' && wasLost) {
    wasLost = false;
    app.say('The server is there again.', 'good');
  }
  update();
}

// What is done.

async function change(edits: Edit[], what: string): Promise<boolean> {
  const done = changing.then(() =>
    app.attempt(`Change (${what})`, async () => {
      const { call } = app.link;
      const goes = app.state?.phase === 'running';
      if (app.state?.phase !== 'paused') await call.pause();
      let report: ChangeReport;
      try {
        report = await call.change(edits);
      } catch (error) {
        // A run whose change was refused goes on as if nobody had asked.
        if (goes) await call.resume().catch(() => {});
        throw error;
      }
      network.setCut(report.cut);
      const parts =
        report.parts > 1 && report.warnings.length === 0
          ? ` The network is in ${count(report.parts)} parts now.`
          : '';
      app.say(
        `Round ${count(report.round)}: ${what}.${parts}${report.warnings.map((warning) => ` ${warning.charAt(0).toUpperCase()}${warning.slice(1)}.`).join('')}`,
        report.warnings.length > 0 ? 'warn' : 'good',
      );
      if (goes) await call.resume();
    }),
  );
  changing = done;
  const ok = await done;
  void refreshAgent(true);
  return ok;
}

async function toggleLink(ends: readonly [number, number]): Promise<void> {
  const [a, b] = ends;
  const names = `${network.nameOf(a)} and ${network.nameOf(b)}`;
  if (!isLive(app.state)) app.say('There is no run under way whose links could be cut.', 'warn');
  else if (!app.mine()) app.say('Another page has the pen: ask for it before you cut links.', 'warn');
  else if (network.isCut(ends))
    await change([{ kind: 'restore', edges: [ends] }], `the link of ${names} is restored`);
  else await change([{ kind: 'cut', edges: [ends] }], `the link of ${names} is cut`);
}

function setPace(roundsPerSecond: number): void {
  const was = pace;
  pace = roundsPerSecond;
  byId<HTMLSelectElement>('pace').value = String(roundsPerSecond);
  clearInterval(paceTimer);
  paceTimer = 0;
  if (pace > 0 && isLive(app.state) && app.mine()) {
    const rounds = Math.max(1, Math.round((pace * PACE_TICK_MS) / 1000));
    const tick = Math.max(PACE_TICK_MS, 1000 / pace);
    const beat = async () => {
      if (stepping || !isLive(app.state)) return;
      stepping = true;
      try {
        await changing;
        if (app.state?.phase === 'running') await app.link.call.pause();
        if (pace > 0) await app.link.call.step(rounds);
      } catch {
        // Told elsewhere: the line broke, or the run is over.
        setPace(0);
      } finally {
        stepping = false;
      }
    };
    paceTimer = window.setInterval(() => void beat(), tick);
    void beat();
  } else if (pace > 0) {
    pace = 0;
    byId<HTMLSelectElement>('pace').value = '0';
  } else if (was > 0 && app.state?.phase === 'paused' && app.mine()) {
    update();
  }
}

async function pause(): Promise<void> {
  setPace(0);
  await app.attempt('Pause', () => app.link.call.pause());
}

async function resume(): Promise<void> {
  setPace(0);
  await changing;
  await app.attempt('Resume', () => app.link.call.resume());
}

async function step(n: number): Promise<void> {
  setPace(0);
  await changing;
  if (app.state?.phase === 'running') await app.attempt('Pause', () => app.link.call.pause());
  await app.attempt(`${count(n)} rounds`, () => app.link.call.step(n));
  void refreshAgent(true);
}

async function stop(): Promise<void> {
  setPace(0);
  await app.attempt('Stop', () => app.link.call.stop());
}

async function openStart(): Promise<void> {
  // Whoever is quicker than the connection has pressed it all the same.
  startWanted = schema === null;
  if (schema !== null) await app.attempt('A new run', () => startDialog.open(schema as JsonSchema));
}

async function pen(): Promise<void> {
  const { writer } = app;
  await app.attempt('The pen', async () => {
    app.writer = writer?.mine ? await app.link.call.letWrite() : await app.link.call.askToWrite();
    if (!app.writer.mine && !writer?.mine) app.say('Asked for the pen: whoever has it is told.', 'good');
  });
  update();
}

// The agent that is looked into.

let inspectedAt = 0;
let inspecting = false;
let inspectDue = 0;
let inspectedRound = -1;

function scheduleInspect(): void {
  if (app.agent === null || inspectDue !== 0 || byId('pane-agent').hidden) return;
  inspectDue = window.setTimeout(
    () => {
      inspectDue = 0;
      void refreshAgent(false);
    },
    Math.max(0, inspectedAt + INSPECT_EVERY_MS - performance.now()),
  );
}

async function refreshAgent(force: boolean): Promise<void> {
  const { agent } = app;
  if (agent === null || inspecting || app.link.state !== 'open') return;
  const pane = byId('pane-agent');
  // Who reads in it or walks through its bits is not to lose their place.
  if (!force && pane.contains(document.activeElement) && document.activeElement !== pane) return;
  inspecting = true;
  inspectedAt = performance.now();
  try {
    const report = await app.link.call.inspect(agent);
    if (app.agent !== agent || (!force && report.round === inspectedRound)) return;
    inspectedRound = report.round;
    tour.onAgent(report);
    const open = [...pane.querySelectorAll('details')].map((details) => details.open);
    const side = byId('side').scrollTop;
    pane.replaceChildren(
      h('h2', {}, `Agent ${network.nameOf(agent)}`),
      agentView(report, {
        nameOf: (other) => network.nameOf(other),
        coordinate: (at) => coordinateName(app.state?.plan ?? null, at),
        cutOff: (of) => network.cutOff(of),
        mayChange: app.mine() && isLive(app.state),
        uncompressedBits: app.state?.plan?.bits.uncompressedPerMessage ?? null,
        onInspect: (other) => app.inspect(other),
        onLink: (a, b) => void toggleLink([a, b]),
      }),
    );
    for (const [at, details] of [...pane.querySelectorAll('details')].entries())
      details.open = open[at] ?? false;
    byId('side').scrollTop = side;
  } catch (error) {
    if (!(error instanceof LineBroken)) {
      pane.replaceChildren(
        h('p', { className: 'empty' }, `Agent ${network.nameOf(agent)}: ${(error as Error).message}`),
      );
    }
  } finally {
    inspecting = false;
  }
}

// Earlier runs.

let before: { rows: Rows; name: string } | null = null;
/** What stands behind the curves: its value in the list. */
let behind = '';

/** The run that was shown until now stands behind the next one. */
function keepEarlier(): void {
  if (rows.length > 1 && runSays !== '') {
    before = { rows, name: `the run before (${runSays})` };
    behind = 'before';
    curves.compare(before);
  }
  void listEarlier();
}

async function listEarlier(): Promise<void> {
  const select = byId<HTMLSelectElement>('earlier');
  const runs = await app.link.call.runs().catch(() => []);
  select.replaceChildren(
    h('option', { value: '' }, 'nothing'),
    before === null ? '' : h('option', { value: 'before' }, before.name),
    ...runs
      .slice(0, 100)
      .map(({ run, name, compressor, status, rounds: done }) =>
        h('option', { value: `run:${run}` }, `${name}, ${compressor}, ${status} after ${count(done)} rounds`),
      ),
  );
  if (![...select.options].some(({ value }) => value === behind)) await chooseEarlier('');
  select.value = behind;
}

async function chooseEarlier(choice: string): Promise<void> {
  behind = choice;
  if (choice === '') curves.compare(null);
  else if (choice === 'before') curves.compare(before);
  else {
    const run = choice.slice('run:'.length);
    await app.attempt('The earlier run', async () => {
      const columns = await app.link.call.trace(run, [...EARLIER_COLUMNS], EARLIER_ROWS);
      const earlier = new Rows(EARLIER_ROWS);
      for (let at = 0; at < (columns.round?.length ?? 0); at++) {
        earlier.push(
          Object.fromEntries(
            EARLIER_COLUMNS.map((name) => [name, columns[name]?.[at] ?? Number.NaN]),
          ) as unknown as TraceRow,
        );
      }
      // Another one may have been chosen meanwhile.
      if (behind === choice) curves.compare({ rows: earlier, name: run });
    });
  }
}

// What is seen.

const PHASES: Record<DashboardState['phase'], string> = {
  none: 'no run yet',
  preparing: 'preparing',
  running: 'running',
  paused: 'paused',
  stepping: 'stepping',
  writing: 'writing results',
  over: 'over',
  failed: 'failed',
};

function announce(state: DashboardState, before: DashboardState | null): void {
  const { phase, plan, summary, error, round } = state;
  if (phase === 'stepping' || (phase === 'paused' && before?.phase === 'stepping')) return;
  if (phase === 'running' && plan !== null)
    app.say(`${plan.name} runs: ${count(plan.agents)} agents, messages ${plan.compressor}.`);
  else if (phase === 'paused') app.say(`Paused at round ${count(round)}. ${curves.describe()}`);
  else if (phase === 'over' && summary !== null) {
    setPace(0);
    app.say(verdict(state), summary.status === 'diverged' ? 'bad' : 'good');
    void listEarlier();
  } else if (phase === 'failed') {
    setPace(0);
    app.say(
      `The run failed: ${error?.message ?? 'nobody knows why'}${error?.hint ? ` (${error.hint})` : ''}`,
      'bad',
    );
  }
}

function verdict({ summary }: DashboardState): string {
  if (summary === null) return '';
  const ends: Record<string, string> = {
    converged: 'They agree',
    finished: 'The rounds are over',
    diverged: 'It diverged: numbers are not finite any more',
    stopped: 'Stopped',
    failed: 'It failed',
  };
  return `${ends[summary.status]} after ${count(summary.rounds)} rounds, ${bits(summary.bits.broadcast)} and ${duration(summary.seconds)}.`;
}

function marks(state: DashboardState | null): { round: number; text: string }[] {
  return (state?.changes ?? []).map(({ round, edits }) => ({ round, text: edits.map(editText).join(', ') }));
}

function editText(edit: Edit): string {
  switch (edit.kind) {
    case 'compressor':
      return `messages: ${edit.compressor === null ? 'uncompressed' : typeof edit.compressor === 'string' ? edit.compressor : edit.compressor.kind}`;
    case 'flow':
      return Object.entries(edit.parameters)
        .map(([name, value]) => `${name} = ${String(value)}`)
        .join(', ');
    case 'cut':
      return edit.edges.length === 1
        ? `link ${edit.edges[0]?.map((end) => network.nameOf(end)).join(' – ')} cut`
        : `${count(edit.edges.length)} links cut`;
    case 'restore':
      return edit.edges === 'all'
        ? 'all links restored'
        : edit.edges.length === 1
          ? `link ${edit.edges[0]?.map((end) => network.nameOf(end)).join(' – ')} restored`
          : `${count(edit.edges.length)} links restored`;
    case 'noise':
      return `noise of ${short(edit.sd)} ${edit.agents === 'all' ? 'everywhere' : `at ${edit.agents.map((agent) => network.nameOf(agent)).join(', ')}`}`;
    case 'silence':
      return `${edit.agents.map((agent) => network.nameOf(agent)).join(', ')} silent for ${count(edit.rounds)} rounds`;
    case 'fault':
      return `worker ${edit.worker}: ${edit.fault}`;
    case 'rounds':
      return `${count(edit.rounds)} rounds at most`;
    case 'stop':
      return `target: ${targetText(edit.stop)}`;
  }
}

function targetText(stop: Readonly<Record<string, number>>): string {
  const parts = Object.entries(stop).map(
    ([quantity, bound]) => `${TARGETS[quantity] ?? quantity} ${short(bound)}`,
  );
  return parts.length === 0 ? 'none' : parts.join(' and ');
}

let updateDue = 0;
function update(): void {
  if (updateDue !== 0) return;
  updateDue = requestAnimationFrame(() => {
    updateDue = 0;
    updateNow();
  });
}

function updateNow(): void {
  const { state, writer, link } = app;
  const line = byId('line');
  const lines: Record<LineState, [string, string]> = {
    connecting: ['connecting…', 'warn'],
    open: ['connected', 'good'],
    lost: ['no server: trying again', 'bad'],
    refused: ['refused', 'bad'],
    gone: ['the server has ended', 'warn'],
  };
  const [text, kind] = lines[link.state];
  setText(line, text);
  line.dataset['kind'] = kind;
  const open = link.state === 'open';
  const mine = app.mine();
  const can = state?.can;
  const enable = (id: string, may: boolean | undefined) => {
    byId<HTMLButtonElement>(id).disabled = !(mine && may === true);
  };
  enable('new-run', can?.start);
  enable('pause', can?.pause || (pace > 0 && isLive(state)));
  enable('resume', can?.resume);
  enable('stop', can?.stop);
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-step]'))
    button.disabled = !(mine && (can?.step || can?.pause));
  byId<HTMLSelectElement>('pace').disabled = !(mine && isLive(state));
  byId<HTMLButtonElement>('tour').disabled = !open;

  const penButton = byId<HTMLButtonElement>('pen');
  penButton.hidden = !open || writer === null || (writer.mine && writer.clients < 2);
  const asking = writer !== null && app.hello !== null && writer.asking.includes(app.hello.client);
  setText(penButton, writer?.mine ? 'Hand over the pen' : asking ? 'Asked for the pen…' : 'Take the pen');
  penButton.disabled = asking;
  penButton.title = 'One page at a time may change the run: whoever has the pen.';

  const plan = state?.plan ?? null;
  const phase = state?.phase ?? 'none';
  const status = state?.summary?.status;
  const shown = phase === 'over' && status !== undefined ? status : PHASES[phase];
  byId('run-line').replaceChildren(
    ...(state?.run ? [h('strong', {}, state.run.name), ' '] : []),
    h(
      'span',
      {
        className: 'pill',
        attrs: {
          'data-kind':
            phase === 'failed' || status === 'diverged'
              ? 'bad'
              : phase === 'running' || phase === 'over'
                ? 'good'
                : 'warn',
        },
      },
      shown,
    ),
    ...(plan === null
      ? []
      : [
          h(
            'span',
            { className: 'soft' },
            ` messages ${state?.changes.at(-1)?.compressor ?? plan.compressor}`,
          ),
        ]),
  );
  const done = state?.round ?? 0;
  const all = state?.rounds ?? 0;
  setText(
    byId('progress-text'),
    all === 0
      ? ''
      : `round ${count(done)} of ${count(all)}${state !== null && state.roundsPerSecond > 0 ? `, ${count(state.roundsPerSecond)} a second` : ''}`,
  );
  const progress = byId<HTMLProgressElement>('progress');
  progress.hidden = all === 0;
  progress.max = Math.max(1, all);
  progress.value = Math.min(done, progress.max);
  document.title = state?.run ? `${state.run.name}: ${shown} – Sottovoce` : 'Sottovoce';

  banners();
  changePanel.update();
  if (!byId('pane-run').hidden) drawRun();
}

let bannersShown = '';
function banners(): void {
  const { state, writer, link, hello } = app;
  const list: { kind: string; key: string; content: (Node | string)[] }[] = [];
  if (link.state === 'lost')
    list.push({
      kind: 'bad',
      key: 'lost',
      content: [
        h(
          'p',
          {},
          'The server does not answer: it was ended, or is too busy. This page tries again every few seconds; what it shows is how things stood.',
        ),
      ],
    });
  if (link.state === 'gone')
    list.push({
      kind: 'warn',
      key: 'gone',
      content: [
        h(
          'p',
          {},
          'The server has ended. What is shown is how things stood. Start it again, and this page goes on where the token is the same.',
        ),
      ],
    });
  if (link.state === 'refused') {
    list.push({
      kind: 'bad',
      key: 'refused',
      content: [
        h(
          'p',
          {},
          'The server is there, and the address of this page is not its own any more: it was started anew and printed another word (token). Open the address that stands in its terminal.',
        ),
      ],
    });
  }
  if (link.state === 'open' && writer?.mine && writer.asking.length > 0) {
    const [who = 0] = writer.asking;
    list.push({
      kind: 'warn',
      key: `asks ${who}`,
      content: [
        h('p', {}, `Page ${who} asks for the pen. Hand it over, and this page looks on.`),
        h('button', { type: 'button', className: 'primary', onclick: () => void pen() }, 'Hand over'),
        h(
          'button',
          {
            type: 'button',
            onclick: () =>
              void app.attempt('The pen', async () => onWriter(await app.link.call.keepWriting())),
          },
          'Keep it',
        ),
      ],
    });
  }
  if (link.state === 'open' && writer !== null && !writer.mine && writer.writer !== null) {
    list.push({
      kind: 'warn',
      key: `looks ${writer.writer} ${hello?.client}`,
      content: [
        h('p', {}, `Page ${writer.writer} has the pen; this one (page ${hello?.client ?? '?'}) looks on.`),
      ],
    });
  }
  if (state?.phase === 'failed' && state.error !== null) {
    list.push({
      kind: 'bad',
      key: `failed ${state.error.message}`,
      content: [
        h('p', {}, `The run failed: ${state.error.message}${state.error.hint ? ` ${state.error.hint}` : ''}`),
      ],
    });
  }
  const key = list.map(({ key: each }) => each).join('|');
  if (key === bannersShown) return;
  bannersShown = key;
  byId('banners').replaceChildren(
    ...list.map(({ kind, content }) =>
      h('div', { className: 'banner', attrs: { 'data-kind': kind } }, ...content),
    ),
  );
}

let toastTimer = 0;
function toast(sentence: string, kind: string): void {
  document.querySelector('.toast')?.remove();
  const box = h('p', { className: 'toast', attrs: { 'data-kind': kind } }, sentence);
  document.body.append(box);
  clearTimeout(toastTimer);
  toastTimer = window.setTimeout(() => box.remove(), 3500 + 45 * sentence.length);
  box.onclick = () => box.remove();
}

/** The run in words: plan, gains, workers, what was changed, how it ended. */
function drawRun(): void {
  const { state } = app;
  const plan = state?.plan ?? null;
  const pane = byId('pane-run');
  if (state === null || plan === null) {
    pane.replaceChildren(h('p', { className: 'empty' }, 'No run yet.'));
    return;
  }
  const facts: [string, string][] = [
    ['network', plan.topology],
    ['cost', plan.cost],
    ['flow', plan.flow],
    [
      'messages',
      `${state.changes.at(-1)?.compressor ?? plan.compressor}${plan.bits.perMessage === null ? '' : `, ${count(plan.bits.perMessage)} bits each`}`,
    ],
    [
      'gains',
      Object.entries(state.changes.at(-1)?.gains ?? plan.gains)
        .map(([name, value]) => `${name} ${short(value, 4)}`)
        .join(', '),
    ],
    [
      'workers',
      state.workers.length === 0
        ? String(plan.workers)
        : state.workers
            .map(
              ({ worker, agents, busy }) =>
                `${worker}: ${count(agents)} agents${busy === null ? '' : `, ${Math.round(100 * busy)}% busy`}`,
            )
            .join('; '),
    ],
    ['folder', state.run?.folder ?? 'nothing is written'],
  ];
  if (state.summary !== null) facts.push(['ended', verdict(state)], ['state hash', state.summary.stateHash]);
  pane.replaceChildren(
    h(
      'dl',
      { className: 'facts' },
      ...facts
        .filter(([, value]) => value !== '')
        .flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
    ),
    ...(plan.warnings.length === 0
      ? []
      : [h('h3', {}, 'Warnings'), h('ul', {}, ...plan.warnings.map((warning) => h('li', {}, warning)))]),
    h('h3', {}, 'Changes so far'),
    state.changes.length === 0
      ? h('p', { className: 'soft' }, 'None.')
      : h(
          'ol',
          { className: 'journal' },
          ...state.changes.map(({ round, edits, parts, warnings }) =>
            h(
              'li',
              {},
              `round ${count(round)}: ${edits.map(editText).join(', ')}${parts > 1 ? ` (${count(parts)} parts)` : ''}${warnings.length > 0 ? `: ${warnings.join(' ')}` : ''}`,
            ),
          ),
        ),
  );
}

function selectTab(name: 'agent' | 'change' | 'run', focus: boolean): void {
  for (const each of ['agent', 'change', 'run']) {
    const tab = byId<HTMLButtonElement>(`tab-${each}`);
    tab.setAttribute('aria-selected', String(each === name));
    tab.tabIndex = each === name ? 0 : -1;
    byId(`pane-${each}`).hidden = each !== name;
    if (focus && each === name) tab.focus();
  }
  byId('side').scrollTop = 0;
  if (name === 'run') drawRun();
  if (name === 'agent') void refreshAgent(true);
}

function toggleTheme(): void {
  const next = isDark() ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = next;
  localStorage.setItem('sottovoce-theme', next);
  restyle();
}

function restyle(): void {
  network.restyle(isDark());
  curves.restyle();
}

// What is pressed.

byId('new-run').onclick = () => app.openStart();
byId('pause').onclick = () => void pause();
byId('resume').onclick = () => void resume();
byId('stop').onclick = () => void stop();
byId('pen').onclick = () => void pen();
byId('theme').onclick = toggleTheme;
byId('tour').onclick = () => tour.begin();
for (const button of document.querySelectorAll<HTMLButtonElement>('[data-step]'))
  button.onclick = () => void step(Number(button.dataset['step']));
byId<HTMLSelectElement>('pace').onchange = () => {
  const wanted = Number(byId<HTMLSelectElement>('pace').value);
  if (wanted === 0) void resume();
  else setPace(wanted);
};
byId<HTMLSelectElement>('earlier').onchange = () =>
  void chooseEarlier(byId<HTMLSelectElement>('earlier').value);
byId<HTMLFormElement>('search').onsubmit = (event) => {
  event.preventDefault();
  const text = byId<HTMLInputElement>('search-text').value;
  const found = network.find(text);
  if (found === null) app.say(`No agent is called “${text}”.`, 'warn');
  else app.inspect(found, true);
};
const TABS = ['agent', 'change', 'run'] as const;
for (const [at, name] of TABS.entries()) {
  const tab = byId(`tab-${name}`);
  tab.onclick = () => selectTab(name, false);
  tab.onkeydown = (event) => {
    const move = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (move !== 0) selectTab(TABS[(at + move + TABS.length) % TABS.length] ?? 'agent', true);
  };
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', restyle);
document.addEventListener('visibilitychange', () => {
  if (app.link.state === 'open') void watch().catch(() => {});
});

const press = (id: string) => {
  const button = byId<HTMLButtonElement>(id);
  if (!button.disabled) button.click();
};
const keys = bindKeys([
  {
    keys: [' '],
    what: 'pause or resume',
    run: () => press(app.state?.phase === 'paused' && pace === 0 ? 'resume' : 'pause'),
  },
  { keys: ['.'], what: 'one round', run: () => void (app.mine() && step(1)) },
  { keys: [':'], what: 'ten rounds', run: () => void (app.mine() && step(10)) },
  { keys: ['n'], what: 'a new run', run: () => press('new-run') },
  { keys: ['/'], what: 'find an agent', run: () => byId('search-text').focus() },
  { keys: ['a', 'c', 'r'], what: 'an agent, changes, the run', run: () => {} },
  {
    keys: ['x'],
    what: 'restore all links',
    run: () =>
      void (
        app.mine() &&
        isLive(app.state) &&
        change([{ kind: 'restore', edges: 'all' }], 'all links are restored')
      ),
  },
  { keys: ['+'], what: 'zoom in', run: () => press('zoom-in') },
  { keys: ['-'], what: 'zoom out', run: () => press('zoom-out') },
  { keys: ['0'], what: 'the whole network', run: () => press('zoom-all') },
  { keys: ['p'], what: 'take the pen, or hand it over', run: () => press('pen') },
  {
    keys: ['s'],
    what: 'say where the run is',
    run: () => app.say(`${PHASES[app.state?.phase ?? 'none']}. ${curves.describe()}`, 'good'),
  },
  { keys: ['d'], what: 'light or dark', run: toggleTheme },
  { keys: ['t'], what: 'the tour', run: () => press('tour') },
  { keys: ['?'], what: 'this sheet', run: () => keys.help() },
]);
byId('help').onclick = () => keys.help();
document.addEventListener('keydown', (event) => {
  const target = event.target as HTMLElement;
  if (
    target.matches('input, select, textarea') ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    document.querySelector('dialog[open]')
  )
    return;
  const tab = { a: 'agent', c: 'change', r: 'run' }[event.key] as 'agent' | undefined;
  if (tab !== undefined) selectTab(tab, true);
});

// Tests and the curious ask the page how it fares.
Object.assign(window, {
  sottovoce: {
    state: () => app.state,
    rows: () => Object.fromEntries(EARLIER_COLUMNS.map((name) => [name, [...rows.column(name)]])),
    painted: () => [...network.painted],
    drawn: () => network.drawn(),
    find: (text: string) => network.find(text),
    where: (agent: number) => network.where(agent),
  },
});
update();
