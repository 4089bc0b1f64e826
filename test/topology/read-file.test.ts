/** Files that are none, or have no end, are refused, and pipes are read to theirs. */

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { readDataset } from '../../src/data/dataset.js';
import { readNpy } from '../../src/data/npy.js';
import { readGraph } from '../../topology/index.js';
import { assumeFreeMemory } from '../../topology/memory.js';
import { readWholeFile } from '../../topology/read-file.js';

const folder = mkdtempSync(join(tmpdir(), 'sottovoce-read-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => assumeFreeMemory(null));

const data = (file: string) => readDataset(file, { resolve: (path) => path, path: ['cost', 'data'] });

describe.skipIf(process.platform === 'win32')('what is no file', () => {
  it('a device has no end', async () => {
    const says = /\/dev\/zero.*it is a device, expected a file or a pipe/;
    await expect(readGraph('/dev/zero', { format: 'edgelist' })).rejects.toThrow(says);
    await expect(data('/dev/zero')).rejects.toThrow(says);
    await expect(readNpy('/dev/zero')).rejects.toThrow(/\/dev\/zero.*it is a device/);
    await expect(loadConfig('/dev/zero')).rejects.toThrow(says);
    const images = { images: '/dev/zero', labels: '/dev/zero' };
    await expect(readDataset(images, { resolve: (path) => path, path: [] })).rejects.toThrow(says);
  });

  it('a folder', async () => {
    await expect(readGraph(folder, { format: 'gml' })).rejects.toThrow(/cannot be read \(EISDIR\)/);
    await expect(data(folder)).rejects.toThrow(`cannot read ${folder}: it is a folder`);
    await expect(readNpy(folder)).rejects.toThrow('it is a folder');
  });

  it('a pipe that nobody writes to is given up, and one that is written to late is read', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(readWholeFile(pipe, 60)).rejects.toThrow('it is a pipe, and nobody wrote to it for 0.06 s');
    await expect(readNpy(pipe)).rejects.toThrow('it is a pipe, expected a file');
    const writer = spawn('sh', ['-c', `sleep 0.1; exec > ${pipe}; echo 0 1; sleep 0.2; echo 1 2`]);
    const closed = new Promise((resolve) => writer.on('close', resolve));
    const bytes = await readWholeFile(pipe, 30_000);
    expect(bytes.toString()).toBe('0 1\n1 2\n');
    await closed;
  });
});

it('a file that does not fit into memory is not read', async () => {
  const file = join(folder, 'large.edges');
  writeFileSync(file, '0 1\n'.repeat(1000));
  assumeFreeMemory(1000);
  await expect(readGraph(file)).rejects.toThrow(
    'it takes 3.91 KiB at least, expected at most the 1000 B that are free',
  );
});
