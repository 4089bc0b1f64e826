/**
 * What is fuzzed: for every reader sound files to mutate, made here or by our own writers, and a call that reads one.
 * A further reader is one entry of `readers`.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { InputError } from '../../dist/src/base/errors.js';
import { checkSpec, parseSpecText } from '../../dist/src/certify/spec-text.js';
import { readCheckpoint, Unusable, writeCheckpoint } from '../../dist/src/checkpoint/file.js';
import { parseCell } from '../../dist/src/compare/store.js';
import { compressors } from '../../dist/src/compress/registry.js';
import { loadConfig, parseOverride } from '../../dist/src/config/load.js';
import { loadRegistries } from '../../dist/src/config/registries.js';
import { readDataset } from '../../dist/src/data/dataset.js';
import { networkOfEdges } from '../../dist/src/links/network.js';
import { loadManifest } from '../../dist/src/output/load-manifest.js';
import { readTraceRows } from '../../dist/src/output/trace-file.js';
import { formatGraph, generate, parseGraph, readGraph } from '../../dist/topology/index.js';
import { assumeFreeMemory } from '../../dist/topology/memory.js';

const fixtures = new URL('../fixtures/topology/', import.meta.url);
const fixture = (name) => readFileSync(new URL(name, fixtures));
const text = (...lines) => Buffer.from(lines.join('\n'));
const drawn = generate({ kind: 'erdos-renyi', nodes: 24, averageDegree: 4 }, 5);
const ring = generate({ kind: 'ring', nodes: 6 }, 1);
const written = (format) => [drawn, ring].map((graph) => Buffer.from(formatGraph(graph, format)));

/**
 * @typedef {object} FuzzedReader
 * @property {readonly Buffer[]} seeds
 * @property {number} [variants] ways to read the same bytes, 1 where left out
 * @property {string} file what messages must name; '' where there is no file
 * @property {(bytes: Buffer, variant: number) => unknown} read may be asynchronous; throws what it refuses
 */

const OPTIONS = [{}, { directions: 'keep' }, { directions: 'stated' }];

/** A graph's format: read with directions forgotten, kept and as stated, in turn. */
function graph(format, extension, seeds, more = []) {
  const options = [...OPTIONS, ...more];
  const file = `fuzzed${extension}`;
  const read = (bytes, variant) => parseGraph(bytes, format, file, options[variant % options.length]);
  return { seeds, file, read, variants: options.length };
}

const LISTS = [
  fixture('karate.edges'),
  ...written('edgelist'),
  text('# Nodes: 9 Edges: 4', '0 1', '1 2', '5 3', '3 0', ''),
  text('source,target,weight', 'Berlin,Paris,2.5', '"Oslo, S",Paris,1', 'Berlin,"a ""b""",3', ''),
  text('Source;Target;Type;Weight', 'a;b;Directed;1', 'b;c;Undirected;2', 'c;a;Directed;0.5', ''),
  text("0 1 {'weight': 2.5}", '1 2 {}', "2 0 {'weight': 1}", ''),
  text('% sym weighted', '% 3 3 3', '1 2 1', '2 3 4', '3 1 2', ''),
  text('sep=;', 'from;to', '1;2', '2;3', ''),
  text('a|b|1', 'b|c|2', 'c|a|3', ''),
];
const MATRICES = [
  text('0 1 0 2', '1 0 3 0', '0 3 0 1', '2 0 1 0', ''),
  text(',A,B,C', 'A,0,1,0', 'B,1,0,2.5', 'C,0,2.5,0', ''),
  text('0;1;1', '1;0;0', '1;0;0', ''),
];

/** A .npy file by its header's text and its numbers. */
export function npyFile(header, payload, version = 1) {
  const padded = `${header}${' '.repeat(64 - ((header.length + 11) % 64))}\n`;
  const size = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) size.writeUInt16LE(padded.length);
  else size.writeUInt32LE(padded.length);
  return Buffer.concat([
    Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1'),
    size,
    Buffer.from(padded),
    payload,
  ]);
}
const dict = (type, fortran, shape) =>
  `{'descr': '${type}', 'fortran_order': ${fortran}, 'shape': (${shape}), }`;
