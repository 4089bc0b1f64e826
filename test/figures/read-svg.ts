/** A picture read back: where its ticks stand tells what its lines mean. */

type Point = [number, number];

/** Lines of the curves, in the order in which they are drawn. */
export function polylinesOf(svg: string): Point[][] {
  return [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, points = '']) =>
    points.split(' ').map((point) => point.split(',').map(Number) as Point),
  );
}

/** From places on the page to values: linear across, logarithmic upwards, by the first and the last tick. */
export function axesOf(svg: string): { x: (place: number) => number; y: (place: number) => number } {
  const texts = [
    ...svg.matchAll(
      /<text x="([\d.]+)" y="([\d.]+)" text-anchor="(middle|end)">([^<]*)(?:<tspan[^>]*>([^<]*)<)?/g,
    ),
  ];
  const number = (text: string) => Number(text.replace('−', '-'));
  const across = texts.filter(([, , , anchor, text]) => anchor === 'middle' && /^[\d.]+$/.test(text!));
  const up = texts.filter(
    ([, , , anchor, text, power]) => anchor === 'end' && text === '10' && power !== undefined,
  );
  const line = (points: Point[]) => {
    const [[p1, v1], [p2, v2]] = [points[0]!, points.at(-1)!];
    return (place: number) => v1 + ((place - p1) / (p2 - p1)) * (v2 - v1);
  };
  const powers = line(up.map(([, , y, , , power]) => [Number(y), number(power!)]));
  // Numbers stand a little below their tick.
  const below = 8 * 0.36;
  return {
    x: line(across.map(([, x, , , text]) => [Number(x), number(text!)])),
    y: (place) => 10 ** powers(place + below),
  };
}
