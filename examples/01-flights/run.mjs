/**
 * The quickstart: 305 airports learn which flights are late. `npm start` runs this.
 *
 * Each airport knows only its own departures; they agree on one model by telling their neighbours one bit per
 * coordinate a round. Everything here goes through the same command line and files that you would use: the
 * config is flights.yaml beside this file.
 */

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { main, processTerminal } from 'sottovoce/cli';
import { pairedBarChart, readNpy } from 'sottovoce/report';
import { HOURS, loadFlights, writeFlights } from './data.mjs';

/** An hour with fewer flights than this says more about chance than about lateness. */
const MIN_FLIGHTS = 100;

const config = path.relative('', fileURLToPath(new URL('flights.yaml', import.meta.url)));
const out = path.join('runs', 'flights');

const data = await loadFlights();
await writeFlights(data);
const exitCode = await main(
  ['run', config, '--out', out, ...process.argv.slice(2)],
  processTerminal(process.argv),
);
if (exitCode === 0 && !process.argv.includes('--quiet') && !process.argv.includes('--json')) {
  const { shape, data: x } = await readNpy(path.join(out, 'x.npy'));
  report(data.flights, meanRow(x, shape));
  console.log(`\nThe run, to look into: ${out}/  (summary.json, trace.csv, x.npy, manifest.json)`);
}
process.exitCode = exitCode;

function meanRow(x, shape) {
  const [agents, dim] = shape;
  const mean = new Float64Array(dim);
  for (let i = 0; i < agents; i++) for (let c = 0; c < dim; c++) mean[c] += x[i * dim + c] / agents;
  return mean;
}

/** What they learned: risk by hour beside what was observed, and how well risk ranks the flights. */
function report(flights, model) {
  const risk = flights.map(({ features }) => {
    const margin = features.reduce((sum, value, c) => sum + value * model[c], 0);
    return 1 / (1 + Math.exp(-margin));
  });
  const byHour = Array.from({ length: HOURS }, () => ({ count: 0, late: 0, risk: 0 }));
  flights.forEach(({ hour, late }, i) => {
    byHour[hour].count++;
    byHour[hour].late += late ? 1 : 0;
    byHour[hour].risk += risk[i];
  });
  const bars = byHour.flatMap(({ count, late, risk }, hour) =>
    count < MIN_FLIGHTS
      ? []
      : [{ label: `${String(hour).padStart(2)}:00`, first: risk / count, second: late / count }],
  );
  const late = flights.filter((flight) => flight.late).length;
  console.log('\nWhat the airports learned: the risk of leaving late grows through the day\n');
  console.log(
    pairedBarChart(bars, ['learned', 'observed'], { width: Math.min(process.stdout.columns ?? 80, 80) }).join(
      '\n',
    ),
  );
  console.log(`
AUC ${auc(flights, risk).toFixed(3)}: of a late flight and one on time, the model ranks the late one higher ${Math.round(100 * auc(flights, risk))} times in 100.
(${((100 * late) / flights.length).toFixed(0)}% of the ${flights.length.toLocaleString('en')} flights were late. The learned curve is flatter than the observed one because lambda = 0.01 asks
for small weights; hours with fewer than ${MIN_FLIGHTS} flights are left out.)`);
}

/**
 * Area under the ROC curve: the probability that a late flight gets a higher risk than one on time; ties
 * count half.
 */
function auc(flights, risk) {
  const order = risk.map((value, i) => ({ value, late: flights[i].late })).sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let late = 0;
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && order[end].value === order[i].value) end++;
    for (let tied = i; tied < end; tied++) {
      if (!order[tied].late) continue;
      late++;
      rankSum += (i + 1 + end) / 2;
    }
    i = end;
  }
  return (rankSum - (late * (late + 1)) / 2) / (late * (order.length - late));
}
