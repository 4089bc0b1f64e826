/**
 * Configs for programs. The parsers behind these calls are most of what the library would load, so they are
 * loaded when the first config comes.
 */

import { InputError } from '../base/errors.js';
import type { LoadedConfig, Override } from '../run/config.js';
import type { ConfigInput } from './specs.js';

/**
 * Reads a config file (YAML or JSON), checks all of it and fills in every default.
 *
 * ```ts
 * const config = await loadConfig('ring.yaml', [{ path: ['seed'], value: 7, origin: 'my program' }]);
 * console.log(config.config.rounds);
 * ```
 *
 * @param overrides values to set before it is checked; messages about them name their `origin`
 * @throws InputError with file, line and column of everything that is wrong
 */
export async function loadConfig(file: string, overrides: readonly Override[] = []): Promise<LoadedConfig> {
  return (await import('../config/load.js')).loadConfig(file, overrides);
}

/**
 * The same for a config that is plain data: checks all of it and fills in every default.
 *
 * ```ts
 * const config = await parseConfig({
 *   topology: { kind: 'ring', nodes: 8 },
 *   cost: { kind: 'quadratic', dim: 4 },
 *   flow: { kind: 'primal-dual' },
 * });
 * console.log(config.config.rounds, config.folder);
 * ```
 *
 * @param data a `ConfigInput`; anything else is refused
 * @param options `folder`: what paths in it are relative to, the working directory where absent
 * @throws InputError with the path of everything that is wrong
 */
export async function parseConfig(
  data: unknown,
  options: { folder?: string; overrides?: readonly Override[] } = {},
): Promise<LoadedConfig> {
  return (await import('../config/load.js')).parseConfig(data, options);
}

/** The config with what the options change in it. */
export async function load(
  config: ConfigInput | LoadedConfig | string,
  { workers, seed, rounds }: { workers?: number | 'auto'; seed?: number; rounds?: number } = {},
): Promise<LoadedConfig> {
  const changed = Object.entries({ workers, seed, rounds }).filter(([, value]) => value !== undefined);
  const overrides = changed.map(([key, value]): Override => ({ path: [key], value, origin: 'options' }));
  if (typeof config === 'string') return loadConfig(config, overrides);
  if (!isLoaded(config)) return parseConfig(config, { overrides });
  // Complete already, so that a value is only checked and put in, with the default that follows it.
  const { every: _, ...restOfTrace } = config.config.trace;
  const given = config.traceFollows ? { ...config.config, trace: restOfTrace } : config.config;
  const checked = await parseConfig(given, { folder: config.folder, overrides });
  const { trace } = checked.config;
  return { ...config, config: { ...config.config, ...Object.fromEntries(changed), trace } };
}

function isLoaded(config: unknown): config is LoadedConfig {
  if (config === null || typeof config !== 'object') {
    throw new InputError(
      `run was given ${String(config)}, expected a config: plain data or the path of a file`,
    );
  }
  return 'config' in config && 'folder' in config;
}
