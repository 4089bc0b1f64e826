/**
 * What programs and examples need to show results to people: charts for a terminal, and reading x.npy back.
 */

export { type NpyArray, readNpy } from '../data/npy.js';
export { barChart, gapSparkline, pairedBarChart, percent, sparkline } from './chart.js';
