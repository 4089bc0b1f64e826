/**
 * What V8 recorded, in the lines that people wrote: of TypeScript by the source maps of what is compiled, of the
 * kernels by the lines that the compiler noted. As a .cpuprofile, which the developer tools of browsers and editors
 * open, and as one file of all threads for speedscope (https://www.speedscope.app, file format "sampled").
 *
 * V8 says of a kernel's sample which function it is, and not where in it: its line is where the function begins.
 */

import { type CompiledPlace, placeInSource, sourceLine } from './call-tree.js';
import type { CpuProfile } from './record.js';

type Node = CpuProfile['nodes'][number];

/** The same profile with names, files and lines of the sources. Times and stacks are as they were. */
export function mapProfile(profile: CpuProfile): CpuProfile {
  return { ...profile, nodes: profile.nodes.map(mapNode) };
}

function mapNode(node: Node): Node {
  const { callFrame, positionTicks } = node;
  const place = placeInSource(callFrame);
  if (place === null) return node;
  const mapped: Node = {
    ...node,
    // Lines count from 0 there.
    callFrame: {
      ...callFrame,
      functionName: place.name,
      url: place.file,
      lineNumber: place.line === null ? -1 : place.line - 1,
      columnNumber: place.column ?? -1,
    },
  };
  if (positionTicks !== undefined) mapped.positionTicks = mapTicks(positionTicks, callFrame.url, place);
  return mapped;
}

type Ticks = NonNullable<Node['positionTicks']>;

/** Several lines of what is compiled may be one of the source. Ticks of another file's, inlined, are the function's. */
function mapTicks(positionTicks: Ticks, url: string, place: CompiledPlace): Ticks {
  const byLine = new Map<number, number>();
  for (const { line, ticks } of positionTicks) {
    const source = sourceLine(url, line - 1);
    const own = source !== null && source.file === place.file ? source.line : place.line;
    if (own !== null) byLine.set(own, (byLine.get(own) ?? 0) + ticks);
  }
  return Array.from(byLine, ([line, ticks]) => ({ line, ticks })).sort((a, b) => a.line - b.line);
}

/** As speedscope's schema has it. */
export interface Speedscope {
  $schema: 'https://www.speedscope.app/file-format-schema.json';
  name: string;
  exporter: string;
  activeProfileIndex: 0;
  shared: { frames: { name: string; file?: string; line?: number }[] };
  profiles: {
    type: 'sampled';
    name: string;
    unit: 'microseconds';
    startValue: number;
    endValue: number;
    /** Indices of frames, the outermost first. */
    samples: number[][];
    weights: number[];
  }[];
}

/** All threads, each with its samples in the order of their time; empty stacks are idle. */
export function speedscopeOf(
  name: string,
  threads: readonly { name: string; profile: CpuProfile }[],
  version: string,
): Speedscope {
  const frames: Speedscope['shared']['frames'] = [];
  const known = new Map<string, number>();
  const frameOf = ({ callFrame }: Node): number => {
    const place = placeInSource(callFrame);
    const frame = {
      name: place?.name ?? (callFrame.functionName || '(anonymous)'),
      ...(place && { file: place.file }),
      ...(place?.line && { line: place.line }),
    };
    const key = JSON.stringify(frame);
    let index = known.get(key);
    if (index === undefined) {
      index = frames.push(frame) - 1;
      known.set(key, index);
    }
    return index;
  };
  const profiles = threads.map(({ name: thread, profile }): Speedscope['profiles'][number] => {
    const stacks = stacksOf(profile, frameOf);
    const samples = (profile.samples ?? []).map((id) => stacks.get(id) ?? []);
    const weights = samples.map((_, at) => Math.max(0, profile.timeDeltas?.[at] ?? 0));
    const endValue = weights.reduce((sum, weight) => sum + weight, 0);
    return { type: 'sampled', name: thread, unit: 'microseconds', startValue: 0, endValue, samples, weights };
  });
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name,
    exporter: `sottovoce ${version}`,
    activeProfileIndex: 0,
    shared: { frames },
    profiles,
  };
}

/** Of each node: the frames from the outermost to itself, without V8's root; idle time has none. */
function stacksOf({ nodes }: CpuProfile, frameOf: (node: Node) => number): Map<number, number[]> {
  const parents = new Map<number, Node>();
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node);
  const stacks = new Map<number, number[]>();
  const stackOf = (node: Node): number[] => {
    const known = stacks.get(node.id);
    if (known) return known;
    const parent = parents.get(node.id);
    const none = parent === undefined || node.callFrame.functionName === '(idle)';
    const stack = none ? [] : [...stackOf(parent), frameOf(node)];
    stacks.set(node.id, stack);
    return stack;
  };
  for (const node of nodes) stackOf(node);
  return stacks;
}
