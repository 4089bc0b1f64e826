/**
 * Disagreement as a colour: viridis (Smith and van der Walt, matplotlib), even in lightness and told apart
 * by every kind of colour vision and in grey. Whoever disagrees most stands out most from the page: dark
 * on a light page, bright on a dark one.
 *
 * The scale is logarithmic, from `low` to `high`; what lies beyond an end has the colour of that end.
 */

/** Viridis at tenths, sRGB; between them it is all but linear. */
const VIRIDIS = [
  [68, 1, 84],
  [72, 36, 117],
  [65, 68, 135],
  [53, 95, 141],
  [42, 120, 142],
  [33, 145, 140],
  [34, 168, 132],
  [68, 191, 112],
  [122, 209, 81],
  [189, 223, 38],
  [253, 231, 37],
] as const;

/** Steps of the scale: colours are looked up, never mixed anew for each node. */
export const STEPS = 256;

export interface Scale {
  low: number;
  high: number;
}

/** STEPS colours, rgb, from agreement to the greatest disagreement. */
export function palette(dark: boolean): Uint8Array {
  const colours = new Uint8Array(3 * STEPS);
  for (let step = 0; step < STEPS; step++) {
    const t = step / (STEPS - 1);
    // The end that is nearest to the page's own colour is left out.
    const at = (VIRIDIS.length - 1) * (dark ? 0.16 + 0.84 * t : 0.93 * (1 - t));
    const from = Math.min(Math.floor(at), VIRIDIS.length - 2);
    for (let c = 0; c < 3; c++) {
      const a = VIRIDIS[from]?.[c] ?? 0;
      const b = VIRIDIS[from + 1]?.[c] ?? 0;
      colours[3 * step + c] = Math.round(a + (at - from) * (b - a));
    }
  }
  return colours;
}

/** The same as texts for style sheets. */
export function paletteTexts(dark: boolean): string[] {
  const colours = palette(dark);
  return Array.from({ length: STEPS }, (_, step) => {
    const [r = 0, g = 0, b = 0] = colours.subarray(3 * step, 3 * step + 3);
    return `#${((1 << 24) | (r << 16) | (g << 8) | b).toString(16).slice(1)}`;
  });
}

/** Which of the STEPS a value has. */
export function stepOf(value: number, { low, high }: Scale): number {
  if (!(value > low)) return Number.isNaN(value) ? STEPS - 1 : 0;
  if (value >= high) return STEPS - 1;
  return Math.floor(((STEPS - 1) * Math.log(value / low)) / Math.log(high / low));
}

/** A CSS gradient of the scale, left to right. */
export function gradient(dark: boolean): string {
  const texts = paletteTexts(dark);
  const stops = Array.from({ length: 11 }, (_, at) => texts[Math.round((at / 10) * (STEPS - 1))]);
  return `linear-gradient(to right, ${stops.join(', ')})`;
}
