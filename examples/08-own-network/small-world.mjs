/**
 * A ring whose nodes also have friends far away: `chords` edges between nodes that are not beside each other,
 * drawn by the seed. Few of them bring everyone near everyone (Watts, Strogatz 1998; here nothing is taken
 * from the ring, so the graph is always connected).
 */

/** @typedef {{ nodes?: number, chords?: number }} Parameters */

/** @type {import('sottovoce').TopologyModule<Parameters>['edges']} */
export function* edges({ parameters: { nodes = 20, chords = 10 }, random }) {
  if (!(Number.isInteger(nodes) && nodes >= 4))
    throw new Error(`nodes is ${nodes}, expected a whole number >= 4`);
  for (let i = 0; i < nodes; i++) yield [i, (i + 1) % nodes];
  for (let c = 0; c < chords; c++) {
    const from = random.integer(nodes);
    yield [from, (from + 2 + random.integer(nodes - 3)) % nodes];
  }
}