const doubles = (...values) => Buffer.from(Float64Array.from(values).buffer);
const NPY_GRAPHS = [
  npyFile(dict('<f8', 'False', '3, 3'), doubles(0, 1, 0, 1, 0, 2, 0, 2, 0)),
  npyFile(dict('|b1', 'True', '3, 3'), Buffer.from([0, 1, 0, 1, 0, 1, 0, 1, 0]), 2),
  npyFile(dict('>i4', 'False', '2, 2'), Buffer.from([0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 0])),
];

/** One element of a MAT-file, padded. */
function element(type, data) {
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(type, 0);
  tag.writeUInt32LE(data.length, 4);
  return Buffer.concat([tag, data, Buffer.alloc((8 - (data.length % 8)) % 8)]);
}
const ints = (...values) => Buffer.from(Int32Array.from(values).buffer);
function matFile(kind, flags, shape, parts, packed = false) {
  const matrix = element(
    14,
    Buffer.concat([
      element(6, ints(kind | flags, 4)),
      element(5, ints(...shape)),
      element(1, Buffer.from('A')),
      ...parts,
    ]),
  );
  const head = Buffer.alloc(128, 32);
  head.write('MATLAB 5.0 MAT-file, written by a test');
  head.writeUInt16LE(0x0100, 124);
  head.write('IM', 126);
  if (!packed) return Buffer.concat([head, matrix]);
  const data = deflateSync(matrix);
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(15, 0);
  tag.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, tag, data]);
}
const FULL = [element(9, doubles(0, 1, 0, 1, 0, 2, 0, 2, 0))];
const SPARSE = [element(5, ints(1, 0, 2, 1)), element(5, ints(0, 1, 3, 4)), element(9, doubles(1, 1, 2, 2))];
const MATS = [
  matFile(6, 0, [3, 3], FULL),
  matFile(6, 0, [3, 3], FULL, true),
  matFile(5, 0, [3, 3], SPARSE),
  matFile(5, 0x200, [3, 3], SPARSE, true),
];

/** Readers that open a file: it is written first, into memory where there is a file system of that kind. */
let folder = process.env.FUZZ_FOLDER ?? '/tmp';
export function useFolder(path) {
  folder = path;
  mkdirSync(path, { recursive: true });
}
function onDisk(name, seeds, read) {
  return {
    seeds,
    file: name,
    read(bytes, variant) {
      const file = join(folder, name);
      writeFileSync(file, bytes);
      return read(file, variant);
    },
  };
}
const dataset = (name, seeds, options = [{}]) =>
  onDisk(name, seeds, (file, variant) =>
    readDataset(file, {
      resolve: (path) => path,
      path: ['cost', 'data'],
      ...options[variant % options.length],
    }),
  );

const SVM = [
  text('+1 1:0.5 3:-2 7:1e-3', '-1 2:1 7:4', '+1 qid:3 1:2 # a comment', ''),
  text('0 0:1 4:2', '1 1:.5', '2', ''),
];
const TABLES = [
  text('a,b,late', '1,2,1', '3,4.5,-1', '-.5,1e3,1', ''),
  text('1\t2\t0', '3\t4\t1', ''),
  text('"x";"y";"z"', '1,5;2;0', '3;4,25;1', ''),
  text('city,x,y', 'Berlin,1,2', '"Oslo, S",3,4', ''),
];
const idx = (...shape) => {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.writeUInt32BE(0x0800 + shape.length, 0);
  for (const [at, size] of shape.entries()) head.writeUInt32BE(size, 4 + 4 * at);
  const length = shape.reduce((product, size) => product * size, 1);
  return Buffer.concat([head, Buffer.from(Array.from({ length }, (_, at) => at % 251))]);
};
const IMAGES = [idx(5, 3, 2), idx(5, 4)];
const LABELS = idx(5);
const NPY_DATA = [
  npyFile(dict('<f8', 'False', '3, 2'), doubles(1, 2, 3, 4, 5, 6)),
  npyFile(dict('>f4', 'True', '3, 1'), Buffer.from([0x3f, 0x80, 0, 0, 0x40, 0, 0, 0, 0x40, 0x40, 0, 0])),
  npyFile(dict('<i8', 'False', '3,'), Buffer.from(BigInt64Array.from([1n, 2n, 3n]).buffer), 3),
];

