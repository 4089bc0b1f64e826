/** The server of the dashboard as pages meet it: who gets in, what is served, and a run from form to results. */

import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { makeTemporaryFolder, type TemporaryFolder } from '../../src/base/temporary-folder.js';
import { type DashboardEvent, FrameKind } from '../../src/dashboard/protocol.js';
import { type DashboardOptions, type DashboardServer, startDashboard } from '../../src/dashboard/server.js';
import { openSession, parseConfig, run } from '../../src/index.js';
import { openPage, type Page, socketUrl } from './page.js';

const CONFIG = `name: ring of eight
topology: { kind: ring, nodes: 8 }
cost: { kind: quadratic, dim: 4 }
flow: { kind: primal-dual }
rounds: 200
workers: 1
`;

let folder: TemporaryFolder;
let server: DashboardServer;
const pages: Page[] = [];

async function up(options: Partial<DashboardOptions> = {}): Promise<DashboardServer> {
  server = await startDashboard({
    root: folder.path,
    page: path.join(folder.path, 'page'),
    folderOf: () => path.join(folder.path, 'runs', 'one'),
    ...options,
  });
  return server;
}

async function page(url = server.url, options: WebSocket.ClientOptions = {}): Promise<Page> {
  const opened = await openPage(url, options);
  pages.push(opened);
  return opened;
}

/** As it is sent: `fetch` would take `..` out of it. */
function get(
  target: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port: server.port, path: target, headers, method },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }));
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

beforeEach(() => {
  folder = makeTemporaryFolder('dashboard');
  mkdirSync(path.join(folder.path, 'page', 'assets'), { recursive: true });
  writeFileSync(path.join(folder.path, 'page', 'index.html'), '<p>the page</p>');
  writeFileSync(path.join(folder.path, 'page', 'assets', 'a.js'), 'export {};');
  writeFileSync(path.join(folder.path, 'secret.txt'), 'secret');
  symlinkSync(path.join(folder.path, 'secret.txt'), path.join(folder.path, 'page', 'assets', 'link.txt'));
  writeFileSync(path.join(folder.path, 'ring.yaml'), CONFIG);
});

afterEach(async () => {
  for (const opened of pages.splice(0)) opened.socket.terminate();
  await server?.close('the test is over');
  folder.remove();
});

const tokenOf = () => `token=${server.token}`;

