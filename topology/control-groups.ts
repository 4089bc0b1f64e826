/**
 * The control groups that this process is in, on Linux: its own and all above it, of version 1 and 2. Each of
 * them may limit what we have of a core's time or of memory.
 */
import { posix } from 'node:path';

/** The text of a file; null where there is none, or it may not be read. */
export type Read = (file: string) => string | null;

export interface ControlGroup {
  version: 1 | 2;
  /** Where its files stand, such as `cpu.max`. */
  folder: string;
}

const ROOT = '/sys/fs/cgroup';

/**
 * The groups from our own up to the root that a controller (`cpu`, `memory`) is in charge of. Inside a
 * container some of the folders are not there.
 */
export function controlGroups(controller: string, read: Read): ControlGroup[] {
  return (read('/proc/self/cgroup') ?? '').split('\n').flatMap((line): ControlGroup[] => {
    const [, controllers = '', path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    const isUnified = controllers === '';
    if (!isUnified && !controllers.split(',').includes(controller)) return [];
    const roots = isUnified ? [ROOT, `${ROOT}/unified`] : [`${ROOT}/${controller}`, `${ROOT}/${controllers}`];
    return roots.flatMap((root) =>
      pathsUpTo(path).map(
        (group) => ({ version: isUnified ? 2 : 1, folder: posix.join(root, group) }) as const,
      ),
    );
  });
}

/**
 * `/a/b` -> `/a/b`, `/a`, `/`. Inside a container the upper ones are often not to be seen, and the lower ones
 * not there.
 */
function pathsUpTo(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, i) => `/${parts.slice(0, parts.length - i).join('/')}`);
}
