/** The table of docs/comparison.md from the results of a9a.json, those that say least first. */

const number = (value) =>
  value < 100 ? value.toPrecision(3) : Math.round(value).toLocaleString('en', { useGrouping: true });

const shown = (spec) =>
  Object.entries(spec)
    .filter(([name]) => name !== 'kind' && name !== 'compress' && name !== 'inner')
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

export function table(results) {
  const reached = results.filter((result) => result.reached);
  const ranked = reached.toSorted((a, b) => a.kilobitsPerAgent - b.kilobitsPerAgent);
  const missed = results.filter((result) => !result.reached);
  const lines = ranked.map((result) =>
    [
      `\`${result.method}\``,
      result.rounds,
      number(result.bitsPerRound),
      number(result.kilobitsPerAgent),
      result.gradientsPerAgent,
      result.seconds === undefined ? '' : result.seconds,
      shown(result.flow),
    ].join(' | '),
  );
  const notThere = missed.map(
    (result) =>
      `\`${result.method}\` | not within ${result.rounds} (gap ${result.gap.toExponential(1)}) | ${number(result.bitsPerRound)} |  |  |  | ${shown(result.flow)}`,
  );
  return [
    'method | rounds | bits a round | kbit an agent | gradients an agent | seconds | gains',
    '--- | --- | --- | --- | --- | --- | ---',
    ...lines,
    ...notThere,
  ]
    .map((line) => `| ${line} |`)
    .join('\n');
}
