/**
 * A report again, from what a folder holds: of a run its manifest, trace, agents and x, of a comparison or a
 * sweep its results. Folders of earlier versions too, as far as they hold it; what is not there is said.
 *
 * The network is no file of a run's folder: it is made again from the config, where what it was made from is
 * still there and the same.
 */

import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { writeWhole } from '../../topology/whole-file.js';
import { InputError, isInputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { readStudy } from '../compare/read-study.js';
import { isComparisonFolder } from '../compare/store.js';
import { readNpy } from '../data/npy.js';
import { outputFailed, refusal, refuseNoFolder } from '../output/failures.js';
import { FolderLock } from '../output/folder-lock.js';
import { loadManifest } from '../output/load-manifest.js';
import type { Manifest } from '../output/manifest.js';
import { manifestAt, readManifest } from '../output/manifest-file.js';
import { toJson } from '../output/run-directory.js';
import { readJson, settleRunFolder } from '../output/run-folder.js';
import { disagreementOf } from '../page/disagreement.js';
import { NO_GRAPH } from '../page/payload.js';
import { runPage } from '../page/run-page.js';
import { programDefinition } from '../program/registry.js';
import { isSweepFolder, readSweep } from '../report/read-sweep.js';
import { studyPage } from '../report/study-page.js';
import { sweepPage } from '../report/sweep-page.js';
import type { RunNetwork } from '../run/program.js';
import type { AgentRow, FileDigest, Summary } from '../run/reports.js';
import { COLUMNS } from '../trace/ring.js';
import type { TraceRow } from '../trace/row.js';
import { RowStore } from '../trace/row-store.js';

export const REPORT_FILE = 'report.html';

/**
 * Writes the report of a folder, and gives its path.
 *
 * @param out where to write it; the folder's own report.html where absent, and summary.json says its digest
 * @throws InputError where it is no folder of a run, a comparison or a sweep, or holds too little
 */
export async function makeReport(folder: string, out?: string): Promise<string> {
  const whole = path.resolve(folder);
  const file = out === undefined ? path.join(whole, REPORT_FILE) : path.resolve(out);
  if (out !== undefined) refuseNoFolder(showPath(file), file);
  if (isSweepFolder(whole)) {
    const { file: results, map, versions } = readSweep(whole);
    writePage(file, sweepPage(results, { name: path.basename(whole), map, versions }));
    return file;
  }
  if (isComparisonFolder(whole)) {
    const { results, curves } = readStudy(whole);
    writePage(file, studyPage(results, curves, path.basename(whole)));
    return file;
  }
  const manifestFile = manifestAt(whole);
  const manifest = manifestFile === null ? null : readManifest(manifestFile);
  if (manifestFile === null || manifest === null) {
    throw new InputError(`${showPath(whole)} is no folder of a run, a comparison or a sweep, expected one`, {
      hint: 'a run leaves manifest.json in its folder, a comparison or a sweep compare.json',
    });
  }
  const own = path.dirname(manifestFile);
  if (out === undefined) return inFolder(own, manifest);
  writePage(file, await pageOfRun(own, manifest));
  return file;
}

/** Nobody else may write there meanwhile; the summary knows the digest of the new page. */
async function inFolder(folder: string, manifest: Manifest): Promise<string> {
  let lock: FolderLock;
  try {
    lock = FolderLock.take(folder, randomUUID());
  } catch (error) {
    throw isInputError(error) ? error : refusal(showPath(folder), error);
  }
  const file = path.join(folder, REPORT_FILE);
  try {
    settleRunFolder(folder);
    const page = await pageOfRun(folder, manifest);
    const digest = writePage(file, page);
    const summary = readJson(path.join(folder, 'summary.json'));
    const files = summary['files'] as Record<string, FileDigest> | undefined;
    if (files !== undefined) {
      const next = { ...summary, files: { ...files, [REPORT_FILE]: digest } };
      writeWhole(path.join(folder, 'summary.json'), `${toJson(next)}\n`);
    }
    return file;
  } finally {
    lock.release();
  }
}

function writePage(file: string, page: string): FileDigest {
  try {
    return writeWhole(file, page);
  } catch (error) {
    throw outputFailed(file, error);
  }
}

async function pageOfRun(folder: string, manifest: Manifest): Promise<string> {
  const store = new RowStore();
  for await (const row of traceRows(path.join(folder, 'trace.csv'))) store.push(row);
  const summary = summaryIn(folder);
  const { network, why } = await networkAgain(folder);
  const agents = await agentsIn(folder);
  const hasGraph = network !== null || (why !== null && why !== NO_GRAPH);
  return runPage({
    manifest: complete(manifest),
    summary,
    rows: store.rows(),
    rowCount: store.count,
    graph: network !== null && agents !== null && agents.length !== network.graph.nodes ? null : network,
    noGraph: why,
    agents: hasGraph ? agents : null,
    ...(await statesIn(folder)),
    workers: null,
  });
}

/** What earlier versions did not write. */
function complete(manifest: Manifest): Manifest {
  const { versions, machine, time, config } = manifest;
  return {
    ...manifest,
    name: manifest.name ?? config.name ?? 'run',
    run: manifest.run ?? 'unknown',
    overrides: manifest.overrides ?? [],
    inputs: manifest.inputs ?? [],
    time: time ?? { started: 'unknown' },
    versions: {
      ...versions,
      sottovoce: versions?.sottovoce ?? 'unknown',
      node: versions?.node ?? 'unknown',
      v8: versions?.v8 ?? 'unknown',
      kernels: versions?.kernels ?? 'unknown',
      dependencies: versions?.dependencies ?? {},
    },
    machine: { ...machine, cpu: machine.cpu ?? 'unknown', cores: machine.cores ?? 1 },
  };
}

function summaryIn(folder: string): Summary | null {
  const found = readJson(path.join(folder, 'summary.json')) as unknown as Partial<Summary>;
  if (typeof found.status !== 'string' || found.bits === undefined || found.final === undefined) return null;
  return { ...found, warnings: found.warnings ?? [] } as Summary;
}

/** By the names of its columns: earlier versions had fewer. */
async function* traceRows(file: string): AsyncGenerator<TraceRow> {
  if (!existsSync(file)) return;
  const lines = createInterface({
    input: createReadStream(file, 'latin1'),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let places: number[] | null = null;
  for await (const line of lines) {
    const fields = line.split(',');
    if (places === null) {
      places = COLUMNS.map((name) => fields.indexOf(name));
      if (places[0] === -1) return;
      continue;
    }
    const values = places.map((at) => {
      const field = at < 0 ? '' : (fields[at] ?? '');
      return field === '' ? Number.NaN : Number(field);
    });
    if (Number.isNaN(values[0])) continue;
    yield Object.fromEntries(COLUMNS.map((name, at) => [name, values[at]])) as unknown as TraceRow;
  }
}

async function agentsIn(folder: string): Promise<AgentRow[] | null> {
  const file = path.join(folder, 'agents.csv');
  if (!existsSync(file)) return null;
  const { default: Papa } = await import('papaparse');
  const { data } = Papa.parse<string[]>(readFileSync(file, 'utf8').trimEnd(), { skipEmptyLines: true });
  return data.slice(1).map(([row = '', label = '', degree = '', samples = '']) => ({
    row: Number(row),
    label,
    degree: Number(degree),
    samples: samples === '' ? null : Number(samples),
  }));
}

async function statesIn(folder: string) {
  const file = path.join(folder, 'x.npy');
  if (!existsSync(file))
    return {
      disagreement: null,
      noDisagreement: 'There is no x.npy, so nobody knows what the agents held in the end.',
    };
  try {
    const { shape, data } = await readNpy(file);
    const [rows = 0, columns = 1] = shape;
    return await disagreementOf({ data, rows, columns, rowStride: columns });
  } catch (error) {
    return { disagreement: null, noDisagreement: `x.npy cannot be read: ${(error as Error).message}` };
  }
}

async function networkAgain(folder: string): Promise<{ network: RunNetwork | null; why: string | null }> {
  try {
    const { loaded, changed } = await loadManifest(path.join(folder, 'manifest.json'));
    const other = changed.find(({ input }) => /^(topology|links|weights)/.test(input.role));
    if (other !== undefined) {
      const what = other.sha256 === null ? 'is gone' : 'has changed';
      return {
        network: null,
        why: `The network is not drawn: ${other.input.path}, of which it was made, ${what}.`,
      };
    }
    const network = await programDefinition(loaded.config.program?.kind).network(loaded);
    return { network, why: network === null ? NO_GRAPH : null };
  } catch (error) {
    if (!isInputError(error)) throw error;
    return { network: null, why: `The network cannot be made again: ${error.message}.` };
  }
}
