/** What page and server say to each other comes out as it went in. */

import { describe, expect, it } from 'vitest';
import {
  type DashboardEvent,
  decodeText,
  encodeText,
  FRAME_HEADER_BYTES,
  type Frame,
  FrameKind,
  readFrame,
  type SocketLike,
  socketEndpoint,
  writeFrameHeader,
} from '../../src/dashboard/protocol.js';

const header = { round: 7, changes: 2, first: 10, count: 3, stride: 4, total: 9 };

function frame(kind: Frame['kind'], numbers: number): ArrayBuffer {
  const buffer = new ArrayBuffer(FRAME_HEADER_BYTES + 4 * numbers);
  writeFrameHeader(buffer, { kind, ...header });
  return buffer;
}

describe('text', () => {
  it('keeps numbers that JSON lacks, and makes lists of typed arrays', () => {
    const said = { a: [Number.NaN, Infinity, -Infinity, -1.5], x: Float64Array.of(1, Number.NaN), n: null };
    expect(decodeText(encodeText(said))).toEqual({ ...said, x: [1, Number.NaN] });
  });
});

describe('frames', () => {
  it('single numbers', () => {
    const buffer = frame(FrameKind.DISAGREEMENT, 3);
    new Float32Array(buffer, FRAME_HEADER_BYTES).set([1, 2.5, 3]);
    const read = readFrame(buffer);
    expect(read).toEqual({ kind: FrameKind.DISAGREEMENT, ...header, values: Float32Array.of(1, 2.5, 3) });
  });

  it('pairs', () => {
    expect(readFrame(frame(FrameKind.EDGES, 6)).values).toEqual(new Uint32Array(6));
    expect(readFrame(frame(FrameKind.POSITIONS, 6)).values).toEqual(new Float32Array(6));
  });

  it('refuses what is none', () => {
    expect(() => readFrame(new ArrayBuffer(8))).toThrow('8 bytes');
    expect(() => readFrame(new ArrayBuffer(64))).toThrow('protocol 0');
    expect(() => readFrame(frame(FrameKind.BITS, 2))).toThrow('3 numbers');
  });
});

describe('a page', () => {
  it('hears answers, events and frames apart', () => {
    let hear: (event: { data: unknown }) => void = () => {};
    const sent: string[] = [];
    const socket: SocketLike = {
      binaryType: 'blob',
      send: (text) => void sent.push(text),
      addEventListener: (_type, listener) => {
        hear = listener;
      },
    };
    const events: DashboardEvent[] = [];
    const frames: Frame[] = [];
    const answers: unknown[] = [];
    const endpoint = socketEndpoint(
      socket,
      (event) => events.push(event),
      (one) => frames.push(one),
    );
    endpoint.addEventListener('message', (event) => answers.push((event as MessageEvent).data));
    endpoint.postMessage({ id: 'a', type: 'APPLY' });
    hear({ data: '{"id":"a","type":"RAW","value":1}' });
    hear({ data: '{"event":"bye","why":"Ctrl-C"}' });
    hear({ data: frame(FrameKind.BITS, 3) });
    expect(socket.binaryType).toBe('arraybuffer');
    expect(sent).toEqual(['{"id":"a","type":"APPLY"}']);
    expect(answers).toEqual([{ id: 'a', type: 'RAW', value: 1 }]);
    expect(events).toEqual([{ event: 'bye', why: 'Ctrl-C' }]);
    expect(frames.map(({ kind }) => kind)).toEqual([FrameKind.BITS]);
  });
});
