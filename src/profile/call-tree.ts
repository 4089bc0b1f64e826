/**
 * From V8's CPU profiles to one tree of named frames: who called whom, and how long each was on top of the
 * stack.
 *
 * A profile is a list of samples, each a stack and the time since the sample before, and that time is charged
 * to the stack: a thread that was put aside by the operating system is seen again where it stopped, and the
 * time it was away belongs there.
 *
 * Names. A function of ours stands with its place in the TypeScript it was written in, a kernel as
 * `gatherSign [WASM]` (AssemblyScript's name section says which file it comes from), the engine's own parts
 * (its garbage collector, its builtins) as `[VM]`. What V8 cannot name is called `unnamed` and is shown like
 * everything else: a graph that leaves it out would look better than the run was.
 */

import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import { kernelsUrl } from '../run/locations.js';
import type { CpuProfile } from './record.js';

/**
 * What a frame is made of: a kernel, our own or the user's JavaScript, a package, Node, the engine, a whole
 * thread.
 */
export type FrameKind = 'wasm' | 'app' | 'deps' | 'core' | 'vm' | 'unnamed' | 'thread';

export interface Frame {
  name: string;
  kind: FrameKind;
  /** Source file relative to the project, where known: `kernels/gather.ts`. */
  file: string | null;
  /** Microseconds with this frame on top of the stack. */
  selfUs: number;
  samples: number;
  children: Frame[];
}

export interface ThreadTree {
  /** The thread; its children are the outermost frames. */
  root: Frame;
  /** Microseconds in which the thread had nothing to do; not in the tree. */
  idleUs: number;
}

/**
 * Only what happens between the first and the last sample inside this function, and the function as the
 * outermost frame.
 */
export interface Within {
  functionName: string;
  /** Its source file, relative to the project. */
  file: string;
}

export const ROUND_LOOP: Within = { functionName: 'runRounds', file: 'workers/round-loop.ts' };
type CallFrame = CpuProfile['nodes'][number]['callFrame'];

interface Label {
  name: string;
  kind: FrameKind;
  file: string | null;
}

/**
 * `thread` is what the root is called. Without `within`, everything that the profile has. `compiled`: URL of the
 * compiled files that ran, where they are not these.
 */
export function callTree(
  profile: CpuProfile,
  thread: string,
  within?: Within,
  compiled = compiledFolder,
): ThreadTree {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map<number, number>();
  for (const { id, children = [] } of profile.nodes) for (const child of children) parents.set(child, id);

  // The outermost node of the stack that is kept; null for what stands outside of the function looked for.
  const inside = new Map<number, boolean>();
  const isInside = (id: number): boolean => {
    if (within === undefined) return true;
    const known = inside.get(id);
    if (known !== undefined) return known;
    const parent = parents.get(id);
    const answer =
      isFrame(nodes.get(id)!.callFrame, within, compiled) || (parent !== undefined && isInside(parent));
    inside.set(id, answer);
    return answer;
  };

  const { samples = [], timeDeltas = [] } = profile;
  const root = emptyFrame(thread);
  const frames = new Map<number, Frame>();
  // What stands between a call in JavaScript and its kernel is a frame for its own time only: as a caller it
  // would split a kernel into one box for every way in that the engine made over time.
  const passWrappers = (id: number): number => {
    const parent = parents.get(id);
    return isWrapper(nodes.get(id)!.callFrame) && parent !== undefined ? passWrappers(parent) : id;
  };
  /** The tree's frame of a node, made with its callers at the first sample that needs it. */
  const frameOf = (id: number): Frame => {
    const known = frames.get(id);
    if (known) return known;
    const parent = parents.get(id);
    // V8's own root, and whatever called the function looked for, are not frames of the tree.
    const outermost =
      parent === undefined ||
      !parents.has(parent) ||
      (within !== undefined && isInside(id) && !isInside(parent));
    const above = outermost ? root : frameOf(passWrappers(parent));
    const label = labelOf(nodes.get(id)!.callFrame, compiled);
    let frame = above.children.find(({ name }) => name === label.name);
    if (!frame) {
      frame = { ...label, selfUs: 0, samples: 0, children: [] };
      above.children.push(frame);
    }
    frames.set(id, frame);
    return frame;
  };

  const first = samples.findIndex(isInside);
  const last = samples.findLastIndex(isInside);
  let idleUs = 0;
  for (const [at, id] of samples.entries()) {
    if (at < first || at > last) continue;
    // The time before the first sample is not known to be the function's own.
    const us = at === first && within !== undefined ? 0 : Math.max(0, timeDeltas[at] ?? 0);
    if (nodes.get(id)!.callFrame.functionName === '(idle)') {
      idleUs += us;
      continue;
    }
    const frame = parents.has(id) ? frameOf(id) : root;
    frame.selfUs += us;
    frame.samples++;
  }
  return { root, idleUs };
}

