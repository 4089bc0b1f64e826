/**
 * `sottovoce topology inspect | generate | convert`. A generator's flags are made from its parameters, so a
 * new generator has its command and its help without a line here.
 */

import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Graph, Range, ReadOptions, Separator, WeightsKind } from '../../topology/index.js';
import { formatCount } from '../base/count.js';
import { formatPath, InputError, isInputError, type SpecPath } from '../base/errors.js';
import { alignRows, type Colours, formatQuantity, plural } from '../base/format.js';
import type { TopologyInspection } from '../library/inspect-graph.js';
import { loadGenerators } from '../program/flow/sections.js';
import {
  type ComponentDefinition,
  isOpen,
  parametersOf,
  type Registry,
  validateComponent,
} from '../schema/component.js';
import { describeExpected, type Issue, type JsonSchema } from '../schema/explain.js';
import { oneOf } from './one-of.js';
import { writtenWhole } from './signals.js';
import { colours, printLine, type Terminal } from './terminal.js';

const INSPECT_HELP = `
Self-loops and parallel edges are dropped first, and said so. lambda2 and lambdaMax are the second smallest and the largest eigenvalue of
the Laplacian: lambda2 = 0 means that the graph is not connected, and the larger lambdaMax/lambda2, the slower agents agree.

Examples:
  $ sottovoce topology inspect network.gml
  $ sottovoce topology inspect network.gml --weights metropolis --json
  $ sottovoce topology inspect --kind torus --rows 5 --columns 5
  $ sottovoce topology inspect --kind custom --module mine.mjs
`;

const GENERATE_HELP = `
Each kind has its own flags: \`sottovoce topology generate torus --help\`.

Examples:
  $ sottovoce topology generate ring --nodes 25 --out ring.graphml
  $ sottovoce topology generate erdos-renyi --help
  $ sottovoce topology generate custom --module mine.mjs --out mine.graphml
`;

const CONVERT_HELP = `
The extensions say the formats; --from and --to say them where extensions do not.

Examples:
  $ sottovoce topology convert network.gml network.graphml
  $ sottovoce topology convert network.gml connected.mtx --largest-component
`;

/** `argv` is looked at for the kind whose parameters become flags of `inspect`. */
export async function addTopologyCommands(
  topology: Command,
  terminal: Terminal,
  argv: readonly string[],
): Promise<void> {
  const generators = await loadGenerators();
  const kind = argv.includes('inspect') ? kindIn(argv) : null;
  // The flags of a kind that does not exist are unknown too; it is the kind that should be complained about.
  if (kind !== null && !Object.hasOwn(generators, kind))
    refuse(validateComponent(generators, { kind }, []).issues);
  addInspect(topology, terminal, generators, kind, argv);
  addGenerate(topology, terminal, generators, argv);
  addConvert(topology, terminal);
}

interface InspectOptions {
  kind?: string;
  format?: string;
  weights: WeightsKind;
  largestComponent?: boolean;
  json?: boolean;
  directed?: boolean;
  [parameter: string]: unknown;
}

const SEPARATORS: readonly Separator[] = ['tab', 'comma', 'semicolon', 'bar', 'space'];
const WEIGHTS: readonly WeightsKind[] = ['unit', 'metropolis', 'file'];

/**
 * Flags that say how a file is read, where it does not say so itself; the same as in a config's `topology`.
 */
function addReadingFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--separator <name>', 'what separates the fields of a list or a table')
        .choices([...SEPARATORS])
        .argParser(oneOf('--separator', SEPARATORS)),
    )
    .option('--header', 'the first row of a list or a table is a header')
    .option('--no-header', 'it is not')
    .option('--columns <a,b,...>', 'columns of source, target and perhaps weight, by number or by name')
    .option('--encoding <name>', 'encoding of the file, where it is not UTF-8 and does not say so');
}

interface ReadingFlags {
  separator?: Separator;
  header?: boolean;
  columns?: string;
  encoding?: string;
}

