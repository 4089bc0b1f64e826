/**
 * Loads a bundle from V8's cache of its compiled code, made on this machine at the first start: compiling is
 * a third of what a start has to do. Node 22 and later keep such a cache themselves
 * (`module.enableCompileCache`).
 *
 * The cache lies where the user's caches do ($XDG_CACHE_HOME, ~/.cache, else the temporary folder), for this
 * build in this place, this Node and these flags. It is an offer: what cannot be written, read or trusted is
 * compiled, and nothing else changes. A file appears whole (by renaming), so that any number of processes may
 * start for the first time at once. Before it stands a digest of all that it is of: Node and flags, the text
 * that was compiled, and what came of it. V8 believes what it is given, and of the text it compares only the
 * length: without the digest a flipped bit would crash, and an edited bundle would run its old code.
 *
 * Copied to dist/bundle by bundle.mjs, which names the build.
 */

'use strict';

const fs = require('node:fs');
const Module = require('node:module');
const os = require('node:os');
const path = require('node:path');
const vm = require('node:vm');
const { isMainThread, threadId } = require('node:worker_threads');

const BUILD = 'BUILD';
const [HEAD] = Module.wrapper;
/** As safe as SHA-256, and three times as fast where the processor has no instructions for that one. */
const DIGEST = 'blake2b512';
const DIGEST_BYTES = 64;
/** What a process that was killed had half written is removed by then. */
const HALF_WRITTEN_MS = 3_600_000;
/** Builds, places and Nodes whose caches are kept beside one another. */
const KEPT = 8;

const modules = new Map();
/** Those of which more is compiled here than stands in the cache. */
const fresh = new Map();
/** What a cache begins with, behind its digest: what was called when it was written. */
const LOADED = Buffer.of(0);
const DONE = Buffer.of(1);
let folder;

function digest(...parts) {
  const hash = require('node:crypto').createHash(DIGEST);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Whose code it is, and what it runs on. */
const key = () =>
  [BUILD, __dirname, process.version, process.arch, ...process.execArgv, process.env.NODE_OPTIONS].join('\n');

/** Null where there is none that is ours alone. Made at the first file. */
function cacheFolder() {
  if (folder !== undefined) return folder;
  // What is compiled by the end of a run is more than what is compiled by the end of a help text.
  const kind = isMainThread ? (process.argv[2] === 'run' ? 'run' : 'other') : 'thread';
  folder = folderOfOurs(() => path.join(digest(key()).toString('hex').slice(0, 24), kind));
  if (folder !== null && isMainThread) markUsed(path.dirname(folder));
  return folder;
}

/**
 * Where what was made of data is kept beside the code, see `src/base/remembered.ts`. Each copy of this package
 * asks under its own key.
 */
globalThis[Symbol.for('sottovoce.cache')] = (name) =>
  folderOfOurs(() => path.join(digest(key()).toString('hex').slice(0, 24), name));

/** The first that can be written to, and that nobody else can; null where there is none, or none is wanted. */
function folderOfOurs(name) {
  if (process.env.SOTTOVOCE_CACHE === 'never') return null;
  for (const base of bases()) {
    try {
      fs.mkdirSync(base, { recursive: true, mode: 0o700 });
      if (!isOurs(base)) continue;
      const mine = path.join(base, name());
      fs.mkdirSync(mine, { recursive: true, mode: 0o700 });
      return mine;
    } catch {
      // The next one may be writable.
    }
  }
  return null;
}

function bases() {
  const found = [];
  const home = process.env.HOME ?? process.env.LOCALAPPDATA;
  const asked = process.env.XDG_CACHE_HOME;
  // A relative one counts as none (XDG Base Directory Specification): it would be a folder wherever one stands.
  if (asked && path.isAbsolute(asked)) found.push(path.join(asked, 'sottovoce'));
  else if (home && path.isAbsolute(home)) found.push(path.join(home, '.cache', 'sottovoce'));
  found.push(path.join(os.tmpdir(), `sottovoce-cache-${process.getuid?.() ?? 'user'}`));
  return found;
}

/** Code is run from there: nobody else may have put it there. A link is nobody's: who may write is not seen. */
function isOurs(base) {
  const stat = fs.lstatSync(base);
  if (!stat.isDirectory()) return false;
  return process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 0o022) === 0);
}

const cacheOf = (file) =>
  path.join(cacheFolder(), `${path.basename(path.dirname(file))}-${path.basename(file)}`);

