/** A worker's files: fetched once, checked, under their orderer's names, and not more than is allowed. */

import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { dropOldest, FileCache, placeIn } from '../../src/queue/cache.js';
import { temporaryFolder } from '../support/run.js';

const digest = (text: string) => createHash('sha256').update(text).digest('hex');
const fileOf = (at: string, text: string) => ({
  path: at,
  bytes: Buffer.byteLength(text),
  sha256: digest(text),
});

function source(...texts: string[]) {
  const fetched: string[] = [];
  return {
    fetched,
    fetch: async (sha256: string) => {
      const text = texts.find((one) => digest(one) === sha256);
      if (text === undefined) throw new Error('there is none');
      fetched.push(text);
      return Buffer.from(text);
    },
  };
}

describe('the files of a job', () => {
  it('lie under their whole paths, fetched once for two trees and two workers', async () => {
    const folder = temporaryFolder();
    const { fetch, fetched } = source('nodes', 'numbers');
    const one = new FileCache(folder, 1e9);
    const files = [fileOf('/home/a/net.gml', 'nodes'), fileOf('/data/x.npy', 'numbers')];
    const seen = await one.withTree(files, fetch, async (root) => [
      readFileSync(path.join(root, 'home/a/net.gml'), 'utf8'),
      readFileSync(path.join(root, 'home/a/../../data/x.npy'), 'utf8'),
    ]);
    expect(seen).toEqual(['nodes', 'numbers']);
    await one.withTree([files[0]!], fetch, async () => {});
    const two = new FileCache(folder, 1e9);
    await Promise.all([1, 2, 3].map(() => two.withTree(files, fetch, async () => {})));
    expect(fetched).toEqual(['nodes', 'numbers']);
    for (const cache of [one, two]) cache.close();
    expect(readdirSync(path.join(folder, 'trees'))).toEqual([]);
  });

  it('are modules that find what they import', async () => {
    const cache = new FileCache(temporaryFolder(), 1e9);
    const texts = ["import { b } from '../lib/b.mjs';\nexport const a = b + 1;", 'export const b = 1;'];
    const files = [fileOf('/m/src/a.mjs', texts[0]!), fileOf('/m/lib/b.mjs', texts[1]!)];
    const { a } = await cache.withTree(files, source(...texts).fetch, async (root) => {
      const url = pathToFileURL(path.join(root, 'm/src/a.mjs')).href;
      return (await import(/* @vite-ignore */ url)) as { a: number };
    });
    expect(a).toBe(2);
    cache.close();
  });

  it('are fetched again where the cache holds something else under that name', async () => {
    const folder = temporaryFolder();
    const { fetch, fetched } = source('good');
    mkdirSync(path.join(folder, 'files'), { recursive: true });
    const file = path.join(folder, 'files', digest('good'));
    // As long, and other bytes.
    writeFileSync(file, 'evil');
    const cache = new FileCache(folder, 1e9);
    const seen = await cache.withTree([fileOf('/a', 'good')], fetch, async (root) =>
      readFileSync(path.join(root, 'a'), 'utf8'),
    );
    expect([seen, fetched]).toEqual(['good', ['good']]);
    cache.close();
  });

  it('that nobody has are an error, and tried again', async () => {
    const cache = new FileCache(temporaryFolder(), 1e9);
    const files = [fileOf('/a', 'late')];
    await expect(cache.withTree(files, source().fetch, async () => {})).rejects.toThrow('there is none');
    expect(await cache.withTree(files, source('late').fetch, async () => 'there')).toBe('there');
    cache.close();
  });

  it('go when there are too many, the longest unused first', () => {
    const folder = temporaryFolder();
    for (const [at, name] of ['c', 'a', 'b'].entries()) {
      const file = path.join(folder, name);
      writeFileSync(file, 'x'.repeat(10));
      chmodSync(file, 0o444);
      utimesSync(file, 100 + at, 100 + at);
    }
    dropOldest(folder, 20);
    expect(readdirSync(folder).sort()).toEqual(['a', 'b']);
    dropOldest(folder, 9);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leave nothing of a process of this host that is no more', () => {
    const folder = temporaryFolder();
    const trees = path.join(folder, 'trees');
    const [dead, elsewhere] = [`${hostname()}~999999999~x`, 'other-host~999999999~x'];
    for (const name of [dead, elsewhere]) mkdirSync(path.join(trees, name), { recursive: true });
    const cache = new FileCache(folder, 1e9);
    expect([existsSync(path.join(trees, dead)), existsSync(path.join(trees, elsewhere))]).toEqual([
      false,
      true,
    ]);
    cache.close();
  });

  it('of another system have a place, too', () => {
    expect(placeIn('/root', 'C:\\study\\net.gml')).toBe('/root/C/study/net.gml');
    expect(placeIn('/root', '/study/net.gml')).toBe('/root/study/net.gml');
  });

  it('stay in their folder, whatever a job calls them', async () => {
    expect(placeIn('/root/tree', '/../../etc/passwd')).toBe('/root/tree/etc/passwd');
    expect(placeIn('/root/tree', 'a/../../../b')).toBe('/root/tree/b');
    const cache = new FileCache(temporaryFolder(), 1e9);
    const file = { path: '/a', bytes: 1, sha256: '../../x' };
    await expect(cache.withTree([file], source().fetch, async () => {})).rejects.toThrow('is no SHA-256');
    cache.close();
  });
});