/** All threads side by side under one root. */
export function besideEachOther(threads: readonly Frame[]): Frame {
  return { ...emptyFrame('all threads'), children: [...threads] };
}

/** All threads as one: frames of the same name below the same callers are one frame. */
export function mergeThreads(threads: readonly Frame[]): Frame {
  const merged = emptyFrame('all threads');
  for (const thread of threads) add(merged, thread);
  return merged;
}

function add(into: Frame, frame: Frame): void {
  into.selfUs += frame.selfUs;
  into.samples += frame.samples;
  for (const child of frame.children) {
    let same = into.children.find(({ name }) => name === child.name);
    if (!same) {
      same = { ...child, selfUs: 0, samples: 0, children: [] };
      into.children.push(same);
    }
    add(same, child);
  }
}

function emptyFrame(name: string): Frame {
  return { name, kind: 'thread', file: null, selfUs: 0, samples: 0, children: [] };
}

/** Visits a frame and everything it called, callers first. */
export function visit(frame: Frame, see: (frame: Frame) => void): void {
  see(frame);
  for (const child of frame.children) visit(child, see);
}

export function totalUs(frame: Frame): number {
  let total = 0;
  visit(frame, ({ selfUs }) => {
    total += selfUs;
  });
  return total;
}

export function totalSamples(frame: Frame): number {
  let total = 0;
  visit(frame, ({ samples }) => {
    total += samples;
  });
  return total;
}

function isFrame(frame: CallFrame, { functionName, file }: Within, compiled: string): boolean {
  return frame.functionName === functionName && labelOf(frame, compiled).file === file;
}

/**
 * The way from JavaScript into a kernel: `js-to-wasm:ii:`, or one for all signatures while nothing is
 * compiled yet.
 */
function isWrapper({ functionName }: Pick<CallFrame, 'functionName'>): boolean {
  return functionName.startsWith('js-to-wasm') || functionName === 'GenericJSToWasmWrapper';
}

function labelOf({ functionName, url, lineNumber, columnNumber }: CallFrame, compiled: string): Label {
  if (isWrapper({ functionName })) return { name: 'call of a kernel [VM]', kind: 'vm', file: null };
  if (url.startsWith('wasm://')) return kernelLabel(functionName);
  if (url === '') {
    if (functionName === '(garbage collector)')
      return { name: 'garbage collector [VM]', kind: 'vm', file: null };
    // (program) is V8's word for code of which it knows no function.
    if (functionName === '' || functionName.startsWith('('))
      return { name: `unnamed ${functionName}`.trim(), kind: 'unnamed', file: null };
    return { name: `${functionName} [VM]`, kind: 'vm', file: null };
  }
  const { kind, file, line } = placeOf(url, lineNumber, columnNumber, compiled);
  // A bundle tells two functions of one name apart by a number, `bind$1`; here their files do.
  const name = functionName.replace(/\$\d+$/, '');
  return { name: `${name || '(anonymous)'} ${file}:${line}`, kind, file };
}

/**
 * `kernels/gather/gatherSign` is gatherSign of kernels/gather.ts; without a name section there is a number
 * only.
 */
