#!/usr/bin/env node
/**
 * The command `sottovoce`. A whole build (`scripts/bundle.mjs`) puts a line in its place that loads the bundle
 * at once.
 */

import('./command.js').then(({ command }) => command());
