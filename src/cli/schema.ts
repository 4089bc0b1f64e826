/** `sottovoce schema`: the config's shape as JSON Schema, for editors. */

import type { Command } from 'commander';
import { printLine, type Terminal } from './terminal.js';

const HELP = `
Editors complete and check configs with it:
  $ sottovoce schema > sottovoce.schema.json
and, as the first line of a config (YAML language server: VS Code, Neovim, ...):
  # yaml-language-server: $schema=./sottovoce.schema.json
`;

export function addSchemaCommand(program: Command, terminal: Terminal): void {
  program
    .command('schema')
    .summary("print the config's JSON Schema, for editors")
    .description('Print the JSON Schema (draft 2020-12) of a config.')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async () => {
      const [{ configJsonSchema }, { loadRegistries }] = await Promise.all([
        import('../config/schema.js'),
        import('../config/registries.js'),
      ]);
      printLine(terminal.stdout, JSON.stringify(configJsonSchema(await loadRegistries()), null, 2));
    });
}
