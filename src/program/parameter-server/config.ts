/** A config with a parameter server: what every run has, and the section `program`. */

import type { RunConfig } from '../../run/config.js';
import type { ServerSpec } from './types.js';

/** A parameter server, with every default filled in. */
export interface ServerConfig extends RunConfig {
  program: ServerSpec;
}
