/**
 * Flame graphs as pages that need a browser and nothing else, drawn by 0x from trees of frames.
 *
 * 0x draws once; every page is that page around another tree. What is changed in it, and refused where the
 * page is not as expected:
 *
 *  - the tree: 0x guesses from a name what a frame is and hides whatever does not look like a JavaScript
 *    file; here every frame says what it is, and none is hidden;
 *  - the colours: the red of a hot frame overflows, and from about 30% of self time on it is white; it is
 *    clamped;
 *  - the button that 0x has for two views of one tree changes between all threads as one and thread beside
 *    thread;
 *  - a tooltip counts microseconds and says so, and what only makes the page longer is left out.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InputError } from '../base/errors.js';
import { makeTemporaryFolder } from '../base/temporary-folder.js';
import { visibleLine } from '../base/visible.js';
import { packageUrl } from '../run/locations.js';
import type { Frame, FrameKind } from './call-tree.js';

/** What 0x's main function is called with, of all its options. */
type Draw = (options: {
  visualizeCpuProfile: string;
  workingDir: string;
  name: string;
  title: string;
}) => Promise<string | null>;

/** Where 0x is looked for, in turn: beside this package, and in the project that the user stands in. */
const PLACES: (() => Promise<unknown>)[] = [
  () => import('0x' as string),
  async () => {
    const project = createRequire(path.join(process.cwd(), 'package.json'));
    return import(pathToFileURL(project.resolve('0x')).href);
  },
];

/**
 * Asked for before anything is run: a profile that cannot be drawn should not cost the run first. Throws
 * InputError.
 */
export async function loadZeroX(places: readonly (() => Promise<unknown>)[] = PLACES): Promise<Draw> {
  let missing: unknown;
  for (const load of places) {
    try {
      return ((await load()) as { default: Draw }).default;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause;
      missing ??= cause;
    }
  }
  throw new InputError(
    'flame graphs are drawn by 0x, which is not installed here',
    {
      hint: `${howToInstall(fileURLToPath(packageUrl), process.cwd())}, or --no-html for the text and the .cpuprofile files alone`,
    },
    { cause: missing },
  );
}

/**
 * `root` is this package's folder: in a clone, among the modules of a project, or among those that are
 * installed globally.
 */
export function howToInstall(root: string, here: string): string {
  const modules = path.dirname(path.resolve(root));
  if (path.basename(modules) !== 'node_modules') return `npm ci in ${path.resolve(root)}`;
  const project = path.dirname(modules);
  // Global modules are PREFIX/lib/node_modules; on Windows PREFIX/node_modules, where no package.json is.
  if (path.basename(project) === 'lib') {
    return `npm install --global --prefix ${path.dirname(project)} 0x@6, or npm install 0x@6 in ${here}`;
  }
  return `npm install --save-dev 0x@6 in ${project}`;
}

/** A page with everything in it but the tree. */
export interface Page {
  /**
   * The page of this tree, and of `other` at the press of a button if there is one. `title` is plain text.
   */
  around(tree: Frame, title: string, other?: Frame): string;
}

/** Draws once, about two seconds. */
export async function drawPage(draw: Draw): Promise<Page> {
  const temporary = makeTemporaryFolder('flame');
  const folder = temporary.path;
  try {
    const file = path.join(folder, 'any.cpuprofile');
    await writeFile(file, JSON.stringify(NOTHING));
    await draw({ visualizeCpuProfile: file, workingDir: folder, name: 'page', title: 'page' });
    // 0x says nothing when it fails; the file says it.
    const html = await readFile(path.join(folder, 'page.html'), 'utf8').catch((cause: Error) => {
      throw new Error('0x drew no page', { cause });
    });
    return pageFrom(html);
  } finally {
    temporary.remove();
  }
}

/** A profile of one sample: the page is wanted, not its tree. */
const NOTHING = {
  nodes: [
    {
      id: 1,
      callFrame: { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 },
      hitCount: 1,
    },
  ],
  startTime: 0,
  endTime: 1,
};