function configs() {
  const root = new URL('../../', import.meta.url);
  const found = [];
  for (const name of readdirSync(new URL('examples/', root), { recursive: true }))
    if (name.endsWith('.yaml')) found.push(readFileSync(new URL(`examples/${name}`, root)));
  return [
    ...found,
    text(
      'topology: { edges: [[0, 1], [1, 2], [2, 0]], nodes: 3 }',
      'cost: &c { kind: quadratic, dim: 4 }',
      'flow: { kind: primal-dual, step: 0.1 }',
      'compressor: { kind: flatten, inner: { kind: sign } }',
      'rounds: 10',
      'stop: { gap: 1e-3 }',
      '',
    ),
    text(
      '{"topology":{"kind":"ring","nodes":8},"cost":{"kind":"average","dim":4},"flow":{"kind":"consensus"},"rounds":5}',
    ),
  ];
}

let registries;
const SPECS = [
  'sign',
  'top-k(k=8)',
  'flatten(sign)',
  'every(4, top-k(k=2))',
  'adaptive(budget=99, [sign, identity])',
  '{ kind: top-k, k: 8 }',
  'schedule([0.5], [sign, identity])',
  'event-triggered({ absolute: 0.1 }, sign)',
].map((one) => Buffer.from(one));

const GENERATED = [
  ['kind: ring', 'nodes: 8'],
  ['kind: erdos-renyi', 'nodes: 30', 'averageDegree: 6', 'seed: 1'],
  ['kind: erdos-renyi', 'nodes: 30', 'probability: 0'],
  ['kind: random-regular', 'nodes: 12', 'degree: 3'],
  ['kind: barabasi-albert', 'nodes: 20', 'attach: 2'],
  ['kind: watts-strogatz', 'nodes: 20', 'degree: 4', 'rewire: 0.1'],
  ['kind: stochastic-block', 'sizes: [4, 5, 6]', 'within: 0.5', 'between: 0.1'],
  ['kind: random-geometric', 'nodes: 20', 'radius: 0.3'],
  ['kind: grid', 'rows: 3', 'columns: 4'],
  ['kind: torus', 'rows: 3', 'columns: 4'],
  ['kind: hypercube', 'dimension: 4'],
  ['kind: balanced-tree', 'branching: 2', 'height: 3'],
  ['kind: barbell', 'clique: 4', 'path: 2'],
  ['kind: random-digraph', 'nodes: 12', 'averageDegree: 3'],
  ['kind: kronecker', 'scale: 4', 'edgeFactor: 8', 'a: 0.5'],
  ['kind: uniform-random', 'nodes: 20', 'edgeFactor: 3'],
].map((lines) => text(...lines));

/** `nodes: 8`, a parameter a line: whatever is changed in it, a spec comes of it. */
function specOf(lines) {
  return Object.fromEntries(
    lines.split('\n').map((line) => {
      const [, key, value] = /^([^:]*):? ?(.*)$/s.exec(line);
      try {
        return [key, JSON.parse(value)];
      } catch {
        return [key, Number.isNaN(Number(value)) ? value : Number(value)];
      }
    }),
  );
}

