/**
 * A tree of frames as folded stacks: a line each, the frames from the outermost inwards with a semicolon between
 * them, a space, and the microseconds in which the innermost ran itself. It is what most tools around flame graphs
 * read and write (Brendan Gregg's FlameGraph, speedscope), and what a later profile reads of an earlier one.
 */

import { InputError } from '../base/errors.js';
import { visibleLine } from '../base/visible.js';
import type { Frame, FrameKind } from './call-tree.js';

export function foldStacks(root: Frame): string {
  const lines: string[] = [];
  const fold = (frame: Frame, above: string) => {
    const stack = `${above}${above && ';'}${visibleLine(frame.name).replaceAll(';', ',')}`;
    const us = Math.round(frame.selfUs);
    if (us > 0) lines.push(`${stack} ${us}`);
    for (const child of frame.children) fold(child, stack);
  };
  fold(root, '');
  return `${lines.join('\n')}\n`;
}

/** The first frame of all lines is the root. `file` is for errors. Throws InputError. */
export function unfoldStacks(text: string, file: string): Frame {
  let root: Frame | null = null;
  for (const [at, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const [, stack, us] = /^(.+) (\d+)$/.exec(line) ?? [];
    const names = stack?.split(';') ?? [];
    const [first, ...rest] = names;
    if (first === undefined || (root !== null && first !== root.name)) {
      throw new InputError(`${file}: this is no line of folded stacks below one root: ${line}`, {
        line: at + 1,
      });
    }
    root ??= frameOf(first);
    let frame = root;
    for (const name of rest) {
      let child = frame.children.find((one) => one.name === name);
      if (!child) {
        child = frameOf(name);
        frame.children.push(child);
      }
      frame = child;
    }
    frame.selfUs += Number(us);
  }
  if (root === null) throw new InputError(`${file} holds no stacks`);
  return root;
}

function frameOf(name: string): Frame {
  return { name, kind: kindOf(name), file: null, selfUs: 0, samples: 0, children: [] };
}

/** As far as a name says it. */
function kindOf(name: string): FrameKind {
  if (name.endsWith(' [WASM]')) return 'wasm';
  if (name.endsWith(' [VM]')) return 'vm';
  if (name.includes(' node:')) return 'core';
  if (name.includes(' node_modules/')) return 'deps';
  return name.includes(':') ? 'app' : 'thread';
}
