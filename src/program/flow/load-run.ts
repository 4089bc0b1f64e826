/** From a config to the problem of its run, in which a compressor that was `auto` has been chosen. */

import { isAuto } from '../../compress/auto.js';
import type { LoadedConfig } from '../../run/config.js';
import { type FlowProblem, loadFlow } from './load.js';

/** `known`: of the same run before it was changed. */
export async function loadRun(loaded: LoadedConfig, known: FlowProblem | null = null): Promise<FlowProblem> {
  const problem = await loadFlow(loaded, known);
  const { compressor } = problem.config;
  if (!isAuto(compressor)) return problem;
  // Few runs have one to choose, and what chooses is a large part of what a run could load.
  const { chooseCompressor, withCompressor } = await import('./choose-compressor.js');
  // On the way the compressor stays what it is.
  return known === null
    ? chooseCompressor(problem, compressor)
    : withCompressor(problem, known.given.compressor, known.config.compressor);
}