function readingOf({ separator, header, columns, encoding }: ReadingFlags): ReadOptions {
  const listed = columns?.split(',').map((column) => numberOrText(column.trim()) as string | number);
  return { separator, header, encoding, columns: listed };
}

function addInspect(
  parent: Command,
  terminal: Terminal,
  generators: Registry,
  kind: string | null,
  argv: readonly string[],
): void {
  const command = parent
    .command('inspect')
    .summary('nodes, edges, spectrum, diameter, degrees')
    .description('Look at a graph: a file, or one made on the spot.')
    .argument('[file]', 'graph file')
    .option('--kind <kind>', 'generate the graph instead; its parameters become flags')
    .option('--format <name>', 'format of the file, where its extension does not say it')
    .addOption(
      new Option('--weights <kind>', 'edge weights of the Laplacian')
        .choices([...WEIGHTS])
        .argParser(oneOf('--weights', WEIGHTS))
        .default('unit'),
    )
    .option('--largest-component', 'look at the largest connected component only (strongly, if directed)')
    .option('--directed', 'lines of an edge list are arcs; other formats say so themselves')
    .option('--json', 'print JSON');
  addReadingFlags(command).option('--debug', 'print stack traces').addHelpText('after', INSPECT_HELP);
  const definition = kind !== null && Object.hasOwn(generators, kind) ? generators[kind] : null;
  const free = definition ? addParameters(command, definition, argv) : [];
  command.action(async (file: string | undefined, options: InspectOptions) => {
    if ((file === undefined) === (options.kind === undefined)) {
      const problem =
        file === undefined ? 'neither a file nor --kind is given' : 'both a file and --kind are given';
      throw new InputError(`${problem}, expected one of them`, {
        hint: 'for example: sottovoce topology inspect network.gml',
      });
    }
    if (options.directed && kind !== null && definition && !takesDirected(definition)) {
      throw new InputError(`--directed is given, but ${kind} has edges only, expected a kind with arcs`, {
        hint: 'for example: exponential, directed-ring, random-digraph',
      });
    }
    const source = file ?? (options.kind as string);
    const { inspectGraph } = await import('../library/inspect-graph.js');
    const inspection = await inspectGraph({
      source,
      graph:
        file === undefined
          ? await generateFrom(generators, source, options, free)
          : { file, options: readingFlags(options) },
      weights: options.weights,
      largestComponent: options.largestComponent ?? false,
    });
    const text = () => formatInspection(inspection, colours(terminal, terminal.stdout));
    printLine(terminal.stdout, options.json ? JSON.stringify(inspection, null, 2) : text());
  });
}

function readingFlags({ format, directed, ...flags }: InspectOptions): ReadOptions & { format?: string } {
  return {
    ...readingOf(flags as ReadingFlags),
    ...(format !== undefined && { format }),
    directions: directed ? 'keep' : 'stated',
  };
}

function addGenerate(
  parent: Command,
  terminal: Terminal,
  generators: Registry,
  argv: readonly string[],
): void {
  const generate = parent
    .command('generate')
    .summary('make a graph and write it to a file')
    .description('Make a graph and write it to a file.')
    .addHelpText('after', GENERATE_HELP);
  for (const [kind, definition] of Object.entries(generators)) {
    const command = generate
      .command(kind)
      .description(definition.metadata.summary)
      .requiredOption('-o, --out <file>', 'file to write; its extension says the format')
      .option('--format <name>', 'format to write, where the extension does not say it')
      .option('--largest-component', 'keep only the largest connected component')
      .option('--debug', 'print stack traces');
    const free = addParameters(command, definition, argv);
    command.action(async (options: { out: string; format?: string; largestComponent?: boolean }) => {
      const { largestComponent } = await import('../../topology/index.js');
      let graph = await generateFrom(generators, kind, options, free);
      if (options.largestComponent) graph = largestComponent(graph);
      await writtenWhole(terminal.stderr, () => write(graph, options.out, options.format));
      printLine(terminal.stdout, `${options.out}: ${sizeOf(graph)}`);
    });
  }
}