/** What a run leaves, and reads again when it is gone on with. */
const SECTIONS = [{ name: 'x', type: 'f64', as: 'rows', rows: 4, rowBytes: 64, offset: 0 }];
const HEADER = {
  run: '0b1c2d3e-0000-4000-8000-000000000000',
  config: 'c0ffee',
  sottovoce: '0.1.0',
  kernels: 'beef',
  node: '20.0.0',
  round: 12,
  seconds: 0.5,
  refining: false,
  sections: SECTIONS,
  bytes: 256,
  time: '2025-01-31T14:25:30.000Z',
};
async function checkpoints() {
  const file = join(mkdtempSync(join(tmpdir(), 'sottovoce-seed-')), 'one.checkpoint');
  await writeCheckpoint(
    file,
    HEADER,
    Uint8Array.from({ length: 256 }, (_, at) => at),
  );
  const bytes = readFileSync(file);
  rmSync(dirname(file), { recursive: true });
  return [bytes];
}
const MANIFEST = {
  format: 'sottovoce-run/1',
  run: HEADER.run,
  name: 'ring',
  config: {
    topology: { kind: 'ring', nodes: 6 },
    cost: { kind: 'quadratic', dim: 3 },
    flow: { kind: 'primal-dual', step: 'auto' },
    rounds: 20,
    seed: 1,
  },
  inputs: [{ path: 'graph.gml', role: 'topology.file', bytes: 12, sha256: 'ab' }],
  plan: { gains: { step: 0.1 } },
  versions: { sottovoce: '0.1.0' },
  machine: { configFile: null, folder: '/tmp' },
};
const TRACE = text(
  'round,objective,gap,rmsError,consensusError,observerError,bitsBroadcast,bitsLinks,seconds,networkSeconds,accuracy,bitsUp,bitsDown,agentsGapMean,agentsGapWorst,gradientNorm,meanGradientNorm',
  '0,1.5,0.5,1,0,,0,0,0.001,,,,,0.5,0.6,1,1',
  '5,1.2,0.2,0.5,1e-3,,640,1280,0.002,,,,,0.2,0.3,0.5,0.4',
  '',
);

