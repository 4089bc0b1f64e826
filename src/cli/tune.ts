/**
 * `sottovoce tune`: what `auto` would choose for a config, why, and how many rounds to expect. Runs pilots,
 * and nothing else.
 */

import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { writeNamed } from '../../topology/whole-file.js';
import { InputError } from '../base/errors.js';
import { unwritable } from '../output/failures.js';
import type { LoadedConfig } from '../run/config.js';
import type { PlanReport } from '../run/reports.js';
import { writtenWhole } from './signals.js';
import { colours, printLine, type Terminal } from './terminal.js';

const HELP = `
Gains that a config leaves \`auto\` (or out) are chosen from the graph's spectrum, the curvatures of the costs and the compressor's contraction, and then
made better by pilots: the first rounds of the run itself, with other gains, again and again, within a budget of arithmetic. The same config gives the
same gains on every machine. Where pilots are not affordable (more than 5,000 agents, large data, an unknown optimum) the formula stands.

  predicted   rounds per factor of 10, from the best pilot (or from the formula's modes)
  rounds      to a millionth of the first distance, and until all that the config's \`stop\` names is reached
              (gap and rmsError; nothing is said where it names another quantity, since nobody predicts it)
  nearest its limit   which condition on the step binds, and how closely

A compressor that is \`auto\` is chosen first, by trial runs of all that are registered: of them the one that takes the fewest rounds, bits or seconds
(\`compressor: { kind: auto, for: bits }\`). A table says what the others would take.

\`--write\` puts the numbers into a copy of the config, which then needs no tuning any more; the copy must lie beside the original, because paths in a config
are relative to it. docs/auto.md has the mathematics.

Examples:
  $ sottovoce tune ring.yaml
  $ sottovoce tune ring.yaml --set compressor='{ kind: sign }' --json
  $ sottovoce tune ring.yaml --set compressor=auto
  $ sottovoce tune ring.yaml --write ring-tuned.yaml
`;

interface TuneOptions {
  set?: string[];
  json?: boolean;
  write?: string;
}

export function addTuneCommand(program: Command, terminal: Terminal): void {
  program
    .command('tune')
    .summary('choose the gains that are auto, and say why')
    .description(
      'Choose the gains that a config leaves to `auto`: which, why, and how many rounds they will take.',
    )
    .argument('<config>', 'config file (YAML)')
    .option(
      '--set <path=value>',
      'set any value of the config; may be repeated',
      (text: string, earlier?: string[]) => [...(earlier ?? []), text],
    )
    .option('--write <file>', 'write the config with the numbers filled in')
    .option('--json', 'print everything as JSON')
    .option('--no-custom', 'refuse kind: custom: modules run code')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action((file: string, options: TuneOptions) => tuneCommand(file, options, terminal));
}

export async function tuneCommand(file: string, options: TuneOptions, terminal: Terminal): Promise<void> {
  const { set = [], json, write } = options;
  const [{ loadConfig, parseOverride }, { onCoordinator }, { formatTuning, tuneReport }] = await Promise.all([
    import('../config/load.js'),
    import('../library/tasks.js'),
    import('../report/tuning.js'),
  ]);
  const loaded = await loadConfig(file, set.map(parseOverride));
  if (write !== undefined && resolve(dirname(write)) !== loaded.folder) {
    throw new InputError(`--write is ${write}, expected a file in the folder of ${basename(file)}`, {
      hint: 'paths in a config are relative to it, so the copy must lie beside it',
    });
  }
  const plan = await onCoordinator('plan', loaded, { loaded });
  const { tuning, compressorChoice } = plan;
  if (tuning === null && compressorChoice === undefined) {
    throw new InputError(`${basename(file)} leaves no gain to auto: there is nothing to tune`, {
      hint: 'remove flow.step, flow.alpha and flow.beta from it, or `--set flow.step=auto`',
    });
  }
  const report = tuneReport(plan, tuning, loaded.config.stop);
  if (write !== undefined) await writeTuned(write, loaded, plan, terminal);
  const paint = colours(terminal, terminal.stdout);
  printLine(terminal.stdout, json ? JSON.stringify(report, null, 2) : formatTuning(report, plan.name, paint));
  if (write !== undefined && !json) printLine(terminal.stdout, `\nconfig with these numbers: ${write}`);
}

/** The file as it stands, comments and all, with the numbers (and whatever \`--set\` changed) put in. */
async function writeTuned(
  file: string,
  { file: source, overrides = [] }: LoadedConfig,
  { gains, tuning, compressorChoice }: PlanReport,
  { stderr }: Terminal,
): Promise<void> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(await readFile(source as string, 'utf8'));
  for (const { path, value } of overrides) document.setIn(path, document.createNode(value));
  if (compressorChoice !== undefined)
    document.setIn(['compressor'], document.createNode(compressorChoice.spec));
  const { compress = null, chosen = [] } = tuning ?? {};
  if (compress !== null) document.setIn(['flow', 'compress'], compress);
  for (const name of chosen) document.setIn(['flow', name], gains[name]);
  await writtenWhole(stderr, () => writeNamed(file, String(document))).catch((cause: Error) => {
    throw unwritable(`--write ${file}`, file, cause);
  });
}
