/**
 * Loads a bundle from V8's cache of its compiled code, made on this machine at the first start: compiling is
 * a third of what a start has to do. Node 22 and later keep such a cache themselves
 * (`module.enableCompileCache`).
 *
 * The cache lies where the user's caches do ($XDG_CACHE_HOME, ~/.cache, else the temporary folder), for this
 * build in this place, this Node and these flags. It is an offer: what cannot be written, read or trusted is
 * compiled, and nothing else changes. A file appears whole (by renaming), so that any number of processes may
 * start for the first time at once; a checksum stands before it, since V8 believes what it is given.
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
const CHECKSUM_BYTES = 32;
/** Builds, places and Nodes whose caches are kept beside one another. */
const KEPT = 8;

const modules = new Map();
/** Those compiled here, whose code is still to be written. */
const fresh = new Map();
let folder;

const digest = (content) => require('node:crypto').createHash('sha256').update(content).digest();

/** Null where there is none that is ours alone. Made at the first file. */
function cacheFolder() {
  if (folder !== undefined) return folder;
  folder = null;
  // What is compiled by the end of a run is more than what is compiled by the end of a help text.
  const kind = isMainThread ? (process.argv[2] === 'run' ? 'run' : 'other') : 'thread';
  const key = [
    BUILD,
    __dirname,
    process.version,
    process.arch,
    ...process.execArgv,
    process.env.NODE_OPTIONS,
  ];
  const name = path.join(digest(key.join('\n')).toString('hex').slice(0, 24), kind);
  for (const base of bases()) {
    try {
      const mine = path.join(base, name);
      fs.mkdirSync(mine, { recursive: true, mode: 0o700 });
      if (!isOurs(base)) continue;
      folder = mine;
      return folder;
    } catch {
      // The next one may be writable.
    }
  }
  return folder;
}

function bases() {
  const found = [];
  const home = process.env.HOME ?? process.env.LOCALAPPDATA;
  if (process.env.XDG_CACHE_HOME) found.push(path.join(process.env.XDG_CACHE_HOME, 'sottovoce'));
  else if (home) found.push(path.join(home, '.cache', 'sottovoce'));
  found.push(path.join(os.tmpdir(), `sottovoce-cache-${process.getuid?.() ?? 'user'}`));
  return found;
}

/** Code is run from there: nobody else may have put it there. */
function isOurs(base) {
  const { uid, mode } = fs.lstatSync(base);
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}

const cacheOf = (file) =>
  path.join(cacheFolder(), `${path.basename(path.dirname(file))}-${path.basename(file)}`);

function readCache(file) {
  if (cacheFolder() === null) return undefined;
  try {
    const bytes = fs.readFileSync(cacheOf(file));
    const code = bytes.subarray(CHECKSUM_BYTES);
    return digest(code).equals(bytes.subarray(0, CHECKSUM_BYTES)) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** As `require` would: a chunk once, its neighbours through here, everything else through Node. */
function load(file) {
  const known = modules.get(file);
  if (known) return known.exports;
  const cachedData = readCache(file);
  const script = new vm.Script(Module.wrap(fs.readFileSync(file, 'utf8')), {
    filename: file,
    columnOffset: -HEAD.length,
    cachedData,
  });
  if (cachedData === undefined || script.cachedDataRejected) fresh.set(file, script);
  const module = { exports: {} };
  modules.set(file, module);
  const here = path.dirname(file);
  const native = Module.createRequire(file);
  const near = (id) => (id.startsWith('./') ? load(path.join(here, id)) : native(id));
  script.runInThisContext().call(module.exports, module.exports, near, module, file, here);
  return module.exports;
}

/** What has been called by now is in it compiled. */
function record() {
  if (fresh.size === 0 || cacheFolder() === null) return;
  try {
    for (const [file, script] of fresh) {
      const code = script.createCachedData();
      const part = `${cacheOf(file)}.${process.pid}-${threadId}.part`;
      fs.writeFileSync(part, Buffer.concat([digest(code), code]));
      fs.renameSync(part, cacheOf(file));
    }
    prune(path.dirname(path.dirname(cacheFolder())));
  } catch {
    // No space, or somebody tidies up: the next start compiles again.
  }
  fresh.clear();
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
    Module.enableCompileCache();
    return require(file);
  }
  const exports = load(file);
  // A thread is ended from outside and never sees its exit; the process is the one whose functions are worth
  // waiting for.
  if (isMainThread) process.once('exit', record);
  else record();
  return exports;
}
