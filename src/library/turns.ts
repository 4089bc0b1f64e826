/**
 * Contestants of a comparison, each in a process of its own: builds of this package that run and stand still in
 * turns, so that what disturbs the machine disturbs all alike.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InputError, RunError, type RunErrorCode } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { LoadedConfig } from '../run/config.js';
import { packageUrl, turnsUrl } from '../run/locations.js';
import type { Answer, Call, Calls, ConfigSource } from './turns-process.js';

/** A built copy of this package. */
export interface Build {
  /** For people: `this build`, or its folder. */
  name: string;
  /** Of its library's first file, as a URL. */
  index: string;
  /** Its compiled files, as a URL that ends in a slash: where the names in a profile come from. */
  compiled: string;
}

export const ownBuild: Build = buildIn(fileURLToPath(packageUrl), 'this build');

/** @param folder of the package, or its `dist`. Throws InputError where no built copy is there. */
export function findBuild(folder: string): Build {
  const found = [folder, path.join(folder, 'node_modules', 'sottovoce'), path.dirname(folder)].find((place) =>
    existsSync(path.join(place, 'dist', 'src', 'index.js')),
  );
  if (found !== undefined) return buildIn(found, showPath(folder));
  throw new InputError(
    `${showPath(folder)} holds no built copy of this package: it has no dist/src/index.js`,
    {
      hint: 'build it there with npm ci, or install another version with npm install --prefix FOLDER sottovoce@VERSION',
    },
  );
}

function buildIn(folder: string, name: string): Build {
  const compiled = pathToFileURL(`${path.resolve(folder, 'dist')}${path.sep}`).href;
  return { name, compiled, index: new URL('src/index.js', compiled).href };
}

/** What a contestant is told of its config. */
export function sourceOf({ file, overrides = [], config, folder }: LoadedConfig): ConfigSource {
  return file === null ? { config, folder } : { file, overrides };
}

/** One of them, from the start of its process to its end. */
export class Contestant {
  readonly build: Build;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private calls = 0;
  private gone: Error | null = null;
  private said = '';

  /** `options`: of node. */
  constructor(build: Build, options: readonly string[] = []) {
    this.build = build;
    // In a group of its own a Ctrl-C reaches it through us alone. What it prints is kept for when it fails.
    this.child = fork(fileURLToPath(turnsUrl), [build.index], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      detached: true,
      execArgv: [...options],
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.said = `${this.said}${text}`.slice(-MOST_SAID);
    });
    this.child.on('message', (answer: Answer) => this.answer(answer));
    this.child.once('error', (error) => this.lose(error));
    this.child.once('exit', (code, signal) => {
      const how = signal ?? `exit code ${code}`;
      this.lose(
        new RunError('WORKER_FAILED', `the process of ${build.name} ended with ${how}\n${this.said}`.trim()),
      );
    });
  }

  call<Name extends keyof Calls>(
    name: Name,
    ...parameters: Parameters<Calls[Name]>
  ): ReturnType<Calls[Name]> {
    const answered = new Promise((resolve, reject) => {
      if (this.gone !== null) {
        reject(this.gone);
        return;
      }
      const id = this.calls++;
      this.waiting.set(id, { resolve, reject });
      this.child.send({ id, name, parameters } satisfies Call, (error) => {
        if (error) this.lose(error);
      });
    });
    return answered as ReturnType<Calls[Name]>;
  }

  /** In good order: what its engine has not written yet is written. Resolves when it is gone. */
  async leave(): Promise<void> {
    this.gone ??= new RunError('STOPPED', `the process of ${this.build.name} has left`);
    const left = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.disconnect();
    await left;
  }

  /** At once, whatever it does. */
  close(): void {
    this.gone ??= new RunError('STOPPED', `the process of ${this.build.name} was closed`);
    this.child.kill('SIGKILL');
  }

  private answer({ id, value, error }: Answer): void {
    const call = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(this.failure(error));
  }

  private failure({ message, code, hint }: NonNullable<Answer['error']>): Error {
    if (code === 'BAD_INPUT') return new InputError(message, { hint });
    const told = `${this.build.name}: ${message}`;
    return new RunError((code as RunErrorCode | undefined) ?? 'WORKER_FAILED', told);
  }

  private lose(error: Error): void {
    this.gone ??= error;
    for (const { reject } of this.waiting.values()) reject(this.gone);
    this.waiting.clear();
  }
}

/** Of what a process prints before it dies. */
const MOST_SAID = 2000;
