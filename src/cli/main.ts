#!/usr/bin/env node
/** The command line as an ES module: `sottovoce/cli`, and what `node dist/src/cli/main.js` runs. */

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { command } from './command.js';

export { main, processTerminal, type Terminal } from './command.js';

/** Whether this file is what node was started with (through npm's link too), rather than imported. */
function isEntryPoint(): boolean {
  const started = process.argv[1];
  if (started === undefined) return false;
  try {
    return realpathSync(started) === realpathSync(fileURLToPath(import.meta.url));
  } catch {
    return false;
  }
}

if (isEntryPoint()) await command();
