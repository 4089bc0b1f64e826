/**
 * `sottovoce certify`: is it a spatio-temporal compressor, and what does it cost? Measured on the kernels and
 * the packed messages of a run.
 */

import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { writeNamed } from '../../topology/whole-file.js';
import { InputError, isInputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { Certificate } from '../certify/certify.js';
import type { WrittenSpec } from '../certify/spec-text.js';
import { refuseNoFolder, unwritable } from '../output/failures.js';
import type { ModuleReference } from '../plugin/modules.js';
import type { Registry } from '../schema/component.js';
import { exitCodeFor, onSignal, writtenWhole } from './signals.js';
import { colours, ExitCode, printLine, type Terminal } from './terminal.js';

const HELP = `
A compressor is
  a kind with its parameters   sign   'top-k(k=8)'   'flatten(sign)'   'every(4, top-k(k=2))'
  YAML, as in a config         '{ kind: flatten, inner: { kind: sign } }'
  a file                       one compressor, or a config of which it takes the compressor

Each is bound as in a run and follows e <- e - mu C(e, k) from many starts: one-hot, constant, alternating, sparse, heavy-tailed, 1e-150
and 1e150 times as large, and random ones. The table is sorted by its last column, what a thousandth of the error costs:
  L_c                largest |C(e)| / |e| of any message
  one message keeps  1 - |e - C(e)|^2 / |e|^2, the share of the energy that arrives
  rate a round       r in |e| ~ exp(-r k); exact: nothing is left
  bits a message     mean of what was written
  bits to |e|/1000   from the median and from the worst start; ~ where the rounds were over before, never where it does not happen

It qualifies as a spatio-temporal compressor if |C(e)| <= L_c |e| and e' = -C(e, t) goes to zero exponentially, from anywhere and whenever it begins.
Where mu is too large for it, a smaller one that works is looked for and shown.

Examples:
  $ sottovoce certify identity sign 'flatten(sign)' 'top-k(k=8)' scalarize-cyclic --dim 64
  $ sottovoce certify 'uniform-quantize(step=0.1, zoom=false)' --dim 64
  $ sottovoce certify 'custom(module=mine.mjs)' 'flatten(sign)' --dim 1000 --picture decay.svg

Exit codes: 0 measured, whatever came out; 2 bad usage or bad input.
`;

interface CertifyOptions {
  dim: number;
  mu: number;
  rounds?: number;
  seed: number;
  starts?: number;
  moduleSeconds?: number;
  json?: boolean;
  picture?: string;
}

export function addCertifyCommand(
  program: Command,
  terminal: Terminal,
  setExitCode: (code: number) => void,
): void {
  program
    .command('certify')
    .summary('measure whether compressors qualify, and their bits to a thousandth of the error')
    .description('Measure whether compressors are spatio-temporal compressors, and what they cost.')
    .argument('<compressor...>', 'kind with parameters, YAML, or a file')
    .requiredOption(
      '-d, --dim <count>',
      'entries of the vectors to compress',
      wholeNumber('--dim', 1, 2 ** 20),
    )
    .option('--mu <gain>', 'gain of the Euler map, in (0, 1]', gain, 1)
    .option(
      '--rounds <count>',
      'rounds from each start, at most (default: by dim)',
      wholeNumber('--rounds', 1, 2 ** 24),
    )
    .option(
      '--seed <number>',
      'seed of starts and compressors',
      wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER),
      0,
    )
    .option('--starts <count>', 'starts, hard ones first (default: 24)', wholeNumber('--starts', 12, 4096))
    .option(
      '--module-seconds <number>',
      'one call of a function of your own module may take (default: 30)',
      positive('--module-seconds'),
    )
    .option('--picture <file.svg>', 'draw the decay of the error against rounds and bits')
    .option('--json', 'print everything as JSON')
    .option('--no-custom', 'refuse kind: custom: modules run code')
    .option('--debug', 'print stack traces')
    .addHelpText('after', HELP)
    .action(async (texts: string[], options: CertifyOptions) => {
      setExitCode(await certifyCommand(texts, options, terminal));
    });
}