function readCache(file, source) {
  if (cacheFolder() === null) return undefined;
  try {
    const bytes = fs.readFileSync(cacheOf(file));
    const kept = bytes.subarray(DIGEST_BYTES);
    if (!digest(key(), source, kept).equals(bytes.subarray(0, DIGEST_BYTES))) return undefined;
    return { code: kept.subarray(1), isDone: kept[0] === DONE[0] };
  } catch {
    return undefined;
  }
}

/** As `require` would: a chunk once, its neighbours through here, everything else through Node. */
function load(file) {
  const known = modules.get(file);
  if (known) return known.exports;
  const source = fs.readFileSync(file);
  const cached = readCache(file, source);
  const script = new vm.Script(Module.wrap(source.toString('utf8')), {
    filename: file,
    columnOffset: -HEAD.length,
    cachedData: cached?.code,
  });
  const isKept = cached !== undefined && !script.cachedDataRejected;
  if (!isKept || !cached.isDone) fresh.set(file, { script, source, isKept });
  const module = { exports: {} };
  modules.set(file, module);
  const here = path.dirname(file);
  const native = Module.createRequire(file);
  const near = (id) => (id.startsWith('./') ? load(path.join(here, id)) : native(id));
  script.runInThisContext().call(module.exports, module.exports, near, module, file, here);
  return module.exports;
}

/** What has been called by now is in it compiled. `how` is DONE where that is what a run calls. */
function record(how) {
  const written = [...fresh].filter(([, { isKept }]) => how === DONE || !isKept);
  if (written.length === 0 || cacheFolder() === null) return;
  try {
    for (const [file, entry] of written) {
      const kept = Buffer.concat([how, entry.script.createCachedData()]);
      writeWhole(cacheOf(file), Buffer.concat([digest(key(), entry.source, kept), kept]));
      entry.isKept = true;
    }
    removeHalfWritten(cacheFolder());
    prune(path.dirname(path.dirname(cacheFolder())));
  } catch {
    // No space, or somebody tidies up: the next start compiles again.
  }
  if (how === DONE) fresh.clear();
}

/** A disk that is full is not filled with halves: what cannot be written whole is taken away. */
function writeWhole(file, bytes) {
  const part = `${file}.${process.pid}-${threadId}-${Math.random().toString(36).slice(2)}.part`;
  try {
    // 'wx' makes a file that was not there: it follows no link, and writes into nobody's.
    fs.writeFileSync(part, bytes, { flag: 'wx' });
    fs.renameSync(part, file);
  } catch (error) {
    fs.rmSync(part, { force: true });
    throw error;
  }
}

/** A thread says when it has called what a run calls, see `src/base/compiled-code.ts`. */
globalThis[Symbol.for('sottovoce.record')] = () => record(DONE);

function removeHalfWritten(at) {
  for (const name of fs.readdirSync(at)) {
    if (!name.endsWith('.part')) continue;
    const part = path.join(at, name);
    if (Date.now() - fs.statSync(part).mtimeMs > HALF_WRITTEN_MS) fs.rmSync(part, { force: true });
  }
}

/** Those that were used last are kept. */
function markUsed(build) {
  try {
    const now = new Date();
    fs.utimesSync(build, now, now);
  } catch {
    // Somebody tidies up.
  }
}

/** Builds come and go. */
function prune(base) {
  const all = fs
    .readdirSync(base)
    .map((name) => ({ name, time: fs.statSync(path.join(base, name)).mtimeMs }));
  all.sort((a, b) => b.time - a.time);
  for (const { name } of all.slice(KEPT)) fs.rmSync(path.join(base, name), { recursive: true, force: true });
}

module.exports = loadBundle;
// A script that comes from the cache has forgotten whom to ask for a module.
module.exports.importModule = (specifier) => import(specifier);

function loadBundle(name) {
  const file = path.join(__dirname, name);
  if (Module.enableCompileCache) {
    // Where it would go by itself, the temporary folder, others may write as well. It has checksums of its own.
    Module.enableCompileCache(folderOfOurs(() => 'node') ?? undefined);
    return require(file);
  }
  const exports = load(file);
  // A thread is ended from outside and never sees its exit: what it has by now, and more when it says so.
  if (isMainThread) process.once('exit', () => record(DONE));
  else record(LOADED);
  return exports;
}