/** Three channels, each made positive and whole but not limited. */
const CHANNEL = /Math\.abs\(Math\.round\((red|green|blue) \* 255\)\)/g;
const CALL = '\n    visualizer(';

export function pageFrom(html: string): Page {
  const begin = html.lastIndexOf(CALL);
  const end = html.lastIndexOf('</script>');
  const expect = (holds: boolean, what: string) => {
    if (!holds) throw new Error(`the page that 0x drew is not what version 6.0 draws: ${what}`);
  };
  expect(begin >= 0 && end > begin, 'it has no tree');
  let before = html.slice(0, begin).trimStart();
  const change = (from: string | RegExp, to: string, times: number) => {
    const found = before.split(from instanceof RegExp ? new RegExp(from.source) : from).length - 1;
    const groups = from instanceof RegExp ? 2 : 1;
    expect(found === times * groups, `${from} stands there ${found / groups} times, expected ${times}`);
    before = before.replaceAll(from, to);
  };
  change(CHANNEL, 'Math.max(0, Math.min(255, Math.round($1 * 255)))', 3);
  change("' samples)", "' microseconds)", 2);
  change(
    'state.renderMergedBtn && !state.visualizeCpuProfile',
    "state.visualizeCpuProfile === 'two trees'",
    1,
  );
  change("state.merged ? 'Unmerge' : 'Merge'", "state.merged ? 'As one' : 'By thread'", 1);
  before = shorten(before);

  const after = html.slice(end).trimEnd();
  return {
    around(tree, title, other = tree) {
      const options = { title, visualizeCpuProfile: other === tree ? 'one tree' : 'two trees' };
      // In this page's words the first tree that it shows is the one that is not merged.
      const trees = { merged: nodeOf(other), unmerged: nodeOf(tree) };
      const head = before.replace('<head>', () => `<head>\n      <title>${asText(title)}</title>`);
      return `${head}${CALL}${asScript(trees)}, ${asScript(options)})\n  ${after}\n`;
    },
  };
}

/**
 * Half of a page is a style sheet of which it uses little, indentation and comments. Lines that name an
 * author stay; a comment that begins in the middle of a line does too, since it may be part of a string.
 */
function shorten(html: string): string {
  const script = html.indexOf('<script>');
  const styles = html
    .slice(0, script)
    .replace(/([^{}]*)\{[^{}]*\}/g, (rule: string, selectors: string) => {
      const classes = selectors.match(/\.[a-z][\w-]*/g);
      return classes === null || classes.some((name) => html.includes(name.slice(1), script)) ? rule : '';
    })
    .replace(/@media[^{}]*\{\s*\}/g, '');
  const lines = html
    .slice(script)
    .split('\n')
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && (!line.startsWith('//') || /copyright/i.test(line)));
  return styles + lines.join('\n');
}

/** A frame as the page wants it: time on the stack is `value`, time on top of it `top`. */
interface PageNode {
  name: string;
  value: number;
  top: number;
  type: string;
  S: 0;
  children: PageNode[];
}

/** Kinds in the page's own words; of those it knows it shows these four from the start. */
const TYPES: Record<FrameKind, string> = {
  wasm: 'wasm',
  app: 'app',
  deps: 'deps',
  core: 'core',
  vm: 'core',
  unnamed: 'core',
  thread: 'app',
};

function nodeOf(frame: Frame): PageNode {
  const children = frame.children.map(nodeOf).filter(({ value }) => value > 0);
  const top = Math.round(frame.selfUs);
  const value = children.reduce((total, child) => total + child.value, top);
  return { name: visibleLine(frame.name), value, top, type: TYPES[frame.kind], S: 0, children };
}

/** JSON that may stand in a script: no name can end it. */
function asScript(data: unknown): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}

function asText(text: string): string {
  return visibleLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
