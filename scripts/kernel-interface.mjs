/**
 * Writes kernels/interface.ts, the kernels as TypeScript sees them: one method for each function that the
 * entry file exports, with the names of its parameters and the comment that stands at it, in the order of the
 * entry file. Above it stands the entry file's comment.
 *
 * Beside the compiled kernels it writes dist/kernels/lines.json: the line in which each function begins, by its name
 * in the name section. A profile reads it.
 *
 * A transform of the AssemblyScript compiler: it runs in every build of the kernels and sees what they
 * export. A kernel without a comment, and a type that JavaScript has no number for, end the build.
 */

const FILE = 'kernels/interface.ts';
const LINES = 'dist/kernels/lines.json';
const NUMBERS = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'isize', 'usize', 'bool', 'f32', 'f64'];
const TYPES = new Map([['void', 'void'], ...NUMBERS.map((name) => [name, 'number'])]);

export default class KernelInterface {
  async afterInitialize(program) {
    const entry = program.sources.find(
      ({ sourceKind, internalPath }) => sourceKind === USER_ENTRY && !internalPath.startsWith('~lib/'),
    );
    const file = program.filesByName.get(entry.internalPath);
    const text = interfaceText(entry.text, [...file.exports.values()]);
    // A file that is not written anew is not compiled anew.
    await this.writeFile(LINES, `${JSON.stringify(linesOf(program), null, 1)}\n`, this.baseDir);
    if ((await this.readFile(FILE, this.baseDir)) !== text) await this.writeFile(FILE, text, this.baseDir);
  }
}

/** `NodeKind.FunctionDeclaration` of the compiler. */
const FUNCTION_DECLARATION = 56;

/** `kernels/gather/gatherSign` -> 12; functions of the language's own library are left out. */
function linesOf(program) {
  const lines = {};
  for (const [name, { declaration }] of program.elementsByName) {
    const source = declaration?.range?.source;
    if (declaration?.kind !== FUNCTION_DECLARATION || !name.startsWith('kernels/')) continue;
    lines[name] = source.lineAt(declaration.name.range.start);
  }
  return lines;
}

/** `SourceKind.UserEntry` of the compiler, which gives it to its own runtime as well. */
const USER_ENTRY = 1;

function interfaceText(entryText, kernels) {
  const heading = /^\/\*\*[\s\S]*?\*\/\n/.exec(entryText)?.[0] ?? '';
  const lines = [];
  let section = '';
  for (const { declaration } of kernels) {
    const { normalizedPath } = declaration.range.source;
    if (normalizedPath !== section) lines.push('', `// ${normalizedPath}`);
    section = normalizedPath;
    lines.push(...method(declaration));
  }
  const body = lines.map((line) => `  ${line}`.trimEnd()).join('\n');
  return `${heading}export interface Kernels {\n${body}\n}\n`;
}

/** The lines of one kernel. */
function method({ name, signature, range }) {
  if (signature === undefined) {
    throw new Error(`${place(range)}: ${name.text} is no function, and kernels export nothing else`);
  }
  const comment = commentBefore(range.source.text, range.start);
  if (comment === undefined)
    throw new Error(`${place(range)}: the kernel ${name.text} has no comment (/** … */)`);
  const result = typescript(signature.returnType);
  const parameters = signature.parameters.map(
    (parameter) => `  ${parameter.name.text}: ${typescript(parameter.type)},`,
  );
  const call =
    parameters.length > 0
      ? [`${name.text}(`, ...parameters, `): ${result};`]
      : [`${name.text}(): ${result};`];
  return [...comment.split('\n'), ...call];
}

/** The comment that ends where a declaration begins. */
function commentBefore(text, start) {
  const before = text.slice(0, start).replace(/\s*(export\s*)?$/, '');
  return before.endsWith('*/') ? /\/\*\*(?:(?!\/\*\*)[\s\S])*$/.exec(before)?.[0] : undefined;
}

function typescript(type) {
  const name = type.name.identifier.text;
  const found = TYPES.get(name);
  if (found === undefined)
    throw new Error(`${place(type.range)}: ${name} has no number in JavaScript to stand for it`);
  return found;
}

const place = ({ source, start }) => `${source.normalizedPath}:${source.lineAt(start)}`;
