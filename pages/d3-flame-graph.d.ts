/** What the pages use of two packages that bring no types. `Data` is a frame as the page has it. */

declare module 'd3-flame-graph' {
  export interface ShownFrame<Data> {
    data: Data;
    highlight?: boolean;
  }

  export interface Chart<Data> {
    width(pixels: number): this;
    height(pixels: number): this;
    cellHeight(pixels: number): this;
    minFrameSize(pixels: number): this;
    transitionDuration(ms: number): this;
    sort(sorted: boolean): this;
    setColorMapper(map: (frame: ShownFrame<Data>) => string): this;
    setLabelHandler(label: (frame: ShownFrame<Data>) => string): this;
    setDetailsHandler(show: (text: string | null) => void): this;
    setSearchMatch(matches: (frame: ShownFrame<Data>, term: string) => boolean): this;
    setSearchHandler(tell: (found: ShownFrame<Data>[], sum: number, total: number) => void): this;
    search(term: string): void;
    clear(): void;
    resetZoom(): void;
    destroy(): this;
  }

  export default function flamegraph<Data>(): Chart<Data>;
}

declare module 'd3-selection' {
  import type { Chart } from 'd3-flame-graph';

  export function select(element: Element): {
    datum<Data>(data: Data): { call(chart: Chart<Data>): void };
  };
}
