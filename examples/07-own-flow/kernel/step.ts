// The arithmetic of primal-dual.mjs as a WebAssembly kernel, in AssemblyScript:
//
//     npx asc kernel/step.ts --outFile kernel/step.wasm -O3 --runtime stub --noAssert
//
// x, v, slope and laplacian are addresses of the agent's arrays; n counts entries.

export function step(
  n: i32,
  x: usize,
  v: usize,
  slope: usize,
  laplacian: usize,
  h: f64,
  alpha: f64,
  beta: f64,
): void {
  const end = (<usize>n) << 3;
  for (let at: usize = 0; at < end; at += 8) {
    const dual = load<f64>(v + at);
    const row = load<f64>(laplacian + at);
    store<f64>(x + at, load<f64>(x + at) - h * (load<f64>(slope + at) + alpha * row + beta * dual));
    store<f64>(v + at, dual + h * beta * row);
  }
}
