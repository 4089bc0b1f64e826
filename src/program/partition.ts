/**
 * Partition: which worker works for which agents. Contiguous ranges, so that rows of a worker are neighbours in memory, balanced by
 * the work of an agent (edges, dimension, data). Results never depend on it.
 */

/** Boundaries: worker w gets work[boundaries[w]] .. work[boundaries[w + 1] - 1]; ranges may be empty. */
export function partition(work: Float64Array, workers: number): number[] {
  const agents = work.length;
  let total = 0;
  for (const amount of work) total += amount;
  const boundaries = [0];
  let agent = 0;
  let done = 0;
  for (let worker = 1; worker < workers; worker++) {
    const target = (total * worker) / workers;
    // Take an agent while that brings the range's end closer to its share.
    while (agent < agents && done + work[agent] / 2 <= target) done += work[agent++];
    boundaries.push(agent);
  }
  boundaries.push(agents);
  return boundaries;
}
