/** What does a page that watches cost a run? The same run in turns with and without, rounds counted as they go by. */

import { WebSocket } from 'ws';
import { parseConfig } from '../config/load.js';
import { type Dashboard, type SocketLike, socketEndpoint } from '../dashboard/protocol.js';
import { type DashboardServer, startDashboard } from '../dashboard/server.js';
import { Comlink } from '../session/comlink.js';
import { figure, spreadText } from './figures.js';
import { interleave } from './interleave.js';
import { IN_CACHE_AGENTS, problemConfig } from './problem.js';
import type { Benchmark, Figure } from './types.js';

const AGENTS = [IN_CACHE_AGENTS, 10_000];
const QUICK_AGENTS = [200];
const HZ = 30;
/** Nobody's run has as many. */
const ROUNDS = 100_000_000;
const SAMPLE_MS = 2000;
const QUICK_MS = 100;
/** Until threads and caches are what they will be. */
const WARM_SHARE = 0.25;
/** What was promised: within 5% of its speed without. */
const TARGET = { atMost: 0.05 };

export const dashboard: Benchmark = {
  name: 'dashboard',
  summary: 'what a page that watches a run costs it, with and without in turns',
  description: `What does watching cost? A run that goes on, all workers busy, while a client asks for the disagreement of all agents ${HZ} times a second, all
rows and the state, in turns with the same run while it asks for nothing. Server and client are in the run's own process, as \`run --dashboard\` has
the server: what they take of a core that a worker needs is in the figure.`,
  async run({ seed, passes, progress, quick, workers }) {
    const count = workers.at(-1) as number;
    const sizes = quick ? QUICK_AGENTS : AGENTS;
    progress.expect(2 * sizes.length * passes);
    const figures: Figure[] = [];
    const rows: string[][] = [];
    for (const agents of sizes) {
      const server = await startDashboard({ folderOf: () => null });
      const page = await connect(server);
      try {
        const config = { ...problemConfig({ agents, seed, dim: 16 }), rounds: ROUNDS, workers: count };
        await server.driver.start(await parseConfig(config), false);
        let frames = 0;
        const sample = async (watched: boolean) => {
          const wanted = { rows: true, stateHz: HZ, disagreement: { hz: HZ } };
          await page.dashboard.watch(watched ? wanted : {});
          const ms = quick ? QUICK_MS : SAMPLE_MS;
          await sleep(WARM_SHARE * ms);
          const before = { round: server.driver.round, ms: performance.now(), frames: page.frames() };
          await sleep(ms);
          const took = performance.now() - before.ms;
          if (watched) frames = (1000 * (page.frames() - before.frames)) / took;
          return (server.driver.round - before.round) / took;
        };
        const [without, watched] = await interleave(
          [
            { name: 'nobody watches', sample: () => sample(false) },
            { name: 'a page watches', sample: () => sample(true) },
          ],
          passes,
          progress,
        );
        const id = `dashboard/${agents}`;
        const name = `${agents} agents`;
        const cost = figure(
          `${id}/cost`,
          `share of the speed that watching costs, ${name}`,
          '',
          'lower',
          without.map((plain, pass) => Math.max(0, 1 - watched[pass] / plain)),
          quick ? undefined : TARGET,
        );
        const speed = (which: string, values: readonly number[]) =>
          figure(
            `${id}/${which}`,
            `${which}, ${name}`,
            'rounds/s',
            'higher',
            values.map((rate) => 1000 * rate),
          );
        const plain = speed('unwatched', without);
        const seen = speed('watched', watched);
        figures.push(plain, seen, cost);
        rows.push([name, spreadText(plain), spreadText(seen), spreadText(cost, 2), frames.toFixed(0)]);
      } finally {
        page.close();
        await server.close('measured');
      }
    }
    return {
      figures,
      tables: [
        {
          title: `Watching: d = 16, ${count} workers, ${HZ} frames a second asked for`,
          columns: ['run', 'rounds/s unwatched', 'rounds/s watched', 'share it costs', 'frames/s'],
          rows,
          notes: [
            'Quartiles in brackets. A share below zero is noise, and counts as zero.',
            `The server takes no more than a tenth of one thread for frames: it leaves some out before that.`,
          ],
        },
      ],
    };
  },
};

async function connect(server: DashboardServer) {
  const { host, search } = new URL(server.url);
  const socket = new WebSocket(`ws://${host}/socket${search}`);
  let frames = 0;
  const endpoint = socketEndpoint(
    socket as unknown as SocketLike,
    () => {},
    () => {
      frames++;
    },
  );
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return {
    dashboard: Comlink.wrap<Dashboard>(endpoint as unknown as Comlink.Endpoint),
    frames: () => frames,
    close: () => socket.terminate(),
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
