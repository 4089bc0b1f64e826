/**
 * A differential flame graph: boxes as wide as the time is now, coloured by how much more or less of it a frame
 * has for itself than before (Gregg, The Flame Graph, Communications of the ACM 59:6, 2016).
 *
 * Both sides are counted for the same work. Frames are told apart by name and file, on whatever line. Where there
 * are repeats enough to know which differences are beyond chance, the others have no colour.
 */

import { type Frame, totalUs } from './call-tree.js';
import { frameKey, type ProfileComparison } from './comparison.js';
import { type PageFrame, pageFrame } from './flame-graph.js';

/** All threads as one, and how many agents x coordinates x rounds the time is for. */
export interface CountedTree {
  tree: Frame;
  coordinates: number;
}

export interface Difference {
  tree: PageFrame;
  /** Frames that there are no more, with the nanoseconds a coordinate that they had for themselves. */
  gone: { name: string; ns: number }[];
}

export function differenceOf(
  now: CountedTree,
  before: CountedTree,
  comparison: ProfileComparison,
): Difference {
  const scale = now.coordinates / before.coordinates;
  const anyTold = comparison.frames.some(({ told }) => told);
  const enough = anyTold || comparison.roundsPerSecond.now.samples >= ENOUGH_REPEATS;
  const told = new Set(comparison.frames.filter((frame) => frame.told).map(({ name }) => name));
  const gone = new Map<string, number>();
  const noteGone = (frame: Frame) => {
    const us = totalUs(frame);
    if (us > 0) gone.set(frameKey(frame.name), (gone.get(frameKey(frame.name)) ?? 0) + us);
  };
  const compare = (frame: Frame, earlier: readonly Frame[]): PageFrame => {
    const own = { ...pageFrame({ ...frame, children: [] }) };
    const selfBefore = earlier.reduce((sum, { selfUs }) => sum + selfUs, 0) * scale;
    const said = !enough || told.has(frameKey(frame.name));
    const below = earlier.flatMap(({ children }) => children);
    const children = frame.children.map((child) =>
      compare(
        child,
        below.filter(({ name }) => frameKey(name) === frameKey(child.name)),
      ),
    );
    const names = new Set(frame.children.map(({ name }) => frameKey(name)));
    for (const old of below) if (!names.has(frameKey(old.name))) noteGone(old);
    const kept = children.filter(({ value }) => value > 0);
    const value = kept.reduce((sum, child) => sum + child.value, own.self);
    return { ...own, value, difference: said ? Math.round(own.self - selfBefore) : 0, children: kept };
  };
  const tree = compare(now.tree, [before.tree]);
  const lost = Array.from(gone, ([name, us]) => ({ name, ns: (1000 * us) / before.coordinates }));
  return { tree, gone: lost.sort((a, b) => b.ns - a.ns) };
}

const ENOUGH_REPEATS = 10;
