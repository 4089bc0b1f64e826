import { describe, expect, it } from 'vitest';
import { isVisible, visible, visibleLine, visiblePainted } from '../../src/base/visible.js';
import { linearPlot } from '../../src/report/plot.js';

describe('text that leaves', () => {
  it.each([
    ['a\u001b[31mb', 'a\\u001b[31mb'],
    ['\u0000\u0007\b\t\r', '\\u0000\\u0007\\u0008\\u0009\\u000d'],
    ['\u007f\u009b2J', '\\u007f\\u009b2J'],
    ['\u202egnp.exe\u2066', '\\u202egnp.exe\\u2066'],
    ['\u200b\ufeff\u2028', '\\u200b\\ufeff\\u2028'],
    ['\ud800', '\\ud800'],
    ['\u{e0041}', '\\udb40\\udc41'],
    ['Zürich \u{1f600} नि\u200dः\n', 'Zürich \u{1f600} नि\u200dः\n'],
  ])('%j is %j', (text, shown) => expect(visible(text)).toBe(shown));

  it('is JSON still where it was JSON', () => {
    const value = { name: 'a\u009b\u202e\u{e0041}\u001b' };
    expect(JSON.parse(visible(JSON.stringify(value)))).toEqual(value);
  });

  it('keeps colours that we gave it, and nothing else of that kind', () => {
    expect(visiblePainted('\u001b[31mred\u001b[39m \u001b[2J\u001b]0;title\u0007')).toBe(
      '\u001b[31mred\u001b[39m \\u001b[2J\\u001b]0;title\\u0007',
    );
    expect(visibleLine('a\nb')).toBe('a\\nb');
    expect([isVisible('a b'), isVisible('a\nb'), isVisible('a\u001bb')]).toEqual([true, false, false]);
  });

  it('is all that an SVG holds: XML has no way to write most control characters', () => {
    const name = 'evil\u001b[2J\u0000\u202e</text>\ud800';
    const svg = linearPlot([{ xLabel: name, series: [{ label: name, x: [0, 1], y: [0, 1] }] }], {
      title: name,
      yLabel: name,
      ceiling: 1,
    });
    expect(visible(svg)).toBe(svg);
    expect(svg).toContain('evil\\u001b[2J\\u0000\\u202e&lt;/text&gt;\\ud800');
  });
});
