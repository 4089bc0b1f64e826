/** A NATS server of a test's own: on a free port, with a folder of its own, killed and started at will. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const running = new Set();
// A test that fails in the middle leaves none behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Debian puts it where only root's PATH looks. */
const PLACES = ['/usr/sbin/nats-server', '/usr/local/bin/nats-server', '/usr/bin/nats-server'];

/** The program; null where there is none. */
export function findServer() {
  const found = spawnSync('nats-server', ['--version']).status === 0 ? 'nats-server' : undefined;
  return found ?? PLACES.find((file) => existsSync(file)) ?? null;
}

/** Why there is none, after an attempt to install it; null where there is one. */
export function installServer() {
  if (findServer() !== null) return null;
  if (process.getuid?.() !== 0)
    return 'nats-server is missing, and only root may install it (Debian: nats-server)';
  const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  spawnSync('apt-get', ['update'], quiet);
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'nats-server'], quiet);
  return findServer() === null ? 'nats-server is missing, and apt-get could not install it' : null;
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** @param config further lines of its configuration */
export async function startServer(folder, config = '') {
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'nats.conf');
  const store = path.join(folder, 'store');
  writeFileSync(file, `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${store}" }\n${config}\n`);
  let child = null;
  const start = async () => {
    child = spawn(findServer(), ['-c', file], { stdio: 'ignore' });
    const own = child;
    running.add(own);
    own.once('exit', () => running.delete(own));
    for (let tried = 0; tried < 200; tried++) {
      if (await answers(port)) return;
      if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode}`);
      await pause(25);
    }
    throw new Error('nats-server does not answer');
  };
  const kill = async (signal) => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  await start();
  return { port, url: `nats://127.0.0.1:${port}`, start, kill, stop: () => kill('SIGTERM') };
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A wire between a client and the server that can be cut: broken off, or silent as if nobody were there. */
export async function startWire(port) {
  let silent = false;
  const pairs = new Set();
  const server = net.createServer((near) => {
    const far = net.connect(port, '127.0.0.1');
    const pair = { near, far };
    pairs.add(pair);
    const end = () => {
      near.destroy();
      far.destroy();
      pairs.delete(pair);
    };
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      from.on('data', (part) => {
        if (!silent) to.write(part);
      });
      from.on('close', end);
      from.on('error', end);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `nats://127.0.0.1:${server.address().port}`,
    breakOff: () => {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
    },
    silence: (whether) => {
      silent = whether;
    },
    close: () => {
      for (const { near } of pairs) near.destroy();
      server.close();
    },
  };
}
