/**
 * Loads a bundle from V8's cache of its compiled code, made by the build for the Node that built: compiling is a third of what a start has to do.
 * Another Node refuses the cache (its version and flags are in it, and in its name) and compiles; from Node 22 on it keeps a cache of its own.
 *
 * Copied to dist/bundle by bundle.mjs. With SOTTOVOCE_RECORD_CODE=1, as the build calls it, caches are written instead of read.
 */

'use strict';

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');
const { isMainThread } = require('node:worker_threads');

const [HEAD] = Module.wrapper;
const recording = process.env.SOTTOVOCE_RECORD_CODE === '1';
const scripts = new Map();
const modules = new Map();

const cacheOf = (file) => `${file}.${process.version}-${process.arch}.cache`;

function readCache(file) {
  try {
    return fs.readFileSync(cacheOf(file));
  } catch {
    return undefined;
  }
}

/** As `require` would: a chunk once, its neighbours through here, everything else through Node. */
function load(file) {
  const known = modules.get(file);
  if (known) return known.exports;
  const script = new vm.Script(Module.wrap(fs.readFileSync(file, 'utf8')), {
    filename: file,
    columnOffset: -HEAD.length,
    cachedData: recording ? undefined : readCache(file),
  });
  scripts.set(file, script);
  const module = { exports: {} };
  modules.set(file, module);
  const folder = path.dirname(file);
  const native = Module.createRequire(file);
  const near = (id) => (id.startsWith('./') ? load(path.join(folder, id)) : native(id));
  script.runInThisContext().call(module.exports, module.exports, near, module, file, folder);
  // A thread is ended from outside and never sees its exit; the process is the one whose functions are worth waiting for.
  if (recording && !isMainThread) record();
  return module.exports;
}

/** What has been called by now is in it compiled. By renaming: a thread may be ended at any time, and half a file would be no cache. */
function record() {
  for (const [file, script] of scripts) {
    fs.writeFileSync(`${file}.new`, script.createCachedData());
    fs.renameSync(`${file}.new`, cacheOf(file));
  }
}

if (recording && isMainThread) process.once('exit', record);

module.exports = loadBundle;
// A script that comes from the cache has forgotten whom to ask for a module.
module.exports.importModule = (specifier) => import(specifier);

function loadBundle(name) {
  const file = path.join(__dirname, name);
  if (recording || fs.existsSync(cacheOf(file))) return load(file);
  Module.enableCompileCache?.();
  return require(file);
}
