/** One line for everything that is checked, and how many there were of each kind. */

const kept = { passed: 0, failed: 0, skipped: 0 };

export const counts = () => kept;

/** `problems`: what is wrong; none: it passed. `seen`: what was measured, said either way. */
export function checked(name, problems, seen = '') {
  const sound = problems.length === 0;
  kept[sound ? 'passed' : 'failed']++;
  console.log(`${sound ? 'passed ' : 'FAILED '} ${name}${seen && `: ${seen}`}`);
  for (const problem of problems) console.log(`        ${problem}`);
  return sound;
}

export function skipped(name, why) {
  kept.skipped++;
  console.log(`SKIPPED ${name}: ${why}`);
}
