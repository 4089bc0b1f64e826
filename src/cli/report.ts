/** `sottovoce report`: the page of a folder again, from its files. */

import type { Command } from 'commander';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { printLine, type Terminal } from './terminal.js';

const HELP = `
Every run, comparison, sweep and map leaves report.html in its folder: one file, which needs no network and no other file.
  report: false      in a config, or sottovoce run --no-report, leaves it out
This command writes it again, from what the folder holds: after an update, of a run that was killed, of folders of earlier versions.
The network is made again from the config, where the files that it was made from are still the same; else it is left out, and that is said.

Examples:
  $ sottovoce report runs/ring-20250131-142530
  $ sottovoce report runs/ring-20250131-142530 --out ring.html      leaves the folder as it is
  $ sottovoce report runs/compare-20250131-142530

Exit codes: 0 done, 1 it could not be written, 2 bad usage, or no folder of a run, a comparison or a sweep.
`;

interface ReportOptions {
  out?: string;
  quiet?: boolean;
}

export function addReportCommand(program: Command, terminal: Terminal): void {
  program
    .command('report')
    .summary('write the page of a run, a comparison or a sweep again')
    .description('Write report.html of a run, a comparison, a sweep or a map, from the files in its folder.')
    .argument('<folders...>', 'folders of runs, comparisons, sweeps or maps')
    .option('-o, --out <file>', 'write it there, and leave the folder as it is')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--no-custom', 'refuse kind: custom: modules run code')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (folders: string[], { out, quiet = false }: ReportOptions) => {
      if (out !== undefined && folders.length > 1)
        throw new InputError(`--out names one file, and ${folders.length} folders are given`, {
          hint: 'give one folder, or leave --out out',
        });
      const { makeReport } = await import('../library/report.js');
      for (const folder of folders) {
        const file = await makeReport(folder, out);
        if (!quiet) printLine(terminal.stdout, `report  ${showPath(file)}`);
      }
    });
}
