/**
 * What every transport keeps to (src/ranks/transport.ts), as programs that all ranks run together: each case is
 * called on every rank, and throws where its rank saw something else. They run over the double in `npm test`,
 * and over MPI in `npm run test:mpi`.
 */

import assert from 'node:assert/strict';

const shared = (bytes) => new Uint8Array(new SharedArrayBuffer(bytes));
const rowsOf = (...rows) => Uint32Array.from(rows);
const others = ({ rank, ranks }) =>
  Array.from({ length: ranks }, (_, peer) => peer).filter((peer) => peer !== rank);
const next = ({ rank, ranks }) => (rank + 1) % ranks;
const before = ({ rank, ranks }) => (rank + ranks - 1) % ranks;

/** Says something of rank, row, round and place in the row; no two neighbours alike. */
const byteOf = (rank, row, round, at) => (rank * 101 + row * 31 + round * 7 + at * 3 + (row >> 8)) & 255;

function fillRows(base, rowBytes, rank, round) {
  for (let at = 0; at < base.length; at++) {
    base[at] = byteOf(rank, Math.floor(at / rowBytes), round, at % rowBytes);
  }
}

/** Numbers below `below`, each once, in an order of their own. */
function scattered(count, below, seed) {
  const all = Array.from({ length: below }, (_, at) => at);
  let state = seed * 2654435761 + 1;
  for (let at = 0; at < count; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = at + (state % (below - at));
    [all[at], all[other]] = [all[other], all[at]];
  }
  return Uint32Array.from(all.slice(0, count));
}

/**
 * Every rank sends `rowsTo(from, to)` of its memory to every other, which has room for them behind one
 * another in an order of its own: as often as asked, with other bytes each time.
 */
function exchangeAll({ transport, rowBytes, rowsTo, tag, times, memory = shared, poll = false }) {
  const { rank } = transport;
  const peers = others(transport);
  const most = Math.max(1, ...peers.map((peer) => Math.max(...rowsTo(rank, peer), 0) + 1));
  const base = memory(most * rowBytes);
  const places = new Map();
  let total = 0;
  for (const peer of peers) {
    const count = rowsTo(peer, rank).length;
    places.set(
      peer,
      scattered(count, count, peer + 1).map((row) => row + total),
    );
    total += count;
  }
  const ghosts = memory(Math.max(1, total) * rowBytes);
  const exchange = transport.repeated(
    peers.flatMap((peer) => [
      { kind: 'send', peer, tag, base, rowBytes, rows: rowsTo(rank, peer) },
      { kind: 'receive', peer, tag, base: ghosts, rowBytes, rows: places.get(peer) },
    ]),
  );
  for (let round = 0; round < times; round++) {
    fillRows(base, rowBytes, rank, round);
    ghosts.fill(0);
    exchange.start();
    if (poll) while (!exchange.done());
    else exchange.wait();
    assert.equal(exchange.done(), true);
    for (const peer of peers) {
      rowsTo(peer, rank).forEach((row, at) => {
        const place = places.get(peer)[at];
        const arrived = ghosts.subarray(place * rowBytes, (place + 1) * rowBytes);
        const said = Uint8Array.from(arrived, (_, byte) => byteOf(peer, row, round, byte));
        const where = `round ${round}, row ${row} of rank ${peer} at place ${place}`;
        if (Buffer.compare(arrived, said) !== 0) assert.deepEqual([...arrived], [...said], where);
      });
    }
  }
  exchange.free();
}

/** All ranks have come here. */
function meet(transport, tag) {
  const word = new Uint8Array(1);
  for (const peer of others(transport)) transport.send(peer, tag, word);
  for (const peer of others(transport)) transport.receive(peer, tag, word);
}

const pattern = (length, seed) => Uint8Array.from({ length }, (_, at) => (at * 7 + seed + (at >> 8)) & 255);

