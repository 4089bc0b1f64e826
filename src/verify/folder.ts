/**
 * A run's folder: whether it holds what its run wrote, whether what the run was made from is as it was, and,
 * made again with other workers and laid out otherwise, whether it ends in the same bits. Nothing is written
 * there.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Precision, REAL } from '../arena/layout.js';
import { plural } from '../base/format.js';
import { Unusable } from '../checkpoint/file.js';
import { findCheckpoints } from '../checkpoint/folder.js';
import { readWhole } from '../checkpoint/parts.js';
import { readNpy } from '../data/npy.js';
import { checkFolder } from '../output/check-folder.js';
import { refuseInUse } from '../output/folder-lock.js';
import { type KeptRun, loadManifest } from '../output/load-manifest.js';
import { readTraceRows } from '../output/trace-file.js';
import { versions } from '../output/versions.js';
import type { Summary } from '../run/reports.js';
import { checkOf } from '../session/resume-point.js';
import type { Part } from '../session/single-thread.js';
import { firstDifference } from './difference.js';
import { likelyReasons } from './reasons.js';
import type { Check, Verification, Verifying } from './types.js';
import { Variants } from './variants.js';
import type { Laid, Way } from './ways.js';

/**
 * @param manifest of a run, in its folder
 * @param quick looks at files, and runs nothing
 * @throws InputError where somebody writes there, and where the run cannot be made from its manifest
 */
export async function verifyRun(
  manifest: string,
  quick: boolean,
  verifying: Verifying,
): Promise<Verification> {
  const folder = path.dirname(manifest);
  refuseInUse(folder);
  const checks = filesOf(folder);
  const kept = await loadManifest(manifest);
  checks.push(...(await inputsOf(kept)));
  const { found: checkpoints, checks: ofCheckpoints } = checkpointsOf(folder, kept);
  checks.push(...ofCheckpoints);
  const xHash = await hashOfX(path.join(folder, 'x.npy'), kept.loaded.config.precision);
  const { summary } = kept;
  if (summary !== null && xHash !== null) checks.push(...agree(summary, xHash, kept));

  const notes = otherVersions(kept);
  const variants = new Variants(verifying, summary?.rounds ?? 0);
  const verification = (complete = true): Verification => ({
    of: 'run',
    good: variants.good && checks.every(({ good }) => good),
    complete,
    checks,
    variants: variants.made,
    notes,
  });
  const why = summary === null ? 'it has no summary' : whyNotAgain(kept, summary);
  if (quick || why !== null) {
    notes.push(quick ? 'the run was not made again (--quick)' : `the run was not made again: ${why}`);
    return verification();
  }
  const { stateHash, rounds } = summary as Summary;
  const rows = [...readTraceRows(path.join(folder, 'trace.csv'))];
  variants.expect(null, { stateHash, rounds, rows });
  const ways = waysFor(kept, summary as Summary, checkpoints);
  if (isSteered(kept) && checkpoints.length > 0)
    notes.push('the run was changed on its way, and is not made again from its checkpoints');
  variants.plan(rounds * ways.length);
  for (const [at, way] of ways.entries()) {
    const made = await variants.make(way, kept.loaded);
    if (verifying.signal?.aborted) return verification(false);
    if (at > 0 || made === null) continue;
    if (made.xHash !== null && made.xHash === xHash && made.stateHash !== stateHash && made.rounds === rounds)
      notes.push(
        'x.npy is as the run made again has it, and the state hash in summary.json is not: it has been edited, or v and s differ',
      );
    else if (made.stateHash === stateHash && ![xHash, made.xHash].includes(null) && made.xHash !== xHash)
      checks.push({ what: 'x.npy', good: false, found: 'is not the x that the run ends with' });
    if (made.stateHash === stateHash && firstDifference(rows, made.rows) !== null)
      notes.push('the state is the same and the trace is not: trace.csv has been edited');
  }
  const [other, own] = variants.tried;
  if (other && other.variant.outcome !== 'same' && own?.variant.outcome === 'same')
    notes.push(...likelyReasons([other], kept.loaded));
  return verification();
}

