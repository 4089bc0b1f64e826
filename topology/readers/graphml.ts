/**
 * GraphML (Brandes et al. 2002, http://graphml.graphdrawing.org): `<node id>`, `<edge source target
 * directed>`, and `<data key>` on either. Reads the node's label (key `label`, else `name`) and the edge's
 * weight (key `weight`, with its default); other keys are passed over. A `<key>` may stand anywhere, behind
 * the graph too, so that what `<data>` mean is settled at the end.
 *
 * Direction: the edge's `directed`, else the `edgedefault` of the graph that it stands in. Hyperedges cannot
 * be an edge here and are an error, as is a second graph. Nested graphs count with the rest, and ports are
 * left out; `Graph.readAs` says so.
 */
import { fileError, show } from '../errors.js';
import { type Direction, NamedGraph, type Reader } from './reader.js';
import { attributeOf, checkRoot, parseXml, refuseSecondGraph, wordOf } from './xml.js';

const EDGE_DEFAULTS = { undirected: 'undirected', directed: 'directed' } as const;
const DIRECTED = { false: 'undirected', true: 'directed', 0: 'undirected', 1: 'directed' } as const;

/** A `<data>`: the id of its key, what it holds and where. */
type Datum = [key: string, text: string, line: number];

interface Element {
  kind: 'node' | 'edge';
  line: number;
  attributes: Record<string, string>;
  direction: Direction | undefined;
  data: Datum[];
}

export const graphml: Reader = {
  format: 'graphml',
  extensions: ['.graphml'],
  summary: 'GraphML',
  parse(text, file, options) {
    const graph = new NamedGraph(file);
    const keys = new Keys();
    const elements: Element[] = [];
    /** The nodes, graphs and edges that are open; the last one is whose <data> are read. */
    const open: (Element | null)[] = [];
    /** What the graphs that are open say of their edges. */
    const defaults: Direction[] = [];
    let depth = 0;
    let graphs = 0;
    let nested = 0;
    let ports = 0;
    let key: string | null = null;
    let datum: Datum | null = null;
    /**
     * Depth of the <data>, <default> or <desc> that is open: whatever stands in it, vendors' elements with
     * the names of ours too, is not the graph's.
     */
    let inside = 0;

    parseXml(text, file, {
      open(element, attributes, line) {
        if (depth++ === 0) checkRoot(element, 'graphml', file, line);
        if (inside > 0) return;
        switch (element) {
          case 'key':
            key = attributeOf(attributes, 'id', 'key', file, line);
            keys.add(key, attributes['for'] ?? 'all', attributes['attr.name'] ?? key);
            break;
          case 'graph': {
            const direction = wordOf(attributes, 'edgedefault', EDGE_DEFAULTS, file, line);
            if (open.length > 0) nested++;
            else if (graphs++ > 0) throw refuseSecondGraph(file, line);
            else graph.direction = direction ?? 'undirected';
            open.push(null);
            defaults.push(direction ?? defaults.at(-1) ?? 'undirected');
            break;
          }
          case 'node':
          case 'edge': {
            for (const name of element === 'node' ? ['id'] : ['source', 'target'])
              attributeOf(attributes, name, element, file, line);
            if (defaults.length === 0) {
              throw fileError(file, line, `found <${element}> outside of a <graph>, expected it in one`);
            }
            const direction = wordOf(attributes, 'directed', DIRECTED, file, line) ?? defaults.at(-1);
            const made: Element = { kind: element, line, attributes, direction, data: [] };
            elements.push(made);
            open.push(made);
            break;
          }
          case 'data':
            datum = [attributeOf(attributes, 'key', 'data', file, line), '', line];
            inside = depth;
            break;
          case 'default':
            datum = [key ?? '', '', line];
            inside = depth;
            break;
          case 'desc':
            inside = depth;
            break;
          case 'port':
            ports++;
            break;
          case 'hyperedge':
            throw fileError(file, line, 'found <hyperedge>, expected edges between two nodes only');
        }
      },
      text(part) {
        if (datum !== null) datum[1] += part;
      },
      close(element) {
        const at = depth--;
        if (inside > 0 && at !== inside) return;
        inside = 0;
        if (element === 'data' && datum !== null) {
          const owner = open.at(-1);
          if (owner && keys.mayMatter(datum[0], owner.kind)) owner.data.push(datum);
        } else if (element === 'default' && datum !== null) {
          keys.setDefault(datum);
        } else if (element === 'node' || element === 'edge' || element === 'graph') {
          open.pop();
          if (element === 'graph') defaults.pop();
        } else if (element === 'key') {
          key = null;
        }
        if (element === 'data' || element === 'default') datum = null;
      },
    });
    if (graphs === 0) throw fileError(file, 0, 'no <graph> found, expected one');

    for (const { kind, line, attributes, direction, data } of elements) {
      if (kind === 'node') {
        const label = keys.find('label', kind, data) ?? keys.find('name', kind, data);
        if (label?.unlike) {
          const [, text, at] = label.unlike;
          throw fileError(
            file,
            at,
            `node has the labels ${show(label.text)} and ${show(text)}, expected one`,
          );
        }
        graph.addNode(attributeOf(attributes, 'id', kind, file, line), label?.text, line);
        continue;
      }
      const weight = keys.find('weight', kind, data) ?? keys.defaultOf('weight', kind);
      const weightLine = weight?.line ?? line;
      if (weight?.unlike) {
        const [, text, at] = weight.unlike;
        const problem = `edge has the weights ${show(weight.text)} and ${show(text)}, expected one weight`;
        graph.weightsDiffer(problem, at);
      }
      const source = attributeOf(attributes, 'source', kind, file, line);
      const target = attributeOf(attributes, 'target', kind, file, line);
      graph.addEdge(source, target, weight?.text, line, { weightLine, direction });
    }
    if (nested > 0) graph.note(`one graph with ${nested} nested ${nested === 1 ? 'graph' : 'graphs'} in it`);
    if (ports > 0) graph.note(`without ${ports} ${ports === 1 ? 'port' : 'ports'}`);
    return graph.toGraph(options);
  },
};