/** Gives the exit code. Throws InputError. */
export async function certifyCommand(
  texts: readonly string[],
  options: CertifyOptions,
  terminal: Terminal,
): Promise<number> {
  const { picture, json } = options;
  if (picture !== undefined && !/\.svg$/i.test(picture)) {
    throw new InputError(`--picture is ${picture}, expected a file that ends in .svg`);
  }
  if (picture !== undefined) refuseNoFolder(`--picture ${picture}`, picture);
  const [
    { checkSpec, embedWritten, pointAt },
    { compressors },
    { resolveModules },
    { onCoordinator },
    report,
  ] = await Promise.all([
    import('../certify/spec-text.js'),
    import('../compress/registry.js'),
    import('../plugin/modules.js'),
    import('../library/tasks.js'),
    import('../report/certificate.js'),
  ]);
  // All of them are read before any is measured: a typing error in the last should not cost the minute of the
  // first.
  const wanted: { written: WrittenSpec; spec: WrittenSpec['spec']; modules: ModuleReference[] }[] = [];
  for (const text of texts) {
    const { written: named, folder } = await read(text, compressors);
    const written = await embedWritten(named, compressors, folder);
    wanted.push({ written, ...resolveModules(checkSpec(written, compressors), folder, ['compressor']) });
  }

  const { moduleSeconds, dim, mu, seed, rounds, starts } = options;
  const how = { dim, mu, seed, ...(rounds && { rounds }), ...(starts && { starts }) };
  const own = wanted.flatMap(({ modules }) => modules);
  if (own.length > 0) await onCoordinator('load', own, { moduleSeconds });
  const certificates: Certificate[] = [];
  let exitCode: number | null = null;
  const abort = new AbortController();
  const stopListening = onSignal((signal) => {
    if (exitCode !== null) process.exit(exitCodeFor(signal));
    exitCode = exitCodeFor(signal);
    abort.abort(new Error('interrupted'));
  });
  try {
    for (const { written, spec, modules } of wanted) {
      const { text } = written;
      // On another thread: a module that loops for ever is ended from here, and a Ctrl-C is heard.
      const task = { text, spec, modules, options: how };
      try {
        certificates.push(await onCoordinator('certify', task, { moduleSeconds, signal: abort.signal }));
      } catch (error) {
        if (exitCode !== null) break;
        throw isInputError(error) ? pointAt(error as InputError, written) : error;
      }
    }
  } finally {
    stopListening();
  }
  if (exitCode !== null) {
    const which = certificates.length === 0 ? 'nothing was certified' : 'what follows was certified before';
    printLine(terminal.stderr, `interrupted: ${which}`);
    if (certificates.length === 0) return exitCode;
  }
  const sorted = report.sortCertificates(certificates);
  if (picture !== undefined) {
    const draw = () => writeNamed(picture, report.drawCertificates(sorted));
    await writtenWhole(terminal.stderr, draw).catch((cause: Error) => {
      throw unwritable(`--picture ${picture}`, picture, cause);
    });
  }
  const paint = colours(terminal, terminal.stdout);
  printLine(
    terminal.stdout,
    json ? report.certificatesJson(sorted) : report.formatCertificates(sorted, paint),
  );
  if (picture !== undefined && !json) printLine(terminal.stdout, `\npicture: ${picture}`);
  return exitCode ?? ExitCode.OK;
}

/** A file where there is one of that name (or the name can be nothing else), text otherwise. */
async function read(text: string, registry: Registry): Promise<{ written: WrittenSpec; folder: string }> {
  const { parseSpecText } = await import('../certify/spec-text.js');
  const isFile = (await stat(text).catch(() => null))?.isFile() === true;
  if (!isFile && !/^[^({]+\.(ya?ml|json)$/i.test(text))
    return { written: parseSpecText(text, registry), folder: '.' };
  const { parse } = await import('yaml');
  const shown = showPath(text);
  let data: unknown;
  try {
    data = parse(await readFile(text, 'utf8'));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'there is no such file' : (cause as Error).message.split('\n')[0];
    throw new InputError(`${shown}: ${reason}`, { file: text }, { cause });
  }
  const fields = (data ?? {}) as Record<string, unknown>;
  const spec = fields['kind'] === undefined ? fields['compressor'] : fields;
  if (spec === undefined || spec === null) {
    throw new InputError(
      `${shown} has neither kind nor compressor, expected a compressor or a config with one`,
    );
  }
  const written = { text: shown, spec: spec as WrittenSpec['spec'], columns: new Map<string, number>() };
  return { written, folder: dirname(text) };
}

function wholeNumber(name: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`${name} is ${text}, expected a whole number in ${low}..${high}.`);
  };
}

function positive(name: string): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value > 0 && value <= 1e9) return value;
    throw new InvalidArgumentError(`${name} is ${text}, expected a number > 0.`);
  };
}

function gain(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError(`--mu is ${text}, expected a number in (0, 1].`);
}
