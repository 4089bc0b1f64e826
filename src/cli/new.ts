/**
 * `sottovoce new KIND NAME`: a commented start of a user's own module, and a config that uses it, which both
 * run at once.
 *
 * A template is one file of the folder `templates` and one line of TEMPLATES. It is TypeScript, and ends with
 * two comments: `config`, the config beside it, and `next`, the commands to type. `--ts` writes it as it is.
 * The JavaScript is made of it by what three kinds of lines say, so a template keeps to them: types are
 * imported by `import type { ... } from 'sottovoce'`, declared by `type NAME = { ... };` on one line, and
 * given to constants at the beginning of a line, `export const NAME: TYPE = `. They become JSDoc, which
 * editors and `tsc --checkJs` read.
 */

import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Argument, type Command } from 'commander';
import { writeNamed } from '../../topology/whole-file.js';
import { formatValue, InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { makeFolder } from '../output/make-folder.js';
import { templatesUrl } from '../run/locations.js';
import { colours, printLine, type Terminal } from './terminal.js';

/** What can be begun: the name of its file, and what it is. */
const TEMPLATES: Readonly<Record<string, string>> = {
  flow: 'what an agent keeps, sends and does in a round: step',
  compressor: 'what a message keeps: plan, encode and decode',
  cost: 'what every agent minimises: plan, value and gradient',
  topology: 'who can talk with whom: edges',
  links: 'which edges are up in a round: up',
};

const HELP = `
KIND is what you bring:
${Object.entries(TEMPLATES)
  .map(([kind, what]) => `  ${kind.padEnd(12)}${what}`)
  .join('\n')}

NAME is what its files are called. NAME.mjs has the functions, each with a comment that says what it is for; NAME.yaml is a config that runs it.
Both run as they are. Change one thing at a time, and run again: whatever a module does wrong is answered with file, line and function.
The lines with types (@type, or \`import type\`) make an editor complete and check the rest, where sottovoce is installed in the folder.

Examples:
  $ sottovoce new flow mine                          writes mine.mjs and mine.yaml here
  $ sottovoce new topology studies/villages          in a folder, which is made where there is none
  $ sottovoce new cost mine --ts                     mine.ts instead, with types
  $ sottovoce run mine.yaml

Pages: docs/your-own-flow.md, docs/your-own-compressor.md, docs/your-own-cost.md, docs/your-own-network.md.
Exit codes: 0 written; 2 bad usage, or a file of that name is there (--force writes over it).
`;

interface NewOptions {
  ts?: boolean;
  force?: boolean;
}

export function addNewCommand(program: Command, terminal: Terminal): void {
  program
    .command('new')
    .summary('begin a flow, compressor, cost, topology or links of your own, with a config that runs it')
    .description('Write a commented start of a module of your own, and a config that runs it.')
    .addArgument(new Argument('<kind>', 'what it is').choices(Object.keys(TEMPLATES)))
    .argument('<name>', 'name of its files, perhaps with a folder before it')
    .option('--ts', 'TypeScript instead of JavaScript')
    .option('--force', 'write over files that are there')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action((kind: string, name: string, options: NewOptions) => newCommand(kind, name, options, terminal));
}

async function newCommand(
  kind: string,
  given: string,
  { ts = false, force = false }: NewOptions,
  terminal: Terminal,
): Promise<void> {
  const name = checkName(given);
  const folder = path.dirname(given);
  const [module, config] = [`${name}.${ts ? 'ts' : 'mjs'}`, `${name}.yaml`];
  const within = (file: string) => showPath(path.resolve(folder, file));
  if (!force) await refuseExisting([within(module), within(config)]);

  const template = await readFile(new URL(`${kind}.ts`, templatesUrl), 'utf8');
  const words = { name, module, config: quoted(within(config)), path: within(module) };
  const { code, config: text, next } = partsOf(template, words);
  const about = `# Begun by \`sottovoce new ${kind}\`: ${module} stands beside this file.`;
  try {
    makeFolder(folder);
    await writeNamed(within(module), ts ? code : asJavaScript(code));
    await writeNamed(within(config), `${about}\n${text}`);
  } catch (cause) {
    throw new InputError(
      `${within(module)} cannot be written: ${(cause as Error).message}`,
      { hint: 'expected a folder that can be written to' },
      { cause },
    );
  }

  const paint = colours(terminal, terminal.stdout);
  const width = Math.max(within(module).length, within(config).length) + 2;
  printLine(terminal.stdout, `${within(module).padEnd(width)}${TEMPLATES[kind]}`);
  printLine(terminal.stdout, `${within(config).padEnd(width)}a config that runs it`);
  printLine(terminal.stdout, `\n${paint.bold('next')}\n${next.trimEnd().replaceAll(/^/gm, '  ')}`);
}

/** The last part of a path, without what would not be a name in a config or a shell. */
function checkName(given: string): string {
  const name = path.basename(given);
  if (/^[A-Za-z0-9][\w-]*$/.test(name) && !/[\\/]$/.test(given)) return name;
  const extension = /^([A-Za-z0-9][\w-]*)\.(?:[cm]?[jt]s|ya?ml)$/.exec(name)?.[1];
  throw new InputError(
    `name is ${formatValue(given)}, expected letters, digits, - and _, and perhaps a folder before it`,
    {
      hint: `for example: ${extension === undefined ? 'studies/mine' : `${extension}, without what comes after the dot`}`,
    },
  );
}

async function refuseExisting(files: readonly string[]): Promise<void> {
  const there: string[] = [];
  for (const file of files) if (await stat(file).catch(() => null)) there.push(file);
  if (there.length === 0) return;
  throw new InputError(
    `${there.join(' and ')} ${there.length === 1 ? 'is' : 'are'} there already, expected a name that is free`,
    { hint: 'another name, or --force to write over what is there' },
  );
}

/** A template's code, and the comments that end it, with the words of this call in their places. */
export function partsOf(template: string, words: Readonly<Record<string, string>>) {
  const filled = template.replaceAll(/\{\{(\w+)\}\}/g, (_, word: string) => words[word] ?? '');
  const part = (name: string) => {
    const found = new RegExp(`^/\\* ${name}\\n([\\s\\S]*?)^\\*/`, 'm').exec(filled)?.[1];
    if (found === undefined) throw new Error(`a template without its ${name}`);
    return found;
  };
  const code = filled.slice(0, filled.search(/^\/\* config$/m)).trimEnd();
  return { code: `${code}\n`, config: part('config'), next: part('next') };
}

/** Types as comments: see above for the lines that have them. */
export function asJavaScript(code: string): string {
  return code
    .replaceAll(/^import type (\{.+\} from '.+');$/gm, '/** @import $1 */')
    .replaceAll(/^type (\w+) = (.+);$/gm, '/** @typedef {$2} $1 */')
    .replaceAll(/^((?:export )?const \w+): (.+?) = /gm, '/** @type {$2} */\n$1 = ');
}

/** For a shell, where a folder's name has more in it than a name of ours. */
function quoted(file: string): string {
  return /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`;
}