function kernelLabel(functionName: string): Label {
  const slash = functionName.lastIndexOf('/');
  const name = `${functionName.slice(slash + 1) || 'unnamed'} [WASM]`;
  if (functionName === '' || functionName.startsWith('wasm-function['))
    return { name, kind: 'unnamed', file: null };
  return { name, kind: 'wasm', file: slash < 0 ? null : `${functionName.slice(0, slash)}.ts` };
}

const compiledFolder = new URL('..', kernelsUrl).href;

/**
 * Lines count from 0 in a profile and from 1 here. No path leads out of the project: what is recorded can be
 * shown to others.
 */
function placeOf(
  url: string,
  line: number,
  column: number,
  compiled: string,
): { kind: FrameKind; file: string; line: number; column: number } {
  if (url.startsWith('node:')) return { kind: 'core', file: url, line: line + 1, column };
  // First: an installed copy of this package lies among other modules.
  if (url.startsWith(compiled)) {
    const source = sourceMap(url)?.findEntry(line, column);
    // Glue that a bundle adds comes from no file.
    if (source && 'originalSource' in source && source.originalSource) {
      const original = source.originalSource.replace(/^(\.\.\/)+/, '');
      // Packages are in our bundles.
      const kind = original.startsWith('node_modules/') ? 'deps' : 'app';
      return { kind, file: original, line: source.originalLine + 1, column: source.originalColumn };
    }
    return { kind: 'app', file: `dist/${url.slice(compiled.length)}`, line: line + 1, column };
  }
  const modules = url.lastIndexOf('/node_modules/');
  if (modules >= 0) return { kind: 'deps', file: url.slice(modules + 1), line: line + 1, column };
  return { kind: 'app', file: url.slice(url.lastIndexOf('/') + 1), line: line + 1, column };
}

/** Where a function stands in what people wrote. Lines count from 1, columns from 0. */
export interface CompiledPlace {
  /** As written: `packRotatedSigns`. */
  name: string;
  /** From the project's root: `kernels/rotated-signs.ts`, `src/flow/whole-rounds.ts`, `node:fs`. */
  file: string;
  line: number | null;
  column: number | null;
}

/** null for what is in no file: the engine's own. */
export function placeInSource(callFrame: CallFrame, compiled = compiledFolder): CompiledPlace | null {
  const { functionName, url, lineNumber, columnNumber } = callFrame;
  if (url === '' || isWrapper({ functionName })) return null;
  if (url.startsWith('wasm://')) {
    const { file } = kernelLabel(functionName);
    if (file === null) return null;
    const name = functionName.slice(functionName.lastIndexOf('/') + 1);
    return { name, file, line: kernelLines()[functionName] ?? null, column: null };
  }
  const { file, line, column } = placeOf(url, lineNumber, columnNumber, compiled);
  return { name: functionName.replace(/\$\d+$/, ''), file, line, column };
}

/** The line of a source that a line of a compiled file (from 0) comes from; null where there is no map of it. */
export function sourceLine(url: string, line: number): { file: string; line: number } | null {
  if (!url.startsWith('file:')) return null;
  // The last entry of the line: earlier ones may be of what stands before it.
  const source = sourceMap(url)?.findEntry(line, 1e6);
  if (!source || !('originalSource' in source) || source.generatedLine !== line) return null;
  return { file: source.originalSource.replace(/^(\.\.\/)+/, ''), line: source.originalLine + 1 };
}

let lines: Record<string, number> | null = null;

/** Where each function of the kernels begins, by its name in the name section; the compiler notes it. */
function kernelLines(): Record<string, number> {
  try {
    lines ??= JSON.parse(readFileSync(new URL('lines.json', kernelsUrl), 'utf8')) as Record<string, number>;
  } catch {
    // Kernels that an older build has compiled.
    lines = {};
  }
  return lines;
}

const sourceMaps = new Map<string, SourceMap | null>();

function sourceMap(url: string): SourceMap | null {
  let map = sourceMaps.get(url);
  if (map === undefined) {
    try {
      map = new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${url}.map`), 'utf8')));
    } catch {
      // A compiled file without its map is shown as it is.
      map = null;
    }
    sourceMaps.set(url, map);
  }
  return map;
}
