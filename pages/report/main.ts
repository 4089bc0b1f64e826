/**
 * The script of a report: draws what stands as data in the page, in the colours of the theme, and lets people
 * change the axis. All that it draws stands in the page as text and tables too, written with the page.
 */

import type { ReportPayload } from '../../src/page/payload.js';
import { byId, h } from '../shared/dom.js';
import '../shared/theme.css';
import 'uplot/dist/uPlot.min.css';
import './report.css';
import { axisSwitch } from './axis.js';
import { Chart } from './chart.js';
import { drawMatrix } from './matrix.js';
import { NetworkPicture } from './network.js';
import { drawSpectrum } from './spectrum.js';
import { onTheme, themeSwitch } from './theme.js';

const payload = JSON.parse(byId('data').textContent ?? '') as ReportPayload;
byId('theme').append(themeSwitch());

const charts = payload.panels.flatMap((panel) => {
  const place = document.getElementById(`plot-${panel.id}`);
  return place === null ? [] : [new Chart(place, panel, payload.shared)];
});
const [first] = payload.axes;
if (first !== undefined && payload.axes.length > 1) {
  document.getElementById('axes')?.append(
    axisSwitch(payload.axes, (key) => {
      for (const chart of charts) chart.along(key);
    }),
  );
}
if (first !== undefined) for (const chart of charts) chart.along(first.key);

const place = document.getElementById('network');
const network =
  payload.network !== null && place !== null ? new NetworkPicture(place, payload.network) : null;
const matrix = document.getElementById('tiles');
const spectrum = document.getElementById('spectrum');

const draw = () => {
  for (const chart of charts) chart.draw();
  network?.draw();
  if (payload.tiles !== null && matrix !== null) drawMatrix(matrix, payload.tiles);
};
draw();
onTheme(draw);

let width = document.documentElement.clientWidth;
addEventListener('resize', () => {
  if (document.documentElement.clientWidth === width) return;
  width = document.documentElement.clientWidth;
  draw();
});

// What takes longer comes when the rest can be read.
if (payload.network?.spectrum && spectrum !== null) {
  const { network: graph } = payload;
  spectrum.append(h('p', { className: 'note' }, 'Eigenvalues are being computed …'));
  setTimeout(() => {
    const redraw = drawSpectrum(spectrum, byId('spectrum-table'), graph);
    onTheme(redraw);
    document.documentElement.dataset['drawn'] = 'yes';
  }, 50);
} else document.documentElement.dataset['drawn'] = 'yes';
