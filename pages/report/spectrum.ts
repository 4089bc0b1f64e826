/** All eigenvalues of the Laplacian, computed here: a report need not have waited for them. */

import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { NetworkPayload } from '../../src/page/payload.js';
import { cssColour, h } from '../shared/dom.js';
import { count, short } from '../shared/numbers.js';
import { bytesOf, endsOf } from './network.js';

const TALL = 190;
const LEFT = 58;
const BOTTOM = 30;

function eigenvalues(graph: NetworkPayload): number[] {
  const ends = endsOf(graph);
  const weights = graph.weights === null ? null : new Float32Array(bytesOf(graph.weights).buffer);
  const laplacian = Matrix.zeros(graph.nodes, graph.nodes);
  for (let edge = 0; edge < ends.length / 2; edge++) {
    const [a = 0, b = 0] = [ends[2 * edge], ends[2 * edge + 1]];
    const weight = weights?.[edge] ?? 1;
    laplacian.set(a, b, -weight);
    laplacian.set(b, a, -weight);
    laplacian.set(a, a, laplacian.get(a, a) + weight);
    laplacian.set(b, b, laplacian.get(b, b) + weight);
  }
  return new EigenvalueDecomposition(laplacian, { assumeSymmetric: true }).realEigenvalues.sort(
    (a, b) => a - b,
  );
}

/** Draws them; gives what draws them again in other colours. */
export function drawSpectrum(place: HTMLElement, tablePlace: HTMLElement, graph: NetworkPayload): () => void {
  const values = eigenvalues(graph);
  const [second = 0, last = 0] = [values[1], values.at(-1)];
  const says = h(
    'p',
    { className: 'note' },
    `All ${count(values.length)} eigenvalues of the Laplacian, ascending: lambda2 ${short(second, 4)}, lambdaMax ${short(last, 4)}, a ratio of ${short(last / second, 3)}. The larger the ratio, the more rounds agreement takes.`,
  );
  const shown =
    values.length <= 40
      ? values.map((_, at) => at)
      : Array.from({ length: 40 }, (_, at) => Math.round((at * (values.length - 1)) / 39));
  const body = h(
    'tbody',
    {},
    ...shown.map((at) =>
      h(
        'tr',
        {},
        h('th', { attrs: { scope: 'row' } }, count(at + 1)),
        h('td', {}, short(Math.max(0, values[at] ?? 0), 5)),
      ),
    ),
  );
  const head = h(
    'thead',
    {},
    h(
      'tr',
      {},
      h('th', { attrs: { scope: 'col' } }, 'number'),
      h('th', { attrs: { scope: 'col' } }, 'eigenvalue'),
    ),
  );
  const table = h(
    'div',
    { className: 'scroll', tabIndex: 0, attrs: { role: 'region', 'aria-label': 'Eigenvalues' } },
    h('table', {}, head, body),
  );
  tablePlace.replaceChildren(h('details', {}, h('summary', {}, 'As a table'), table));
  const draw = () => {
    const canvas = h('canvas', {
      attrs: { role: 'img', 'aria-label': 'Eigenvalues of the Laplacian, ascending' },
    });
    const width = Math.max(240, place.clientWidth);
    const ratio = Math.max(2, devicePixelRatio);
    canvas.width = width * ratio;
    canvas.height = TALL * ratio;
    canvas.style.height = `${TALL}px`;
    const context = canvas.getContext('2d');
    if (context === null) return;
    context.scale(ratio, ratio);
    const x = (at: number) => LEFT + ((width - LEFT - 12) * (at + 0.5)) / values.length;
    const y = (value: number) => TALL - BOTTOM - ((TALL - BOTTOM - 14) * Math.max(0, value)) / (last || 1);
    context.strokeStyle = cssColour('--line');
    context.fillStyle = cssColour('--soft');
    context.font = `12px ${cssColour('--sans')}`;
    for (const share of [0, 0.5, 1]) {
      context.beginPath();
      context.moveTo(LEFT, y(share * last));
      context.lineTo(width, y(share * last));
      context.stroke();
      context.textAlign = 'right';
      context.textBaseline = 'middle';
      context.fillText(short(share * last, 3), LEFT - 6, y(share * last));
    }
    context.textAlign = 'center';
    context.fillText('eigenvalues, from the smallest to the largest', (LEFT + width) / 2, TALL - 12);
    context.fillStyle = cssColour('--series-1');
    const radius = Math.max(1.2, Math.min(4, (0.4 * width) / values.length));
    for (const [at, value] of values.entries()) {
      context.beginPath();
      context.arc(x(at), y(value), radius, 0, 2 * Math.PI);
      context.fill();
    }
    place.replaceChildren(canvas, says);
  };
  draw();
  return draw;
}