function addConvert(parent: Command, terminal: Terminal): void {
  const convert = parent
    .command('convert')
    .summary('turn one graph file format into another')
    .description('Read a graph file and write it in another format.');
  addReadingFlags(convert)
    .argument('<in>', 'graph file to read')
    .argument('<out>', 'graph file to write')
    .option('--from <format>', 'format to read, where the extension does not say it')
    .option('--to <format>', 'format to write, where the extension does not say it')
    .option('--largest-component', 'keep only the largest connected component')
    .option('--directed', 'keep the directions of a directed graph')
    .option('--debug', 'print stack traces')
    .addHelpText('after', CONVERT_HELP)
    .action(
      async (
        input: string,
        output: string,
        options: {
          from?: string;
          to?: string;
          largestComponent?: boolean;
          directed?: boolean;
        } & ReadingFlags,
      ) => {
        if (resolve(input) === resolve(output)) {
          throw new InputError(`${output} is the file being read, expected another one to write`);
        }
        const { largestComponent } = await import('../../topology/index.js');
        const whole = await read(input, options.from, {
          ...readingOf(options),
          directions: options.directed ? 'keep' : 'forget',
        });
        const graph = options.largestComponent ? largestComponent(whole) : whole;
        await writtenWhole(terminal.stderr, () => write(graph, output, options.to));
        const left = whole.nodes - graph.nodes;
        const notes = [
          ...(whole.readAs === undefined ? [] : [`read as ${whole.readAs}`]),
          ...droppedNotes(whole.dropped.selfLoops, whole.dropped.parallelEdges),
          ...(whole.weightProblem === undefined
            ? []
            : [`left out the weights: ${whole.weightProblem.message}`]),
          ...(left > 0 ? [`left out ${plural(left, 'node')} outside the largest component`] : []),
          ...leftOutNotes(whole),
        ];
        const text = `${output}: ${sizeOf(graph)}`;
        printLine(terminal.stdout, notes.length === 0 ? text : `${text} (${notes.join(', ')})`);
      },
    );
}

async function read(file: string, format: string | undefined, options: ReadOptions): Promise<Graph> {
  const { readGraph } = await import('../../topology/index.js');
  return readGraph(file, { ...options, ...(format === undefined ? {} : { format }) });
}

async function write(graph: Graph, file: string, format: string | undefined): Promise<void> {
  const { writeGraph } = await import('../../topology/index.js');
  await writeGraph(file, graph, format === undefined ? {} : { format });
}

function sizeOf({ nodes, edges, arcs }: Graph): string {
  return `${plural(nodes, 'node')}, ${arcs ? plural(arcs.count, 'arc') : plural(edges, 'edge')}`;
}

/** The kind after `--kind`, whose flags are wanted before commander reads the rest. */
export function kindIn(argv: readonly string[]): string | null {
  for (const [i, argument] of argv.entries()) {
    if (argument === '--kind') return argv[i + 1] ?? null;
    if (argument.startsWith('--kind=')) return argument.slice('--kind='.length);
  }
  return null;
}

/**
 * One flag for each of a generator's parameters. Types and bounds are checked by its own schema, not by
 * commander. Where a kind takes whatever it is given, every further flag of the command line is a parameter:
 * their names are returned.
 */
