import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { atExit } from '../../topology/at-exit.js';

const compiled = fileURLToPath(new URL('../../dist/topology/at-exit.js', import.meta.url));

it('is one listener, however much there is to do, and none when all is taken back', () => {
  const before = process.listenerCount('exit');
  const back = Array.from({ length: 20 }, () => atExit(() => {}));
  // It may stand there already, for what others in this process have asked for.
  expect(process.listenerCount('exit')).toBeLessThanOrEqual(before + 1);
  for (const take of [...back, ...back]) take();
  expect(process.listenerCount('exit')).toBe(before);
});

it('is done in the order in which it was asked for, however the process is left', () => {
  const program = (end: string) => `
    import { atExit } from ${JSON.stringify(compiled)};
    atExit(() => console.log('first'));
    const take = atExit(() => console.log('taken back'));
    atExit(() => console.log('second'));
    take();
    ${end}`;
  for (const end of ['', 'process.exit(3)', 'throw new Error("left")']) {
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program(end)], {
      encoding: 'utf8',
    });
    expect(stdout, end).toBe('first\nsecond\n');
  }
});
