/** `sottovoce plan`: what it prints, as text and as JSON, and what it refuses. What it reckons: test/machines. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { planCommand } from '../../src/cli/plan.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const file = path.join(folder, 'torus.yaml');
writeFileSync(
  file,
  `name: square
topology: { kind: torus, rows: 20, columns: 20 }
cost: { kind: quadratic, dim: 8 }
flow: { kind: primal-dual, compress: error-state }
compressor: { kind: flatten, inner: { kind: sign } }
rounds: 100
`,
);

async function plan(options: Parameters<typeof planCommand>[1]): Promise<string> {
  let out = '';
  const terminal: Terminal = {
    stdout: { write: (text) => (out += text) },
    stderr: { write: () => '' },
    env: { NO_COLOR: '1' },
    debug: false,
  };
  await planCommand(file, options, terminal);
  return out;
}

const asked = { machines: '3', link: ['1Gbit/s,50us', '10Gbit/s,5us'], cores: '2', moreRounds: '1' };

describe('sottovoce plan', () => {
  test('says what a rank has, what a round takes with and without compression, over each link', async () => {
    const text = await plan(asked);
    for (const part of [
      'square: 400 agents over 3 machines of 2 cores',
      /1,600 arcs; in [a-zA-Z() ]+, counted/,
      'of 2 other ranks',
      /^flatten\(sign\)$/m,
      /^without compression$/m,
      'link 1Gbit/s,50us',
      'link 10Gbit/s,5us',
      'where compression pays, round for round',
    ])
      expect(text).toMatch(part);
    // A heading, and 1, 2 and 3 machines: twice with compression, twice without.
    expect(text.match(/^ +3 .*$/gm)).toHaveLength(4);
  });

  test('--json says the same, and how many times as many rounds were asked about', async () => {
    const found = JSON.parse(await plan({ ...asked, json: true, moreRounds: '1.5', memory: '1MiB' }));
    expect(found).toMatchObject({ agents: 400, arcs: 1600, machines: 3, cores: 2, more: 1.5 });
    expect(found.variants).toHaveLength(2);
    expect(found.variants[0]).toMatchObject({ compressor: 'flatten(sign)', leastRanks: 1 });
    expect(found.variants[0].memory).toMatchObject({ fits: true, fitsMachine: false });
    expect(found.variants[0].scaling.map(({ link }: { link: string }) => link)).toEqual(asked.link);
    expect(found.breakEven).toHaveLength(2);
  });

  test('--bench takes the rounds of a machine that was measured', async () => {
    const bench = path.join(folder, 'bench.json');
    const document = {
      format: 'sottovoce-bench-1',
      benchmark: 'scaling',
      config: { file, sha256: '' },
      details: { curves: [{ id: 'strong/square', kind: 'strong' }] },
      figures: [{ id: 'scaling/strong/square/2', median: 8 }],
    };
    writeFileSync(bench, JSON.stringify(document));
    const found = JSON.parse(await plan({ ...asked, json: true, bench }));
    // 8 coordinates of an agent, at 8 million a second.
    expect(found.variants[0].secondsAnAgent).toBeCloseTo(1e-6, 12);
    await expect(plan({ ...asked, cores: '4', bench })).rejects.toThrow(
      `--bench ${bench} has nothing of 4 workers, expected as many as --cores`,
    );
    writeFileSync(bench, JSON.stringify({ ...document, benchmark: 'round', details: {} }));
    await expect(plan({ ...asked, bench })).rejects.toThrow(
      `--bench ${bench} is of bench round, expected the strong scaling of a config`,
    );
  });

  test.each([
    [{ machines: undefined }, '--machines is missing, expected how many there are'],
    [{ machines: '0' }, '--machines is 0, expected'],
    [{ machines: '401' }, '--machines is 401, expected at most 400: there are no more agents'],
    [{ link: undefined }, '--link is missing, expected bandwidth and latency of the link of each machine'],
    [{ link: ['fast'] }, '--link is fast, expected bandwidth and latency'],
    [{ memory: 'much' }, '--memory is much, expected a size such as 64GiB'],
    [{ moreRounds: '-2' }, '--more-rounds is -2, expected a number > 0'],
    [{ cores: '1.5' }, '--cores is 1.5, expected'],
  ])('%j is refused', async (wrong, message) => {
    await expect(plan({ ...asked, ...wrong } as Parameters<typeof planCommand>[1])).rejects.toThrow(message);
  });
});
