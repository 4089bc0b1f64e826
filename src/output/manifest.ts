/** manifest.json: what a run was, so that it can be run again. */

import os from 'node:os';
import { ownCores } from '../base/cores.js';
import { inWords } from '../base/data-in-words.js';
import type { InputFile } from '../base/inputs.js';
import type { ChangeReport } from '../run/changes.js';
import type { LoadedConfig, RunConfig } from '../run/config.js';
import { configDigest, describeInputs, type RunInput } from '../run/inputs.js';
import type { AgentRow, PlanReport } from '../run/reports.js';
import { type Versions, versions } from './versions.js';

const MANIFEST_FORMAT = 'sottovoce-run/1';

/** manifest.json: what it takes to make a run again. */
export interface Manifest {
  /** Says that it is one, and which version of it. */
  format: typeof MANIFEST_FORMAT;
  /** The run's own, as in summary.json. */
  run: string;
  /** Of the config, for people. */
  name: string;
  /**
   * Resolved: every default filled in. It is a config, and runs again from `machine.folder`; but of what was
   * in a program's memory and is large, there is a hash.
   */
  config: RunConfig;
  /** SHA-256 of `config` as canonical JSON, without what changes no bits. */
  configDigest: string;
  /** Every file that was read for the run, the user's modules among them, as it was then. */
  inputs: RunInput[];
  /** Of its random draws. */
  seed: number;
  /** What the command line changed in the config file. */
  overrides: string[];
  /** What `auto` became, and what else followed from the config. */
  plan: Omit<
    PlanReport,
    'workers' | 'coreLimit' | 'whyWorkers' | 'pinned' | 'layout' | 'arenaBytes' | 'processBytes'
  > | null;
  /** Of this package, Node and what stands under it. */
  versions: Versions;
  /** Where it was run. */
  machine: {
    configFile: string | null;
    /** Paths in the config are relative to it. */
    folder: string;
    platform: string;
    release: string;
    architecture: string;
    cpu: string;
    cores: number;
    memoryBytes: number;
    /** What leaves this process fewer cores than the machine has. */
    coreLimit: string | null;
    workers: number | null;
    /** Processors that they were held to; absent where they were held to none. */
    pinned?: readonly number[];
    /** Chosen by its caches, among other things. */
    layout: PlanReport['layout'];
    arenaBytes: number | null;
  };
  /** When it began, ISO 8601. */
  time: { started: string };
  /** What was changed on the way, in the order in which it was done; absent where nothing was. */
  changes?: readonly ChangeReport[] | undefined;
  /** Each time that the run was gone on with after it had been ended; absent where it never was. */
  resumed?: readonly Resumed[];
}

/** One time that a run was gone on with. */
export interface Resumed {
  /** Rounds done by then. */
  round: number;
  /** When, ISO 8601. */
  time: string;
  /** Worker threads from then on. */
  workers: number;
  /** Version of Node from then on. */
  node: string;
}

export interface RunDescription {
  /** Its id. */
  run: string;
  config: LoadedConfig;
  plan: PlanReport | null;
  /** What it was made from. */
  inputs?: readonly InputFile[];
  /** Of a run that is gone on with, in the place of a new one. */
  manifest?: Manifest;
  /** Columns of agents-trace.csv behind the round; absent where no agents are followed. */
  followed?: readonly string[] | undefined;
  /** Who is who; absent where there are no agents to tell apart. */
  agents?: Iterable<AgentRow>;
}

export function makeManifest({ run, config: loaded, plan, inputs = [] }: RunDescription): Manifest {
  const { config } = loaded;
  let kept: Manifest['plan'] = null;
  if (plan) {
    const {
      workers: _workers,
      coreLimit: _limit,
      whyWorkers: _why,
      pinned: _pinned,
      layout: _layout,
      arenaBytes: _arena,
      processBytes: _process,
      ...rest
    } = plan;
    kept = rest;
  }
  const cpus = os.cpus();
  return {
    format: MANIFEST_FORMAT,
    run,
    name: plan?.name ?? config.name ?? 'run',
    config: inWords(config) as RunConfig,
    configDigest: configDigest(config),
    inputs: describeInputs(loaded, inputs),
    seed: config.seed,
    overrides: (loaded.overrides ?? []).map(({ origin }) => origin),
    plan: kept,
    versions: versions(),
    machine: {
      configFile: loaded.file,
      folder: loaded.folder,
      platform: process.platform,
      release: os.release(),
      architecture: process.arch,
      cpu: cpus[0]?.model.trim() ?? 'unknown',
      cores: ownCores().count,
      memoryBytes: os.totalmem(),
      coreLimit: ownCores().limit,
      workers: plan?.workers ?? null,
      ...(plan?.pinned && { pinned: plan.pinned }),
      layout: plan?.layout ?? null,
      arenaBytes: plan?.arenaBytes ?? null,
    },
    time: { started: new Date().toISOString() },
  };
}
