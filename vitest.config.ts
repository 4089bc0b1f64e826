import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { compiledSources } from './test/support/compiled.js';

/** Files that take longest, first, so that no process is left with a long one at the end; the others largest first, as Vitest orders them. */
const LONGEST = [
  'docs/blocks',
  'session/change',
  'engine/bits',
  'engine/table',
  'engine/determinism',
  'engine/golden',
  'bench/command',
  'profile/profile',
  'engine/heap',
  'studies/',
  'precision/runs',
  'checkpoint/resume',
  'cli/',
  'examples/',
  'plugin/custom.test',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONGEST.findIndex((part) => moduleId.includes(`/test/${part}`));
      return found < 0 ? LONGEST.length : found;
    };
    // A stable sort keeps Vitest's order among equals.
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

// Recorded whole, or not at all.
if (process.argv.includes('-u') || process.argv.includes('--update')) process.env.SOTTOVOCE_TESTS = 'all';

export default defineConfig({
  plugins: [compiledSources()],
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/scale/**', 'test/chaos/**', 'test/mpi/**'],
    globalSetup: './test/support/compiled.ts',
    setupFiles: './test/support/properties.ts',
    reporters: ['default', './test/support/count-reporter.ts'],
    // Loaded by Node itself, not through the test runner.
    server: { deps: { external: [/\/dist\//] } },
    pool: 'forks',
    maxWorkers: 2,
    // Thousands of threads end in these processes. Node 20 takes a thread off its list before V8 has ended its
    // compiler, and aborts the process where the compiler then asks for a step of incremental marking
    // ("ForIsolate ... (data.first) != nullptr", seen once in hundreds of thousands): here it never asks.
    execArgv: ['--no-incremental-marking'],
    // A process runs many files: starting one and loading the modules takes longer than most files' tests.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // For what hangs: a machine that is slow, or busy with others, takes ten times as long as a quiet one.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