function addParameters(
  command: Command,
  definition: ComponentDefinition,
  argv: readonly string[],
): readonly string[] {
  const taken = new Set(command.options.map((option) => option.long));
  for (const { name, required, schema } of parametersOf(definition)) {
    const flag = `--${kebab(name)}`;
    if (taken.has(flag)) continue;
    const what = [schema.description, describeExpected(schema)]
      .filter((part) => part !== undefined)
      .join('; ');
    const end =
      schema.default === undefined
        ? required
          ? ' (required)'
          : ''
        : ` (default: ${String(schema.default)})`;
    command.option(schema.type === 'boolean' ? flag : `${flag} <${placeholder(schema)}>`, what + end);
    taken.add(flag);
  }
  // Scripts loop over kinds with one seed; a kind that draws nothing has no use for it and no quarrel with
  // it.
  if (!taken.has('--seed')) command.addOption(new Option('--seed <number>').hideHelp());
  if (!isOpen(definition)) return [];
  command.option('--<parameter> <value>', 'a parameter of your module, written as in a config');
  const further = argv
    .map((argument) => /^--(?!no-|help\b|seed\b)[a-zA-Z][\w-]*/.exec(argument)?.[0])
    .filter((flag, at, all) => flag !== undefined && !taken.has(flag) && all.indexOf(flag) === at)
    .map((flag) => new Option(`${flag} [value]`).hideHelp());
  for (const option of further) command.addOption(option);
  return [...further.map((option) => option.attributeName()), 'directed'];
}

function takesDirected(definition: ComponentDefinition): boolean {
  return isOpen(definition) || parametersOf(definition).some(({ name }) => name === 'directed');
}

function placeholder(schema: JsonSchema): string {
  if (schema.type === 'integer') return 'count';
  if (schema.type === 'number') return 'number';
  return schema.type === 'array' ? 'a,b,...' : 'value';
}

async function generateFrom(
  generators: Registry,
  kind: string,
  options: Readonly<Record<string, unknown>>,
  free: readonly string[],
): Promise<Graph> {
  const definition = Object.hasOwn(generators, kind) ? generators[kind] : null;
  const spec: Record<string, unknown> = { kind };
  for (const { name, schema } of definition ? parametersOf(definition) : []) {
    const text = options[name];
    if (text !== undefined) spec[name] = typeof text === 'string' ? parseFlag(text, schema) : text;
  }
  if (free.length > 0) {
    const { parse } = await import('yaml');
    for (const name of free) {
      const text = options[name];
      if (text !== undefined) spec[name] = typeof text === 'string' ? parse(text) : text;
    }
  }
  const { spec: checked, issues } = validateComponent(generators, spec, []);
  if (issues.length > 0)
    refuse(issues, definition ? `see \`sottovoce topology generate ${kind} --help\`` : undefined);
  try {
    if (free.length > 0) {
      // A module that loops for ever is ended from here.
      const { onCoordinator } = await import('../library/tasks.js');
      return await onCoordinator('generate', { spec: checked, folder: process.cwd() });
    }
    const { makeGraph } = await import('../program/flow/topologies.js');
    return await makeGraph(checked, 0, '.', []);
  } catch (error) {
    if (!isInputError(error) || error.path === undefined) throw error;
    throw new InputError(withFlag(error.message, error.path), { hint: error.hint }, { cause: error });
  }
}

function refuse(issues: readonly Issue[], hint = `see \`sottovoce list topologies\``): never {
  throw new InputError(issues.map((issue) => withFlag(issue.text, issue.path)).join('\n'), { hint });
}

function parseFlag(text: string, schema: JsonSchema): unknown {
  if (schema.type === 'array') return text.split(',').map((part) => numberOrText(part.trim()));
  return numberOrText(text);
}

function numberOrText(text: string): unknown {
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}

