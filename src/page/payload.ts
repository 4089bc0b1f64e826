/**
 * What a report's page is given as data, beside what stands in it as text: curves, and the network. The page's
 * script (pages/report) reads it; numbers that are not finite, or not above 0 on a logarithmic axis, are null.
 */

/** Said of a run whose agents have no graph. */
export const NO_GRAPH =
  'The agents talk to a server, each over a link of its own, so there is no graph to draw.';

/** An axis along which curves can be looked at. */
export interface AxisPayload {
  key: string;
  /** With its unit. */
  label: string;
  /** As many as a curve has values. */
  values: (number | null)[];
}

export interface SeriesPayload {
  label: string;
  /** Which colour, from 1 on; 0 is that of what is no measurement. */
  colour: number;
  /** Drawn with dashes: what is expected, and not measured. */
  dashed?: boolean;
  values: (number | null)[];
  /** Between which half of the seeds lie. */
  low?: (number | null)[];
  high?: (number | null)[];
  /** Axes of its own, where curves do not share theirs. */
  axes?: AxisPayload[];
}

/** One picture of curves. */
export interface PanelPayload {
  /** Of the element that it is drawn in. */
  id: string;
  /** Of the vertical axis. */
  label: string;
  log: boolean;
  target: { value: number; label: string } | null;
  series: SeriesPayload[];
}

/** The network, edge by edge. Arrays are base64 of their little-endian bytes. */
export interface NetworkPayload {
  nodes: number;
  directed: boolean;
  /** Uint16, or Uint32 where `wide`: both ends of every edge; of a directed graph from and to. */
  ends: string;
  wide: boolean;
  /** Of each node; null where they are their numbers. */
  labels: string[] | null;
  /** Float32, of each node; null where the run left none. */
  disagreement: string | null;
  /** Float32 of each edge; null where all are 1. */
  weights: string | null;
  /** Whether there are few enough nodes for all eigenvalues. */
  spectrum: boolean;
}

/** The adjacency matrix as tiles. */
export interface TilesPayload {
  /** Tiles on a side. */
  side: number;
  /** Uint8: 0 none; 1..255 the logarithm of how many entries. */
  shades: string;
}

export interface ReportPayload {
  /** Along what curves can be looked at; the first is what they begin with. */
  axes: { key: string; label: string }[];
  /** Values of the axes, where all curves share them. */
  shared: AxisPayload[];
  panels: PanelPayload[];
  network: NetworkPayload | null;
  tiles: TilesPayload | null;
}
