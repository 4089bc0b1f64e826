/** What a form begins with where nothing else is asked for. */
export const EXAMPLES: readonly { name: string; yaml: string }[] = [
  {
    name: 'ring of 25, one bit a coordinate',
    yaml: `name: ring
topology: { kind: ring, nodes: 25 }
cost: { kind: quadratic, dim: 64, condition: 4 }
flow: { kind: primal-dual, compress: error-state }
compressor: { kind: flatten, inner: { kind: sign } }
rounds: 20000
stop: { rmsError: 1.0e-6 }
`,
  },
  {
    name: 'grid of 20 x 20, eight largest entries',
    yaml: `name: grid
topology: { kind: grid, rows: 20, columns: 20 }
cost: { kind: quadratic, dim: 32 }
flow: { kind: primal-dual }
compressor: { kind: top-k, k: 8 }
rounds: 20000
stop: { rmsError: 1.0e-6 }
`,
  },
  {
    name: '10,000 agents, each with a few friends',
    yaml: `name: small world
topology: { kind: watts-strogatz, nodes: 10000, degree: 4, rewire: 0.05 }
cost: { kind: average, dim: 16 }
flow: { kind: consensus }
rounds: 100000
stop: { consensusError: 1.0e-6 }
`,
  },
];
