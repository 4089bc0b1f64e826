/** The table of docs/comparison.md from the results of a9a.json, those that say least first. */

const number = (value) =>
  value < 100 ? value.toPrecision(3) : Math.round(value).toLocaleString('en', { useGrouping: true });

/** Median, and least to most where seeds differ. */
const spread = ([median, least, most], shown = String) =>
  least === most ? shown(median) : `${shown(median)} (${shown(least)} to ${shown(most)})`;

const gap = (value) => value.toExponential(1);

const gains = (spec) =>
  Object.entries(spec)
    .filter(([name]) => name !== 'kind' && name !== 'compress' && name !== 'inner')
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

export function table(results) {
  const reached = results.filter((result) => result.reached);
  const ranked = reached.toSorted((a, b) => a.kilobitsPerAgent[0] - b.kilobitsPerAgent[0]);
  const missed = results.filter((result) => !result.reached);
  const lines = ranked.map((result) =>
    [
      `\`${result.method}\``,
      spread(result.rounds),
      number(result.bitsPerRound),
      number(result.kilobitsPerAgent[0]),
      result.gradientsPerAgent,
      gap(result.agentsGapMean),
      gap(result.agentsGapWorst),
      result.seconds === undefined ? '' : result.seconds,
      gains(result.flow),
    ].join(' | '),
  );
  const notThere = missed.map(
    (result) =>
      `\`${result.method}\` | ${why(result)} |  |  |  |  |  |  | ${result.rmsError === undefined ? '' : gains(result.flow)}`,
  );
  return [
    "method | rounds | bits a round | kbit an agent | gradients an agent | agents' gap, mean | worst | seconds | gains",
    '--- | --- | --- | --- | --- | --- | --- | --- | ---',
    ...lines,
    ...notThere,
  ]
    .map((line) => `| ${line} |`)
    .join('\n');
}

function why({ rmsError, touched }) {
  if (rmsError === undefined) return 'no trial arrived';
  const left = touched ? `, met in round ${touched.round} and left in ${touched.rose}` : '';
  return `not within 1500 (rms ${gap(rmsError)}${left})`;
}
