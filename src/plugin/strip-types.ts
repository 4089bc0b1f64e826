/**
 * A user's module in TypeScript: its types are blanked out and the rest is run as it stands, so that lines
 * and columns of errors are those of the file. That is what newer Nodes do by themselves, with the same
 * library; Node 20 does not, and Node 22 warns on every thread. Here all of them do alike.
 *
 * This is a hook of Node's loader (`module.register`, and `registerHooks` where Node has it), so that
 * `import.meta.url` and relative imports, of .ts files too, are what they always are. Node 20 runs it on a
 * thread of its own. Nobody loads it who has no module in TypeScript.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import swc from '@swc/wasm-typescript';

interface Source {
  format: string;
  source: string;
  shortCircuit: true;
}

/** What the library throws: no Error. */
interface Refused {
  message: string;
  /** From 1. */
  startLine?: number;
  /** From 0. */
  startColumn?: number;
}

export function load<Context, Next>(
  url: string,
  context: Context,
  next: (url: string, context: Context) => Next,
): Next | Source {
  if (!/^file:.*\.m?ts$/.test(url)) return next(url, context);
  const source = readFileSync(fileURLToPath(url), 'utf8');
  try {
    const { code } = swc.transformSync(source, { mode: 'strip-only', filename: url });
    return { format: 'module', source: code, shortCircuit: true };
  } catch (thrown) {
    const { message, startLine = 1, startColumn = 0 } = thrown as Refused;
    // It may cross a thread, and does so as text.
    throw new Error(`${url}:${startLine}:${startColumn + 1}: ${message}`);
  }
}
