/** What do checkpoints cost a run? The same rounds in turns with and without, and what one takes. */

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { formatBytes } from '../arena/fits.js';
import { describeSpec } from '../base/describe.js';
import { UNCOMPRESSED } from '../compress/registry.js';
import { countText, figure, spreadText } from './figures.js';
import { interleave } from './interleave.js';
import { DIM, FLATTENED_SIGN, IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS, problemConfig } from './problem.js';
import { Rig } from './rig.js';
import type { Benchmark, Figure } from './types.js';

/** Long enough for a checkpoint to be on the disk before the rounds without one have their turn. */
const SAMPLE_SECONDS = 4;
const MINUTE = 60;
const TARGET = { atMost: 0.01 };

export const checkpoints: Benchmark = {
  name: 'checkpoints',
  summary: 'what checkpoints cost a run, with and without in turns',
  description: `What does a checkpoint cost? Rounds with one in each sample in turns with the same rounds without, all workers busy: the difference is what the loop
lost to copying the state, and to whoever hashes and writes it meanwhile. Said as a share of the time at one a minute. Files go to the temporary folder.`,
  async run({ seed, passes, progress, quick, workers }) {
    const count = workers.at(-1) as number;
    const agents = quick ? IN_CACHE_AGENTS : OUT_OF_CACHE_AGENTS;
    const compressors = quick ? [UNCOMPRESSED] : [UNCOMPRESSED, FLATTENED_SIGN];
    progress.expect(2 * compressors.length * passes);
    const figures: Figure[] = [];
    const rows: string[][] = [];
    for (const compressor of compressors) {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-bench-'));
      const rigs: Rig[] = [];
      try {
        const config = problemConfig({ agents, seed, compressor });
        const plain = await Rig.open(config, count);
        rigs.push(plain);
        await plain.calibrate(quick ? 0.05 : SAMPLE_SECONDS);
        const kept = await Rig.open(config, count, { folder, everyRounds: plain.rounds });
        rigs.push(kept);
        kept.rounds = plain.rounds;
        const [without, withThem] = await interleave(
          rigs.map((rig, index) => ({
            name: index === 0 ? 'without checkpoints' : 'with a checkpoint in each sample',
            sample: async () => (await rig.sample()).seconds,
          })),
          passes,
          progress,
        );
        const { written, loopSeconds, bytes } = await kept.checkpoints();
        const name = describeSpec(compressor);
        const id = `checkpoints/${name}`;
        const copying = written > 0 ? loopSeconds / written : Number.NaN;
        const cost = without.map((seconds, pass) => (withThem[pass] - seconds) * plain.rounds);
        const share = figure(
          `${id}/share`,
          `share of the time at one a minute, ${name}`,
          '',
          'lower',
          cost.map((seconds) => seconds / MINUTE),
          quick ? undefined : TARGET,
        );
        const lost = figure(
          `${id}/cost`,
          `what one costs the loop, ${name}`,
          'ms',
          'lower',
          cost.map((s) => 1000 * s),
        );
        figures.push(lost, share);
        rows.push([
          name,
          spreadText(
            figure(
              '',
              '',
              'rounds/s',
              'higher',
              without.map((s) => 1 / s),
            ),
          ),
          spreadText(
            figure(
              '',
              '',
              'rounds/s',
              'higher',
              withThem.map((s) => 1 / s),
            ),
          ),
          spreadText(lost),
          (1000 * copying).toPrecision(3),
          formatBytes(bytes),
          spreadText(share, 2),
        ]);
      } finally {
        for (const rig of rigs) await rig.close();
        rmSync(folder, { recursive: true, force: true });
      }
    }
    return {
      figures,
      tables: [
        {
          title: `Checkpoints: ${countText(agents)} agents, d = ${DIM}, ${count} workers`,
          columns: [
            'compressor',
            'rounds/s without',
            'rounds/s with one a sample',
            'cost of one, ms',
            'of it copying, ms',
            'file',
            'share at one a minute',
          ],
          rows,
          notes: [
            'Quartiles in brackets. The cost is a difference of two long samples: on a busy machine it can come out below zero.',
          ],
        },
      ],
    };
  },
};
