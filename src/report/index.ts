/**
 * What programs and examples need to show results to people: charts for a terminal, line plots as SVG, and
 * reading x.npy back.
 */

export { type NpyArray, readNpy } from '../data/npy.js';
export { barChart, gapSparkline, pairedBarChart, percent, sparkline } from './chart.js';
export { linearPlot, log2Plot, logPlot, type Panel, type PlotOptions, type PlotSeries } from './plot.js';