export const cases = {
  'two rows go round, as one can check by hand'({ transport }) {
    const base = shared(6);
    base.set([10, 11, 20, 21, 30, 31].map((value) => value + transport.rank * 100));
    const ghosts = shared(8);
    const exchange = transport.repeated([
      { kind: 'send', peer: next(transport), tag: 1, base, rowBytes: 2, rows: rowsOf(2, 0) },
      { kind: 'receive', peer: before(transport), tag: 1, base: ghosts, rowBytes: 2, rows: rowsOf(1, 3) },
    ]);
    exchange.start();
    exchange.wait();
    const from = before(transport) * 100;
    assert.deepEqual(
      [...ghosts],
      [0, 0, 30 + from, 31 + from, 0, 0, 10 + from, 11 + from].map((v) => v & 255),
    );
  },

  'scattered rows, again and again'({ transport }) {
    const rowsTo = (from, to) => scattered(60, 200, 1 + from * 8 + to);
    for (const rowBytes of [1, 8, 24, 521]) exchangeAll({ transport, rowBytes, rowsTo, tag: 2, times: 20 });
  },

  'many exchanges with nothing between, polled'({ transport }) {
    const rowsTo = (from, to) => scattered(5, 20, 1 + from * 8 + to);
    exchangeAll({
      transport,
      rowBytes: 8,
      rowsTo,
      tag: 3,
      times: transport.ranks > 2 ? 50 : 1000,
      poll: true,
    });
  },

  'all to all, ragged, some with no rows'({ transport }) {
    const rowsTo = (from, to) =>
      scattered((from * 37 + to * 11) % 5 === 0 ? 0 : from * 30 + to * 7, 300, from + to);
    exchangeAll({ transport, rowBytes: 16, rowsTo, tag: 4, times: 10 });
  },

  'rows that follow one another, in one run and in runs of unlike lengths'({ transport }) {
    exchangeAll({ transport, rowBytes: 12, rowsTo: () => rowsOf(3, 4, 5, 6), tag: 5, times: 5 });
    exchangeAll({ transport, rowBytes: 12, rowsTo: () => rowsOf(9, 10, 3, 5, 6, 7), tag: 5, times: 5 });
    exchangeAll({ transport, rowBytes: 12, rowsTo: () => rowsOf(8, 9, 2, 3), tag: 5, times: 5 });
  },

  'long messages, scattered and in one run'({ transport }) {
    const rowsTo = (from, to) => scattered(600, 700, 1 + from * 8 + to);
    exchangeAll({ transport, rowBytes: 520, rowsTo, tag: 6, times: 3 });
    const inOneRun = Uint32Array.from({ length: 600 }, (_, row) => row + 50);
    exchangeAll({ transport, rowBytes: 520, rowsTo: () => inOneRun, tag: 6, times: 3 });
  },

  'the memory of WebAssembly, from the middle on'({ transport }) {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 4, shared: true });
    let used = 4096;
    const take = (bytes) => {
      const view = new Uint8Array(memory.buffer, used, bytes);
      used += bytes + 64;
      return view;
    };
    const rowsTo = (from, to) => scattered(30, 40, 1 + from * 8 + to);
    exchangeAll({ transport, rowBytes: 40, rowsTo, tag: 7, times: 5, memory: take });
  },

  'two exchanges under way at once, one for each parity'({ transport }) {
    const bases = [shared(64), shared(64)];
    const ghosts = [shared(64), shared(64)];
    const exchanges = bases.map((base, parity) =>
      transport.repeated([
        { kind: 'send', peer: next(transport), tag: 8, base, rowBytes: 8, rows: rowsOf(1, 5) },
        {
          kind: 'receive',
          peer: before(transport),
          tag: 8,
          base: ghosts[parity],
          rowBytes: 8,
          rows: rowsOf(0, 7),
        },
      ]),
    );
    for (let round = 0; round < 20; round++) {
      for (const parity of [0, 1]) fillRows(bases[parity], 8, transport.rank, 2 * round + parity);
      for (const exchange of exchanges) exchange.start();
      exchanges[1].wait();
      exchanges[0].wait();
      for (const parity of [0, 1]) {
        const said = [1, 5].map((row) => byteOf(before(transport), row, 2 * round + parity, 3));
        assert.deepEqual([ghosts[parity][3], ghosts[parity][59]], said);
      }
    }
  },

  'several legs to one rank with tags of their own, and with the same one in order'({ transport }) {
    const base = shared(32);
    fillRows(base, 8, transport.rank, 0);
    const ghosts = shared(32);
    const [to, from] = [next(transport), before(transport)];
    const leg = (kind, tag, row) =>
      kind === 'send'
        ? { kind, peer: to, tag, base, rowBytes: 8, rows: rowsOf(row) }
        : { kind, peer: from, tag, base: ghosts, rowBytes: 8, rows: rowsOf(row) };
    const exchange = transport.repeated([
      leg('send', 10, 0),
      leg('receive', 11, 0),
      leg('send', 11, 1),
      leg('receive', 10, 1),
      leg('send', 12, 2),
      leg('send', 12, 3),
      leg('receive', 12, 2),
      leg('receive', 12, 3),
    ]);
    exchange.start();
    exchange.wait();
    const said = [1, 0, 2, 3].map((row) => byteOf(from, row, 0, 0));
    assert.deepEqual([ghosts[0], ghosts[8], ghosts[16], ghosts[24]], said);
  },

  'single messages, from none to many bytes'({ transport }) {
    const { rank, ranks } = transport;
    for (const length of [0, 1, 1000, 70_000, 1_000_000]) {
      // From rank to rank, since a long message waits for its receiver.
      const bytes = new Uint8Array(length);
      if (rank > 0) {
        transport.receive(rank - 1, 20, bytes);
        assert.equal(Buffer.compare(bytes, pattern(length, rank - 1)), 0);
      }
      if (rank + 1 < ranks) transport.send(rank + 1, 20, pattern(length, rank));
    }
    meet(transport, 21);
  },

  'messages are taken by their tags, whatever came first'({ transport }) {
    const { rank } = transport;
    if (rank === 0) {
      for (const tag of [31, 32, 31, 32]) transport.send(1, tag, Uint8Array.of(tag, 7));
      transport.send(1, 33, Uint8Array.of(1));
      transport.send(1, 33, Uint8Array.of(2));
    } else if (rank === 1) {
      const bytes = new Uint8Array(2);
      for (const tag of [32, 31, 32, 31]) {
        transport.receive(0, tag, bytes);
        assert.deepEqual([...bytes], [tag, 7]);
      }
      const one = new Uint8Array(1);
      for (const expected of [1, 2]) {
        transport.receive(0, 33, one);
        assert.equal(one[0], expected);
      }
    }
    meet(transport, 34);
  },

  'single messages and repeated ones with the same tag do not meet'({ transport }) {
    const { rank } = transport;
    const base = shared(4);
    base.fill(rank === 0 ? 1 : 9);
    const rows = rowsOf(0);
    if (rank === 0) {
      const exchange = transport.repeated([{ kind: 'send', peer: 1, tag: 40, base, rowBytes: 4, rows }]);
      exchange.start();
      transport.send(1, 40, Uint8Array.of(2, 2, 2, 2));
      exchange.wait();
    } else if (rank === 1) {
      const bytes = new Uint8Array(4);
      transport.receive(0, 40, bytes);
      assert.deepEqual([...bytes], [2, 2, 2, 2]);
      const exchange = transport.repeated([{ kind: 'receive', peer: 0, tag: 40, base, rowBytes: 4, rows }]);
      exchange.start();
      exchange.wait();
      assert.deepEqual([...base], [1, 1, 1, 1]);
    }
    meet(transport, 41);
  },

  'a message of another length is an error of its receiver'({ transport }) {
    const { rank } = transport;
    const wrong = { name: 'TransportError', message: /from rank 0/ };
    for (const [sent, expected] of [
      [3, 5],
      [5, 3],
      [0, 4],
    ]) {
      if (rank === 0) transport.send(1, 50, new Uint8Array(sent));
      if (rank === 1) assert.throws(() => transport.receive(0, 50, new Uint8Array(expected)), wrong);
      const base = shared(64);
      const rows = Uint32Array.from({ length: rank === 0 ? sent : expected }, (_, row) => 2 * row);
      const kind = rank === 0 ? 'send' : 'receive';
      if (rank < 2) {
        const exchange = transport.repeated([{ kind, peer: 1 - rank, tag: 51, base, rowBytes: 4, rows }]);
        exchange.start();
        if (rank === 0) exchange.wait();
        else assert.throws(() => exchange.wait(), wrong);
      }
      meet(transport, 52);
    }
  },

  'who waits for what never comes gives up when the run is over'({ transport, run }) {
    const { rank } = transport;
    const peer = next(transport);
    const soon = (what) => {
      run.end = performance.now() + 40;
      assert.throws(what, { name: 'TransportGivenUp' });
      run.end = Number.POSITIVE_INFINITY;
    };
    soon(() => transport.receive(peer, 60, new Uint8Array(8)));
    const base = shared(8);
    const legs = [{ kind: 'receive', peer, tag: 61 + rank, base, rowBytes: 8, rows: rowsOf(0) }];
    const exchange = transport.repeated(legs);
    exchange.start();
    soon(() => exchange.wait());
    assert.equal(exchange.done(), false);
    // What was given up takes nothing of what comes later with its tag.
    const bytes = new Uint8Array(8);
    transport.send(peer, 60, new Uint8Array(8).fill(5));
    transport.receive(before(transport), 60, bytes);
    assert.deepEqual([...bytes], Array(8).fill(5));
    transport.send(peer, 66, new Uint8Array(0));
    transport.receive(before(transport), 66, new Uint8Array(0));
    // And the other receive is met at last, so that nothing is under way at the end.
    const late = [
      {
        kind: 'send',
        peer: before(transport),
        tag: 61 + before(transport),
        base: shared(8),
        rowBytes: 8,
        rows: rowsOf(0),
      },
    ];
    const meets = transport.repeated(late);
    meets.start();
    meets.wait();
    exchange.wait();
  },

  'mistakes are refused before anything is sent'({ transport }) {
    const { rank, ranks } = transport;
    const peer = next(transport);
    const leg = { kind: 'send', peer, tag: 70, base: shared(16), rowBytes: 8, rows: rowsOf(0, 1) };
    const refused = (change, message) =>
      assert.throws(() => transport.repeated([{ ...leg, ...change }]), { name: 'RangeError', message });
    refused({ peer: rank }, /peer is/);
    refused({ peer: ranks }, /peer is/);
    refused({ peer: -1 }, /peer is/);
    refused({ tag: 32768 }, /tag is 32768, expected 0\.\.32767/);
    refused({ rowBytes: 0 }, /rowBytes is 0/);
    refused({ rows: rowsOf(0, 2) }, /rows\[1\] is 2, expected 0\.\.1/);
    assert.throws(() => transport.send(ranks, 70, new Uint8Array(1)), RangeError);
    assert.throws(() => transport.receive(peer, -1, new Uint8Array(1)), RangeError);
    const twice = transport.repeated([
      { ...leg },
      { ...leg, kind: 'receive', peer: before(transport), base: shared(16) },
    ]);
    twice.start();
    assert.throws(() => twice.start(), { name: 'TransportError', message: /still under way/ });
    twice.wait();
    twice.free();
    const none = transport.repeated([]);
    none.start();
    none.wait();
    assert.equal(none.done(), true);
    meet(transport, 71);
  },
};