/** With other workers, as it was, and from the earliest of its checkpoints. */
function waysFor(kept: KeptRun, summary: Summary, checkpoints: readonly Usable[]): Way[] {
  const { manifest, loaded } = kept;
  const { agents, rounds, status } = summary;
  const workers = manifest.machine.workers ?? 1;
  const other = Math.min(workers === 3 ? 2 : 3, agents);
  const order = manifest.machine.layout?.order.chosen === 'rcm' ? 'given' : 'rcm';
  const laid: Laid = loaded.config.program === undefined ? { order, block: 3 } : 'own';
  const until = status === 'stopped' ? rounds : null;
  // What was changed between two rounds is changed again by a session, which has threads.
  const threads = isSteered(kept);
  const ways: Way[] = [
    { workers: [other], laid, threads, breaks: [], until },
    { workers: [workers], laid: 'own', threads, breaks: [], until },
  ];
  if (threads) return ways;
  const first = checkpoints.filter(({ from }) => from.round < rounds).at(-1);
  if (first === undefined) return ways;
  const { round } = first.from;
  const name = `${plural(other, 'worker')} on one thread, from the checkpoint of round ${round}`;
  return [
    ...ways,
    { workers: [other], laid: 'own', threads: false, breaks: [], until, from: first.from, name },
  ];
}

/** Whether it was changed while it ran. */
function isSteered({ loaded }: KeptRun): boolean {
  return (loaded.changes ?? []).length > 0;
}

function whyNotAgain({ changed }: KeptRun, { status }: Summary): string | null {
  if (changed.length > 0) return 'it would be another one, with the files as they are';
  return status === 'failed' ? 'it failed, and has no last state' : null;
}

function filesOf(folder: string): Check[] {
  const { intact, problems } = checkFolder(folder);
  return [
    ...intact.map((what) => ({
      what,
      good: true,
      found: what === 'summary.json' ? 'says what the run came to' : 'is as the run wrote it',
    })),
    ...problems.map(({ file, what }) => ({ what: file, good: false, found: what })),
  ];
}

async function inputsOf({ manifest, changed, notes }: KeptRun): Promise<Check[]> {
  const checks: Check[] = notes.map((found) => ({
    what: 'manifest.json',
    good: !found.includes('edited'),
    found,
  }));
  for (const input of manifest.inputs ?? []) {
    const other = changed.find((one) => one.input === input);
    const found =
      other === undefined
        ? 'is what the run was made from'
        : other.sha256 === null
          ? 'is gone: the run was made from it'
          : 'has changed since the run was made from it';
    checks.push({ what: input.path, good: other === undefined, found });
  }
  return checks;
}

interface Usable {
  from: NonNullable<Part['from']>;
}

/** Newest first; what of them can be used is read, since runs go on from there. */
function checkpointsOf(folder: string, { manifest }: KeptRun): { found: Usable[]; checks: Check[] } {
  const usable: Usable[] = [];
  const checks: Check[] = [];
  const named = (file: string) => path.relative(folder, file).split(path.sep).join('/');
  const { found, refused } = findCheckpoints([folder], checkOf(manifest));
  for (const { file, header } of found) {
    try {
      const bytes = new Uint8Array(header.bytes);
      readWhole(file, bytes);
      const { round, refining } = header;
      usable.push({ from: { bytes, round, refining } });
      checks.push({ what: named(file), good: true, found: `is whole, and of this run after round ${round}` });
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      checks.push({ what: named(file), good: false, found: error.message });
    }
  }
  for (const { file, why } of refused) checks.push({ what: named(file), good: false, found: why });
  return { found: usable, checks };
}

/** As the state is hashed; null where the file is not there or cannot be read, which its digest tells. */
async function hashOfX(file: string, precision: Precision | undefined): Promise<string | null> {
  if (!existsSync(file)) return null;
  try {
    const read = await readNpy(file);
    // Numbers are read as float64, whatever the file holds; the hash is over those of the run.
    const data = new REAL[precision ?? 'float64'].of(read.data);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return createHash('sha256').update(bytes).digest('hex');
  } catch {
    return null;
  }
}

/** Where x is all of the state, the hash is that of x.npy; that it is, a server says at once. */
function agree({ stateHash }: Summary, xHash: string, { loaded }: KeptRun): Check[] {
  if (xHash === stateHash)
    return [{ what: 'x.npy', good: true, found: 'has the state hash of summary.json' }];
  if (loaded.config.program === undefined) return [];
  return [{ what: 'x.npy', good: false, found: 'has another hash than summary.json says' }];
}

function otherVersions({ manifest: { versions: then } }: KeptRun): string[] {
  const now = versions();
  const lines: string[] = [];
  if (then.sottovoce !== now.sottovoce)
    lines.push(`the run was made by Sottovoce ${then.sottovoce}, and this is ${now.sottovoce}`);
  if (then.node !== now.node) lines.push(`the run was made by Node ${then.node}, and this is ${now.node}`);
  if (then.kernels !== now.kernels) lines.push('the run was made with other kernels: bits may differ');
  return lines;
}
