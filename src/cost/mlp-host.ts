/**
 * What a host does for a perceptron: number the classes, lay bytes or floats out for the arena, draw where to
 * begin.
 */

import { valueMlp } from '../../kernels/reference/mlp.js';
import type { Arena } from '../arena/arena.js';
import { type FieldSpec, pointLength } from '../arena/layout.js';
import type { Dataset } from '../data/dataset.js';
import { EVERY_AGENT, fillNormal, STREAM_WEIGHTS } from '../data/random.js';
import { batchFields, batchNs, batchShare } from './batch.js';
import { numberClasses, testClasses } from './classes.js';
import { CompensatedSum } from './compensated.js';
import type { ClassParameters, SampledPlan } from './sampled.js';
import { describeSampled, labelField, moveLabels } from './sampled-model.js';
import { readDatasets } from './samples-host.js';
import type { CostContext, CostModel } from './types.js';

export interface MlpPlan extends SampledPlan {
  /** Features, hidden widths, classes. */
  widths: number[];
  /** Bytes from one sample's row to the next. */
  rowStride: number;
  /** 0: rows of float32; otherwise of bytes, and what they are divided by. */
  divisor: number;
}

/** Entries of x before layer l (from 0), and in all where l is the number of layers. */
export function entriesBefore(widths: readonly number[], l: number): number {
  let entries = 0;
  for (let k = 0; k < l; k++) entries += (widths[k]! + 1) * widths[k + 1]!;
  return entries;
}

/** Rows of a chunk and bytes of a panel's step, as in kernels/mlp.ts. */
const CHUNK = 64;
const PANEL_BYTES = 32;
const FLOAT_BYTES = 4;
/** u32 in a row of the table of layers. */
const LAYER_WORDS = 8;
/** Doubles of a tile. */
const TILE_DOUBLES = 16;

/** The table of layers that kernels read, and how many bytes of scratch it speaks of. */
export function layerTable(widths: readonly number[]): { words: Uint32Array; scratchBytes: number } {
  const depth = widths.length - 1;
  const words = new Uint32Array(LAYER_WORDS * depth);
  let bytes = 0;
  const reserve = (size: number): number => {
    const at = bytes;
    bytes += size;
    return at;
  };
  const chunk = (width: number): number => reserve(CHUNK * pointLength(width) * FLOAT_BYTES);
  const panels = (columns: number, steps: number): number =>
    reserve((pointLength(columns) / 8) * steps * PANEL_BYTES);
  let before = chunk(widths[0]!);
  for (let l = 0; l < depth; l++) {
    const [inputs, outputs] = [widths[l]!, widths[l + 1]!];
    const weights = panels(outputs, inputs);
    reserve(pointLength(outputs) * FLOAT_BYTES); // The biases, which follow.
    const turned = l > 0 ? panels(inputs, outputs) : 0;
    const after = chunk(outputs);
    const delta = chunk(outputs);
    words.set(
      [inputs, outputs, entriesBefore(widths, l), weights, turned, before, after, delta],
      LAYER_WORDS * l,
    );
    before = after;
  }
  return { words, scratchBytes: bytes };
}

export function scratchFields(widths: readonly number[]): FieldSpec[] {
  const { words, scratchBytes } = layerTable(widths);
  const classes = widths[widths.length - 1]!;
  return [
    { name: 'cost.layers', type: 'u32', length: words.length },
    { name: 'cost.scratch', type: 'f32', length: scratchBytes / FLOAT_BYTES, perWorker: true },
    {
      name: 'cost.spare',
      type: 'f64',
      length: Math.max(TILE_DOUBLES, pointLength(classes)),
      perWorker: true,
    },
  ];
}

/**
 * Products with the weights in a gradient: forward, gradient of the weights, and (but for the first layer)
 * delta.
 */
const PRODUCTS = 3;
/** Nanoseconds that a weight takes for one sample, about: all products together. */
const WEIGHT_NS = 0.4;

type MlpParameters = Omit<ClassParameters, 'storage' | 'intercept' | 'solve'> & { hidden: number[] };

export async function loadMlp(parameters: MlpParameters, context: CostContext): Promise<CostModel<MlpPlan>> {
  const { dataset, samples, test, plan: sampled } = await readDatasets(parameters, context);
  const { classes, labels } = numberClasses(dataset, parameters.classes, context.path);
  const widths = [dataset.columnCount, ...parameters.hidden, classes];
  const divisor = commonDivisor(dataset, test);
  const plan: MlpPlan = {
    kind: 'mlp',
    dim: entriesBefore(widths, widths.length - 1),
    widths,
    rowStride: dataset.columnCount * (divisor > 0 ? 1 : 4),
    divisor,
    ...sampled,
  };
  return new MlpModel(
    plan,
    context,
    samples,
    { rows: rowsOf(dataset, divisor), labels },
    test && {
      rows: rowsOf(test, divisor),
      labels: testClasses(test, dataset.labels, labels, parameters.classes, context.path),
    },
  );
}

/** Rows one after the other without gaps. */
interface Rows {
  rows: Uint8Array | Float32Array;
  labels: Uint32Array;
}

