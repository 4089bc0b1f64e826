/** `sottovoce tune`: what it prints, what it writes, what it refuses. What it chooses: test/tune. */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Terminal } from '../../src/cli/terminal.js';
import { tuneCommand } from '../../src/cli/tune.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const CONFIG = `# eight in a ring
topology: { kind: ring, nodes: 8 }
cost: { kind: quadratic, dim: 4 }
flow:
  kind: primal-dual # ours
  beta: 2
compressor: { kind: sign }
stop: { gap: 1e-8, rmsError: 1e-6 }
`;
const file = path.join(folder, 'ring.yaml');
writeFileSync(file, CONFIG);

async function tune(options: Parameters<typeof tuneCommand>[1] = {}, config = file): Promise<string> {
  let out = '';
  const terminal: Terminal = {
    stdout: { write: (text) => (out += text) },
    stderr: { write: () => '' },
    env: { NO_COLOR: '1' },
    debug: false,
  };
  await tuneCommand(config, options, terminal);
  return out;
}

describe('sottovoce tune', () => {
  test('says what it chose, why and how long it will take; --json says the same; --write needs no tuning any more', async () => {
    const copy = path.join(folder, 'tuned.yaml');
    const report = JSON.parse(await tune({ json: true, set: ['flow.tuning=pilot'], write: copy }));
    // beta is given, and with it the mode is the one without a memory.
    expect(report).toMatchObject({ flow: 'primal-dual, error-state', method: 'pilot', gains: { beta: 2 } });
    expect(report.chosen).toEqual(['step', 'alpha', 'mu']);
    expect(report.roundsToStop).toBeGreaterThan(0);

    const text = await tune();
    const { step, alpha, mu } = report.gains;
    for (const part of [
      'primal-dual, error-state; sign',
      `step ${step}, alpha ${alpha}, beta 2 (given), eta 1 (given), mu ${mu}`,
      `the best of ${report.pilots.count} trial runs`,
      `about ${report.roundsToMillionth} to a millionth of it, about ${report.roundsToStop} until it stops`,
    ]) {
      expect(text).toContain(part);
    }

    const written = readFileSync(copy, 'utf8');
    expect(written).toContain('# eight in a ring');
    expect(written).toContain('kind: primal-dual # ours');
    expect(written).toContain(`step: ${step}`);
    expect(written).toContain('compress: error-state');
    await expect(tune({}, copy)).rejects.toThrow(
      'tuned.yaml leaves no gain to auto: there is nothing to tune',
    );
  });

  test('refuses a copy that would not find its files, and one that cannot be written', async () => {
    await expect(tune({ write: path.join(folder, 'elsewhere', 'ring.yaml') })).rejects.toThrow(
      'expected a file in the folder of ring.yaml',
    );
    await expect(tune({ write: `${folder}/.` })).rejects.toThrow('cannot be written');
  });
});