interface Key {
  domain: string;
  name: string;
  default?: Datum;
}

const WANTED = ['label', 'name', 'weight'];

/**
 * The <key> elements. One id may stand for two, one of nodes and one of edges; a key that is nowhere declared
 * has its id as name.
 */
class Keys {
  private readonly byId = new Map<string, Key[]>();
  private last: Key | null = null;

  add(id: string, domain: string, name: string): void {
    this.last = { domain, name };
    const known = this.byId.get(id);
    if (known) known.push(this.last);
    else this.byId.set(id, [this.last]);
  }

  setDefault(text: Datum): void {
    if (this.last !== null) this.last.default = text;
  }

  /** False only where what the key means is known already, and is nothing that is read. */
  mayMatter(id: string, kind: Element['kind']): boolean {
    const known = this.byId.get(id)?.filter((key) => isOf(key, kind));
    return (
      known === undefined ||
      known.length === 0 ||
      known.some(({ name }) => WANTED.includes(name.toLowerCase()))
    );
  }

  /** The datum of this name; a name that differs in case only serves where none is spelt so. */
  find(name: string, kind: Element['kind'], data: readonly Datum[]): Found | undefined {
    const named = (same: (found: string) => boolean) =>
      data.filter(([id]) => {
        const declared = this.byId.get(id);
        return declared === undefined ? same(id) : declared.some((key) => isOf(key, kind) && same(key.name));
      });
    const spelt = named((found) => found === name);
    return foundIn(spelt.length > 0 ? spelt : named((found) => found.toLowerCase() === name));
  }

  defaultOf(name: string, kind: Element['kind']): Found | undefined {
    const keys = [...this.byId.values()].flat().filter((key) => isOf(key, kind) && key.default);
    const spelt = keys.filter((key) => key.name === name);
    const alike = keys.filter((key) => key.name.toLowerCase() === name);
    return foundIn((spelt.length > 0 ? spelt : alike).map((key) => key.default as Datum));
  }
}

/** What stands for a name, and the first that says otherwise. */
interface Found {
  text: string;
  line: number;
  unlike: Datum | undefined;
}

function foundIn([first, ...others]: readonly Datum[]): Found | undefined {
  if (first === undefined) return undefined;
  const [, text, line] = first;
  return { text, line, unlike: others.find(([, other]) => other.trim() !== text.trim()) };
}

function isOf({ domain }: Key, kind: Element['kind']): boolean {
  return domain === kind || domain === 'all';
}