/** 0 unless all samples are bytes of one kind. */
function commonDivisor({ matrix }: Dataset, test: Dataset | null): number {
  if (matrix.kind !== 'bytes') return 0;
  const same = test === null || (test.matrix.kind === 'bytes' && test.matrix.divisor === matrix.divisor);
  return same ? matrix.divisor : 0;
}

function rowsOf({ matrix, rows, columnCount }: Dataset, divisor: number): Uint8Array | Float32Array {
  if (matrix.kind === 'bytes') {
    return divisor > 0 ? matrix.values : Float32Array.from(matrix.values, (byte) => byte / matrix.divisor);
  }
  if (matrix.kind === 'dense') return Float32Array.from(matrix.values);
  const values = new Float32Array(rows * columnCount);
  for (let r = 0; r < rows; r++) {
    for (let e = matrix.rowStart[r]!; e < matrix.rowStart[r + 1]!; e++) {
      values[r * columnCount + matrix.columns[e]!] = matrix.values[e]!;
    }
  }
  return values;
}

class MlpModel implements CostModel<MlpPlan> {
  readonly plan: MlpPlan;
  readonly dim: number;
  readonly fields: FieldSpec[];
  readonly work: Float64Array;
  readonly exactWork: number;
  readonly nanoseconds: Float64Array;
  readonly curvature = { m: 0, l: Infinity, meanM: 0, meanL: Infinity };
  readonly description: string;
  readonly nonconvex = true;
  readonly whyNoOptimum = 'a perceptron is not convex, so a stationary point need not be the best';
  readonly #context: CostContext;
  readonly samples: Uint32Array;
  /** The host's until `fill`, the arena's from then on. */
  #train: Rows;
  #test: Rows | null;

  constructor(plan: MlpPlan, context: CostContext, samples: Uint32Array, train: Rows, test: Rows | null) {
    this.plan = plan;
    this.dim = plan.dim;
    this.#context = context;
    this.samples = samples;
    this.#train = train;
    this.#test = test;
    this.work = Float64Array.from({ length: context.agents }, (_, i) => {
      const held = samples[i + 1]! - samples[i]!;
      return plan.dim * (2 + PRODUCTS * held * batchShare(plan.batch, held));
    });
    this.exactWork = plan.dim * (2 * context.agents + PRODUCTS * samples[context.agents]!);
    this.nanoseconds = Float64Array.from({ length: context.agents }, (_, i) => {
      const held = samples[i + 1]! - samples[i]!;
      return plan.dim + batchNs(plan.batch, held, WEIGHT_NS * plan.dim);
    });
    this.fields = [
      { name: 'cost.samples', type: 'u32', length: samples.length },
      ...rowFields(train, 'cost.'),
      ...(test ? rowFields(test, 'cost.test.') : []),
      ...scratchFields(plan.widths),
      ...batchFields(plan.batch, samples),
    ];
    this.description = describeSampled(
      { ...plan, kind: `perceptron ${plan.widths.join('-')}` },
      train.labels.length,
    );
  }

  fill(arena: Arena): void {
    arena.view('cost.samples', 'u32').set(this.samples);
    arena.view('cost.layers', 'u32').set(layerTable(this.plan.widths).words);
    this.#train = fillRows(this.#train, arena, 'cost.');
    this.#test = this.#test && fillRows(this.#test, arena, 'cost.test.');
  }

  initial(): Float64Array {
    const { widths } = this.plan;
    const x = new Float64Array(this.dim);
    for (let l = 0; l + 1 < widths.length; l++) {
      const weights = widths[l]! * widths[l + 1]!;
      const deviation = Math.sqrt(2 / widths[l]!);
      const at = entriesBefore(widths, l);
      fillNormal(x, at, weights, deviation, EVERY_AGENT, l, STREAM_WEIGHTS, this.#context.seed);
    }
    return x;
  }

  value(x: Float64Array): number {
    const { widths, divisor, regularization } = this.plan;
    const { rows, labels } = this.#train;
    const losses = new CompensatedSum(1);
    labels.forEach((label, r) => {
      const values = Array.from(
        rows.subarray(r * widths[0]!, (r + 1) * widths[0]!),
        (v) => v / (divisor || 1),
      );
      losses.add(0, valueMlp(x, { widths, samples: [{ values, label }], scale: 1, regularization: 0 }));
    });
    const squares = new CompensatedSum(1);
    for (const entry of x) squares.add(0, entry * entry);
    return losses.total(0) / labels.length + 0.5 * regularization * squares.total(0);
  }

  optimum(): null {
    return null;
  }
}

function rowFields({ rows, labels }: Rows, prefix: string): FieldSpec[] {
  return [
    { name: `${prefix}rows`, type: rows instanceof Uint8Array ? 'u8' : 'f32', length: rows.length },
    labelField(labels, prefix),
  ];
}

function fillRows({ rows, labels }: Rows, arena: Arena, prefix: string): Rows {
  const there = arena.view(`${prefix}rows`, rows instanceof Uint8Array ? 'u8' : 'f32');
  there.set(rows);
  return { rows: there, labels: moveLabels(labels, arena, prefix) };
}