/** @type {Readonly<Record<string, FuzzedReader>>} */
export const readers = {
  gml: graph('gml', '.gml', [fixture('small.gml')]),
  graphml: graph('graphml', '.graphml', [fixture('small.graphml'), ...written('graphml')]),
  gexf: graph('gexf', '.gexf', [fixture('small.gexf')]),
  mtx: graph('mtx', '.mtx', [
    fixture('small.mtx'),
    text('%%MatrixMarket matrix coordinate pattern general', '5 5 3', '1 2', '2 3', '5 1', ''),
    text('%%MatrixMarket matrix array real general', '2 2', '0', '1', '1', '0', ''),
  ]),
  json: graph('json', '.json', [fixture('small.json'), ...written('json')]),
  edgelist: graph('edgelist', '.edges', LISTS, [
    { header: false },
    { header: true },
    { columns: [1, 2] },
    { separator: 'space' },
  ]),
  table: graph('table', '.csv', [...LISTS, ...MATRICES], [{ header: false }]),
  matrix: graph('matrix', '.csv', MATRICES),
  adjlist: graph('adjlist', '.adjlist', [
    text('# made by hand', 'a b c', 'b d', 'd', ''),
    text('0 1 2', '1 3', '2 3', '3', ''),
  ]),
  npy: graph('npy', '.npy', NPY_GRAPHS),
  mat: graph('mat', '.mat', MATS),
  metis: graph('metis', '.graph', [
    text('3 2', '2', '1 3', '2', ''),
    text('% weights', '3 3 001', '2 5 3 1', '1 5 3 2', '1 1 2 2', ''),
  ]),
  dimacs: graph('dimacs', '.gr', [
    text('c a road', 'p sp 4 3', 'a 1 2 5', 'a 2 3 1', 'a 4 1 2', ''),
    text('p edge 3 2', 'e 1 2', 'e 2 3', ''),
    text('p tw 3 2', '1 2', '2 3', ''),
  ]),
  pajek: graph('pajek', '.net', [
    text(
      '*Vertices 4',
      '1 "New York" 0.1 0.2',
      '2 Oslo',
      '*Edges',
      '1 2 2.5',
      '3 4',
      '*Arcslist',
      '1 2 3',
      '',
    ),
    text('*Network x', '*Vertices 3', '*Matrix', '0 1 0', '1 0 2', '0 2 0', ''),
    text('*Vertices 3', '*Arcs :1 "likes"', '1 2 1 c Blue', '2 3 2 [1-3]', '*Edgeslist', '3 1', ''),
  ]),
  graph6: graph('graph6', '.g6', [
    text('>>graph6<<DQc'),
    text(':Fa@x^'),
    text('&DI?AO?'),
    text('~??~?????_?????????????????'),
  ]),
  libsvm: dataset('fuzzed.libsvm', SVM, [{}, { firstIndex: 0 }, { firstIndex: 1 }, { group: 1 }]),
  csv: dataset('fuzzed-data.csv', TABLES, [
    {},
    { header: true },
    { header: false },
    { target: 0 },
    { decimal: ',' },
    { group: 0 },
  ]),
  'npy-data': onDisk('fuzzed-data.npy', NPY_DATA, (file) =>
    readDataset(
      { x: file, y: Float64Array.of(1, 2, 3) },
      { resolve: (path) => path, path: ['cost', 'data'] },
    ),
  ),
  idx: onDisk('fuzzed.idx', IMAGES, (file) => {
    writeFileSync(`${file}.labels`, LABELS);
    return readDataset(
      { images: file, labels: `${file}.labels` },
      { resolve: (path) => path, path: ['cost', 'data'] },
    );
  }),
  network: onDisk(
    'fuzzed-links.csv',
    [text('# made by hand', 'source,target,bandwidth,latency', '0,1,1 Mbit/s,20 ms', '1,2,,5 ms', '')],
    (file) => networkOfEdges({ bandwidth: 1e6, latency: 0.01, edges: file }, ring, (path) => path),
  ),
  packed: onDisk('fuzzed.edges.gz', [gzipSync(LISTS[0]), gzipSync(LISTS[3])], (file) => readGraph(file)),
  yaml: onDisk('fuzzed.yaml', configs(), async (file) => {
    registries ??= await loadRegistries();
    return loadConfig(file, [], registries);
  }),
  checkpoint: onDisk('fuzzed.checkpoint', await checkpoints(), (file) => {
    try {
      return readCheckpoint(file, null);
    } catch (error) {
      throw error instanceof Unusable ? new InputError(`${file} ${error.message}`) : error;
    }
  }),
  manifest: onDisk('fuzzed.json', [Buffer.from(JSON.stringify(MANIFEST, null, 2))], async (file) => {
    try {
      return await loadManifest(file);
    } catch (error) {
      // What is wrong in its config is said by its place in it.
      throw error?.code === 'BAD_INPUT' ? new InputError(`${file}: ${error.message}`) : error;
    }
  }),
  trace: onDisk('fuzzed-trace.csv', [TRACE], (file) => [...readTraceRows(file)]),
  cell: {
    seeds: [text('{"format":"sottovoce-cell/1","cell":"ab","inputs":[],"status":"finished","digest":"cd"}')],
    file: '',
    read: (bytes) => parseCell(bytes.toString()),
  },
  override: {
    seeds: ['flow.step=0.1', 'compressor={ kind: top-k, k: 4 }', 'topology.sizes[2]=5', 'name="a: b"'].map(
      (one) => Buffer.from(one),
    ),
    file: '',
    read: (bytes) => parseOverride(bytes.toString()),
  },
  'spec-text': {
    seeds: SPECS,
    file: '',
    read: (bytes) => checkSpec(parseSpecText(bytes.toString(), compressors), compressors),
  },
  generator: {
    seeds: GENERATED,
    file: '',
    // A spec of few characters may ask for any size: it is held against a machine that has little.
    read(bytes) {
      assumeFreeMemory(8 * 2 ** 20);
      try {
        return generate(specOf(bytes.toString()), 1);
      } finally {
        assumeFreeMemory(null);
      }
    },
  },
};
