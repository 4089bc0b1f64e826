/** `sottovoce list`: every kind of component with its parameters, straight from the registries. */

import { Argument, type Command } from 'commander';
import type { Family } from '../report/catalogue.js';
import { oneOf } from './one-of.js';
import { colours, printLine, type Terminal } from './terminal.js';

const FAMILIES: readonly Family[] = ['topologies', 'costs', 'flows', 'programs', 'compressors', 'links'];

const HELP = `
Every kind stands in a config under its family, with its parameters beside it:
  topology: { kind: torus, rows: 5, columns: 5 }
  compressor: { kind: flatten, inner: { kind: top-k, k: 4 } }

Examples:
  $ sottovoce list
  $ sottovoce list compressors
  $ sottovoce list costs --json
`;

export function addListCommand(program: Command, terminal: Terminal): void {
  program
    .command('list')
    .summary('list what a config can name, with its parameters')
    .description(
      'List the kinds of topologies, costs, flows, programs, compressors and changing links, with their parameters.',
    )
    .addArgument(
      new Argument('[family]', 'only these').choices([...FAMILIES]).argParser(oneOf('family', FAMILIES)),
    )
    .option('--json', 'print JSON')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (family: Family | undefined, options: { json?: boolean }) => {
      const [{ loadRegistries }, { catalogue, formatCatalogue }] = await Promise.all([
        import('../config/registries.js'),
        import('../report/catalogue.js'),
      ]);
      const registries = await loadRegistries();
      const whole = family === undefined;
      const families = whole ? FAMILIES : [family];
      const text = options.json
        ? JSON.stringify(catalogue(registries, families, whole), null, 2)
        : formatCatalogue(registries, families, colours(terminal, terminal.stdout), whole);
      printLine(terminal.stdout, text);
    });
}