describe('the door', () => {
  it('gives the page to whoever has the token, and says what it may do', async () => {
    await up();
    const { status, text, headers } = await get(`/?${tokenOf()}`);
    expect([status, text]).toEqual([200, '<p>the page</p>']);
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(headers['content-security-policy']).toContain(`ws://127.0.0.1:${server.port}`);
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/?${tokenOf()}`);
    expect(server.token).toMatch(/^[\w-]{43}$/);
  });

  it.each([
    ['no token', '/'],
    ['another token', '/?token=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ['an empty token', '/?token='],
    ['a run without a token', '/run/trace.csv'],
  ])('refuses %s', async (_what, target) => {
    await up();
    expect((await get(target)).status).toBe(403);
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets%2f..%2f..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets/link.txt',
    '/assets/a.js%00.txt',
    '/%00',
    '/assets',
    '/assets/',
    '/.hidden',
    '/%ff',
    '//etc/passwd',
    '/run/../ring.yaml?TOKEN',
    '/run/..%2f..%2fring.yaml?TOKEN',
    '/run/checkpoints?TOKEN',
    '/run/manifest.json?TOKEN',
  ])('has no file at %s', async (target) => {
    await up();
    const { status, text } = await get(target.replace('TOKEN', tokenOf()));
    expect([status, text]).toEqual([404, 'there is no such file\n']);
  });

  it('serves parts of the page without a token', async () => {
    await up();
    const { status, headers } = await get('/assets/a.js');
    expect([status, headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
  });

  it.each([
    ['another host', { Host: 'evil.example' }],
    ['a host that only begins like ours', { Host: '127.0.0.1.evil.example' }],
    ['a foreign origin', { Origin: 'https://evil.example' }],
    ['an origin on another port', { Origin: 'http://127.0.0.1:1' }],
    ['no origin worth the name', { Origin: 'null' }],
  ])('refuses %s, token or not', async (_what, headers) => {
    await up();
    expect((await get(`/?${tokenOf()}`, headers)).status).toBe(403);
    await expect(page(server.url, { headers })).rejects.toThrow('refused with 403');
  });

  it('takes the port of a tunnel for no other machine', async () => {
    await up();
    const headers = { Host: 'localhost:8080', Origin: 'http://localhost:8080' };
    expect((await get(`/?${tokenOf()}`, headers)).status).toBe(200);
  });

  it.each([
    ['a wrong token', (url: string) => url.replace(/token=.*/, `token=${'a'.repeat(43)}`)],
    ['no token', (url: string) => url.replace(/\?.*/, '')],
  ])('opens no socket for %s', async (_what, change) => {
    await up();
    await expect(page(change(server.url))).rejects.toThrow('refused with 403');
  });

  it('is read by GET alone', async () => {
    await up();
    expect((await get(`/?${tokenOf()}`, {}, 'POST')).status).toBe(405);
  });

  it('says who has the port', async () => {
    await up();
    await expect(startDashboard({ port: server.port, folderOf: () => null })).rejects.toThrow(
      `somebody else listens at 127.0.0.1:${server.port}`,
    );
  });
});

describe('messages', () => {
  it('that are garbage, binary or huge end their page and nobody else', async () => {
    await up();
    const sound = await page();
    for (const [garbage, code] of [
      ['{', 1007],
      [Buffer.from([1, 2, 3]), 1007],
      ['"x".', 1007],
      ['[1,2,3]', 1008],
      ['x'.repeat(2 ** 20 + 1), 1009],
    ] as const) {
      const other = await page();
      other.socket.send(garbage);
      expect([garbage.toString().slice(0, 9), (await other.closed).code]).toEqual([
        garbage.toString().slice(0, 9),
        code,
      ]);
    }
    expect((await sound.dashboard.hello()).protocol).toBe(1);
  });

  it.each([
    ['a method that is none', ['constructor'], []],
    ['what every object has', ['toString'], []],
    ['its prototype', ['__proto__'], []],
    ['arguments of another shape', ['inspect'], [-1]],
    ['too many arguments', ['hello'], [1]],
    ['unknown keys', ['watch'], [{ everything: true }]],
  ])('that ask for %s are refused', async (_what, path, values) => {
    await up();
    const { socket } = await page();
    const answer = new Promise<string>((resolve) => {
      socket.on('message', (data) => {
        if (data.toString().includes('"id":"1"')) resolve(data.toString());
      });
    });
    const argumentList = values.map((value) => ({ type: 'RAW', value }));
    socket.send(JSON.stringify({ id: '1', type: 'APPLY', path, argumentList }));
    expect(JSON.parse(await answer)).toMatchObject({ name: 'throw', value: { value: { code: 'BAD_CALL' } } });
  });

  it.each([
    ['GET', { type: 'GET', path: ['hello'] }],
    ['SET', { type: 'SET', path: ['hello'], value: { type: 'RAW', value: 1 } }],
    ['CONSTRUCT', { type: 'CONSTRUCT', path: ['hello'], argumentList: [] }],
    ['a way through an object', { type: 'APPLY', path: ['hello', 'constructor'], argumentList: [] }],
    ['RELEASE', { type: 'RELEASE', path: [] }],
  ])('of Comlink other than calls do nothing: %s', async (_what, message) => {
    await up();
    const opened = await page();
    opened.socket.send(JSON.stringify({ id: '1', ...message }));
    expect((await opened.dashboard.hello()).client).toBe(1);
  });
});

describe('two pages', () => {
  const isState = (event: DashboardEvent): event is Extract<DashboardEvent, { event: 'state' }> =>
    event.event === 'state';

  it('one writes, the other watches until it is handed the pen', async () => {
    await up();
    const first = await page();
    const second = await page();
    expect((await first.dashboard.hello()).writer).toMatchObject({ mine: true, clients: 2 });
    await expect(second.dashboard.start({ config: { yaml: CONFIG } })).rejects.toMatchObject({
      code: 'NOT_WRITER',
    });
    expect(await second.dashboard.askToWrite()).toMatchObject({ mine: false, asking: [2] });
    await first.until(
      (event): event is Extract<DashboardEvent, { event: 'writer' }> =>
        event.event === 'writer' && event.writer.asking.includes(2),
    );
    expect(await first.dashboard.letWrite()).toMatchObject({ writer: 2, mine: false, asking: [] });
    await expect(first.dashboard.pause()).rejects.toMatchObject({ code: 'NOT_WRITER' });
    await expect(second.dashboard.pause()).rejects.toThrow('no run is under way');
  });

  it('the pen goes on when its holder is gone, or silent', async () => {
    await up({ silentMs: 50 });
    const first = await page();
    const second = await page();
    const third = await page();
    await third.dashboard.askToWrite();
    await third.until(
      (event): event is Extract<DashboardEvent, { event: 'writer' }> =>
        event.event === 'writer' && event.writer.mine,
    );
    await third.close();
    await first.until(
      (event): event is Extract<DashboardEvent, { event: 'writer' }> =>
        event.event === 'writer' && event.writer.clients === 2 && event.writer.mine,
    );
    expect((await second.dashboard.hello()).writer).toMatchObject({ writer: 1, mine: false });
  });

  it('both see a run from its start to its results', async () => {
    await up();
    const [first, second] = [await page(), await page()];
    for (const each of [first, second])
      await each.dashboard.watch({ rows: true, stateHz: 30, disagreement: { hz: 30 } });
    const plan = await first.dashboard.start({ config: { file: 'ring.yaml' }, paused: true });
    expect(plan).toMatchObject({ name: 'ring of eight', agents: 8, rounds: 200 });
    expect(await first.dashboard.step(10)).toBe(10);
    const asked = await first.dashboard.network({ edges: true, positions: true });
    expect(asked).toMatchObject({ agents: 8, edges: 8, sentEdges: 8, directed: false });
    const edges = await first.untilFrame(({ kind }) => kind === FrameKind.EDGES);
    expect(Array.from(edges.values)).toEqual([0, 1, 0, 7, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7]);
    const places = await first.untilFrame(({ kind }) => kind === FrameKind.POSITIONS);
    expect(places).toMatchObject({ count: 8, stride: 1, total: 8 });

    // What is shown of an agent is what it has.
    const states = await Promise.all(Array.from({ length: 8 }, (_, i) => second.dashboard.inspect(i)));
    const mean = [0, 1, 2, 3].map((c) => states.reduce((sum, { x }) => sum + x[c]! / 8, 0));
    const apart = states.map(({ x }) => Math.hypot(...x.map((entry, c) => entry - mean[c]!)));
    const frame = await second.untilFrame(
      ({ round, kind }) => kind === FrameKind.DISAGREEMENT && round === 10,
    );
    for (const [i, value] of frame.values.entries()) expect(value).toBeCloseTo(apart[i]!, 6);
    expect(states[3]!.disagreement).toBeCloseTo(apart[3]!, 6);
    expect(states[0]!.neighbours).toEqual([1, 7]);
    expect(states[0]!.messages).toMatchObject([
      { bits: 256, compressor: 'x as it is', decoded: states[0]!.x },
    ]);

    await first.dashboard.resume();
    const over = await second.until(
      (event): event is Extract<DashboardEvent, { event: 'state' }> =>
        isState(event) && event.state.phase === 'over',
    );
    const alone = await run(await parseConfig(configOf()));
    expect(over.state.summary).toMatchObject({ status: 'finished', rounds: 200 });
    expect(over.state.summary!.stateHash).toBe(alone.summary.stateHash);
    let rows: { round: number }[] = [];
    for (const event of second.events)
      if (event.event === 'rows') rows = event.first ? event.rows : [...rows, ...event.rows];
    expect(rows.map(({ round }) => round)).toEqual(alone.rows.map(({ round }) => round));
    expect((await get(`/run/trace.csv?${tokenOf()}`)).text).toBe(
      readFileSync(path.join(folder.path, 'runs', 'one', 'trace.csv'), 'utf8'),
    );
    const [earlier] = await second.dashboard.runs();
    expect(earlier).toMatchObject({ run: 'one', name: 'ring of eight', status: 'finished', rounds: 200 });
    const { round, rmsError } = await second.dashboard.trace('one', ['round', 'rmsError'], 20);
    expect(round!.length).toBeLessThanOrEqual(21);
    expect(round!.at(-1)).toBe(200);
    expect(rmsError!.at(-1)).toBe(alone.rows.at(-1)!.rmsError);
  });
});

function configOf() {
  return {
    topology: { kind: 'ring', nodes: 8 },
    cost: { kind: 'quadratic', dim: 4 },
    flow: { kind: 'primal-dual' },
    rounds: 200,
    workers: 1,
  } as const;
}

describe('a form', () => {
  it('has the configs here, the schema, and what is wrong by place', async () => {
    await up({ config: { text: CONFIG, folder: folder.path, shown: 'ring.yaml' } });
    const { dashboard } = await page();
    expect((await dashboard.hello()).config).toBe(CONFIG);
    expect(await dashboard.configs()).toEqual([{ file: 'ring.yaml', name: 'ring of eight' }]);
    expect(await dashboard.readConfig('ring.yaml')).toBe(CONFIG);
    await expect(dashboard.readConfig('secret.txt')).rejects.toThrow('none of the configs here');
    await expect(dashboard.readConfig('../ring.yaml')).rejects.toThrow('none of the configs here');
    expect(await dashboard.schema()).toMatchObject({ type: 'object' });
    expect(await dashboard.checkConfig({ yaml: CONFIG })).toEqual([]);
    const wrong = CONFIG.replace('rounds: 200', 'rounds: -1').replace('dim: 4', 'dimension: 4');
    expect(await dashboard.checkConfig({ yaml: wrong })).toMatchObject([
      { path: ['rounds'], line: 5 },
      { path: ['cost', 'dimension'], line: 3 },
      { path: ['cost'], line: 3 },
    ]);
    expect((await dashboard.checkConfig({ yaml: 'a: [' }))[0]).toMatchObject({ path: [] });
    await expect(dashboard.start({ config: { yaml: wrong } })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(
      dashboard.start({ config: { yaml: CONFIG.replace('nodes: 8', 'nodes: 0') } }),
    ).rejects.toThrow('nodes is 0');
    expect(existsSync(path.join(folder.path, 'runs'))).toBe(false);
    expect((await dashboard.hello()).state.phase).toBe('none');
  });
});

describe('the end', () => {
  it('writes the results of a run under way and says so to pages', async () => {
    await up();
    const opened = await page();
    await opened.dashboard.start({ config: { yaml: CONFIG.replace('rounds: 200', 'rounds: 100000000') } });
    await server.close('Ctrl-C');
    expect((await opened.closed).code).toBe(1001);
    expect(opened.events.at(-1)).toEqual({ event: 'bye', why: 'Ctrl-C' });
    const summary = JSON.parse(readFileSync(path.join(folder.path, 'runs', 'one', 'summary.json'), 'utf8'));
    expect(summary.status).toBe('stopped');
  });

  it('a server that is started again has the same address', async () => {
    await up({ token: 'a-token-of-the-users-own' });
    const { port, url } = server;
    const opened = await page();
    await server.close('restart');
    await opened.closed;
    await up({ token: 'a-token-of-the-users-own', port });
    expect(server.url).toBe(url);
    expect((await (await page(url)).dashboard.hello()).state.phase).toBe('none');
  });

  it('a page that takes nothing is dropped, and nobody waits for it', async () => {
    await up();
    const sound = await page();
    const silent = new WebSocket(socketUrl(server.url));
    await new Promise((resolve) => silent.once('open', resolve));
    silent.pause();
    await sound.dashboard.watch({ disagreement: { hz: 30 } });
    await sound.dashboard.start({ config: { yaml: CONFIG.replace('nodes: 8', 'nodes: 64') } });
    expect((await sound.untilFrame(({ kind }) => kind === FrameKind.DISAGREEMENT)).count).toBe(64);
    silent.terminate();
  });
});

describe('changes', () => {
  it('made from a page give the bits of the same calls of the library', async () => {
    await up();
    const opened = await page();
    const { dashboard } = opened;
    await dashboard.start({ config: { yaml: CONFIG }, paused: true });
    await dashboard.watch({ disagreement: { hz: 30 } });
    await dashboard.step(20);
    await expect(dashboard.change([{ kind: 'cut', edges: [[0, 4]] }])).rejects.toThrow(
      'there is no edge 0-4',
    );
    const cut = await dashboard.change([{ kind: 'cut', edges: [[0, 1]] }]);
    expect(cut).toMatchObject({ round: 20, edges: 7, parts: 1, cut: [[0, 1]] });
    await opened.until(
      (event): event is Extract<DashboardEvent, { event: 'network' }> =>
        event.event === 'network' && event.cut.length === 1,
    );
    await dashboard.network({ edges: true });
    const edges = await opened.untilFrame(({ kind, changes }) => kind === FrameKind.EDGES && changes === 1);
    expect(edges.count).toBe(7);
    await dashboard.step(20);
    const swapped = await dashboard.change([{ kind: 'compressor', compressor: 'flatten(sign)' }]);
    expect(swapped.compressor).toBe('flatten(sign)');
    expect((await dashboard.inspect(0)).neighbours).toEqual([7]);
    await dashboard.step(1);
    const {
      messages: [message],
    } = await dashboard.inspect(0);
    expect(message).toMatchObject({ compressor: 'flatten(sign)', bits: 68 });
    expect(message!.fields.map(({ name, width }) => [name, width])).toEqual([
      ['scale', 64],
      ...Array.from({ length: 4 }, () => ['sign', 1]),
    ]);
    expect(message!.bytes).toHaveLength(18);
    expect(message!.fields[0]!.value).toBe(Buffer.from(message!.bytes, 'hex').readDoubleLE(0));
    expect((await dashboard.hello()).state.changes).toHaveLength(2);
    await dashboard.resume();
    const over = await opened.until(
      (event): event is Extract<DashboardEvent, { event: 'state' }> =>
        event.event === 'state' && event.state.phase === 'over',
    );

    const { session, close } = await openSession();
    await session.prepare({ config: await parseConfig(configOf()), outDir: null });
    await session.pause();
    const running = session.start();
    await session.step(20);
    await session.change({ kind: 'cut', edges: [[0, 1]] });
    await session.step(20);
    await session.change({ kind: 'compressor', compressor: 'flatten(sign)' });
    await session.resume();
    const { summary } = await running;
    await close();
    expect(over.state.summary!.stateHash).toBe(summary.stateHash);
    expect(over.state.summary!.rounds).toBe(200);
  });
});