/** `rowCount is 0` -> `--row-count is 0`: the user typed a flag. */
function withFlag(text: string, path: SpecPath): string {
  const name = formatPath(path);
  const [first] = path;
  return text.startsWith(name) && ' :,'.includes(text.charAt(name.length)) && typeof first === 'string'
    ? `--${kebab(first)}${text.slice(first.length)}`
    : text;
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function droppedNotes(selfLoops: number, parallelEdges: number): string[] {
  return [
    ...(selfLoops > 0 ? [`dropped ${plural(selfLoops, 'self-loop')}`] : []),
    ...(parallelEdges > 0 ? [`dropped ${plural(parallelEdges, 'parallel edge')}`] : []),
  ];
}

/** What of a graph was not written, but for what was dropped. */
function leftOutNotes({ arcs, weights, directionsForgotten }: Graph): string[] {
  return [
    ...(directionsForgotten ? ['left out directions: --directed keeps them'] : []),
    ...(arcs && weights !== null ? ['left out weights, since arcs have none'] : []),
  ];
}

function rangeOf(range: Range | null): string {
  if (range === null) return '';
  return range.min === range.max ? `${range.min}` : `${range.min} to ${range.max}`;
}

export function formatInspection(graph: TopologyInspection, paint: Colours): string {
  const { source, weights, degree, componentSizes } = graph;
  const sizes =
    componentSizes.slice(0, 5).map(formatCount).join(', ') + (componentSizes.length > 5 ? ', ...' : '');
  const dropped = droppedNotes(graph.selfLoopsDropped, graph.parallelEdgesDropped);
  const condition = graph.lambda2 > 0 ? ` (ratio ${formatQuantity(graph.lambdaMax / graph.lambda2)})` : '';
  const diameter =
    graph.diameter === null
      ? 'infinite'
      : `${graph.diameterIsExact ? '' : 'at least '}${formatCount(graph.diameter)}`;
  const lines = [
    paint.bold(source),
    ...alignRows(
      [
        ['read as', graph.readAs],
        ['nodes', formatCount(graph.nodes)],
        ['edges', `${formatCount(graph.edges)} (density ${formatQuantity(graph.density, 3)})`],
        [
          'directed',
          graph.arcs === null
            ? null
            : `${plural(graph.arcs, 'arc')}, ${plural(graph.strongComponents ?? 0, 'strong component')}, ${graph.balanced ? 'balanced' : 'not balanced'}: a node hears ${rangeOf(graph.inDegree)} and is heard by ${rangeOf(graph.outDegree)}`,
        ],
        [
          'closure',
          graph.arcs === null ? null : 'what follows is of the undirected graph, directions forgotten',
        ],
        ['components', graph.components === 1 ? '1' : `${formatCount(graph.components)}, of ${sizes} nodes`],
        ['lambda2', formatQuantity(graph.lambda2, 8)],
        ['lambdaMax', `${formatQuantity(graph.lambdaMax, 8)}${condition}`],
        ['diameter', diameter],
        [
          'degree',
          `${degree.min} to ${degree.max}, mean ${formatQuantity(degree.mean, 3)}, median ${degree.median}`,
        ],
        [
          'weights',
          `${weights}${graph.weightProblem !== null ? ` (those of the file cannot be used: ${graph.weightProblem})` : graph.weighted && weights !== 'file' ? ' (the file has its own: --weights file)' : ''}`,
        ],
        [
          'dropped',
          dropped.length === 0
            ? null
            : dropped.map((note) => note.replace('dropped ', '')).join(', ') +
              (weights === 'file' && graph.parallelEdgesDropped > 0 ? ' (their weights are summed)' : ''),
        ],
      ],
      paint,
    ),
  ];
  if (!graph.spectrumConverged) lines.push(`${paint.yellow('warning:')} lambda2 and lambdaMax are estimates`);
  if (graph.components === 1 && (graph.strongComponents ?? 1) > 1) {
    lines.push(
      `${paint.yellow('warning:')} the graph is not strongly connected, so some agents never hear of others`,
      `${paint.cyan('hint:')} keep its largest strong component: topology: { ..., largestComponent: true }`,
    );
  }
  if (graph.components > 1) {
    lines.push(
      `${paint.yellow('warning:')} the graph is not connected, so its agents cannot agree`,
      `${paint.cyan('hint:')} keep its largest component: topology: { ..., largestComponent: true }`,
    );
  }
  return lines.join('\n');
}
