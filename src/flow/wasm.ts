/**
 * WebAssembly as bytes: as much of its binary format as `round-kernels.ts` writes. One module imports the
 * arena's memory and one kernel, and exports functions of whole numbers. Source: WebAssembly Core
 * Specification 2.0, chapter 5 (binary format), with shared memories of the threads proposal.
 */

export const I32 = 0x7f;
export const F64 = 0x7c;
export const V128 = 0x7b;
type ValueType = typeof I32 | typeof F64 | typeof V128;

/** Instructions without anything behind them. */
export const OP = {
  i32LtU: 0x49,
  i32GeU: 0x4f,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32And: 0x71,
  i32Shl: 0x74,
  f64Neg: 0x9a,
  f64Add: 0xa0,
  f64Sub: 0xa1,
  f64Mul: 0xa2,
  f64Div: 0xa3,
  f32DemoteF64: 0xb6,
} as const;

/** Of vectors, by the type of their lanes. */
export const LANES = {
  float64: { splat: 0x14, add: 0xf0, sub: 0xf1, mul: 0xf2 },
  float32: { splat: 0x13, add: 0xe4, sub: 0xe5, mul: 0xe6 },
} as const;

/** A vector of one whole number: of zeros, for numbers of any kind. */
export const SPLAT_I32 = 0x11;

const I32_LOAD = 0x28;
const F64_LOAD = 0x2b;
const V128_LOAD = 0x00;
const V128_STORE = 0x0b;
const SIMD = 0xfd;
const END = 0x0b;

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 128 : low);
  } while (rest > 0);
  return bytes;
}

/** A signed number of 32 bits. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 127;
    rest >>= 7;
    if ((rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0)) return [...bytes, low];
    bytes.push(low | 128);
  }
}

const counted = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];
const text = (word: string): number[] => counted([...new TextEncoder().encode(word)]);

/** The body of one function of some i32 and no result, instruction by instruction. */
export class Body {
  readonly parameters: number;
  private readonly locals: ValueType[] = [];
  private readonly code: number[] = [];

  constructor(parameters: number) {
    this.parameters = parameters;
  }

  local(type: ValueType): number {
    this.locals.push(type);
    return this.parameters + this.locals.length - 1;
  }

  get(local: number): void {
    this.code.push(0x20);
    this.unsigned(local);
  }

  set(local: number): void {
    this.code.push(0x21);
    this.unsigned(local);
  }

  /** What is on the stack, in a new local. */
  keep(type: ValueType): number {
    const local = this.local(type);
    this.set(local);
    return local;
  }

  i32(value: number): void {
    this.code.push(0x41, ...signed(value));
  }

  op(...instructions: number[]): void {
    this.code.push(...instructions);
  }

  simd(instruction: number): void {
    this.code.push(SIMD);
    this.unsigned(instruction);
  }

  /** The address is `offset` behind what is on the stack. */
  loadI32(offset: number): void {
    this.code.push(I32_LOAD, 2);
    this.unsigned(offset);
  }

  loadF64(offset: number): void {
    this.code.push(F64_LOAD, 3);
    this.unsigned(offset);
  }

  load(offset: number): void {
    this.code.push(SIMD, V128_LOAD, 4);
    this.unsigned(offset);
  }

  store(offset: number): void {
    this.code.push(SIMD, V128_STORE, 4);
    this.unsigned(offset);
  }

  call(index: number): void {
    this.code.push(0x10);
    this.unsigned(index);
  }

  /** As `unsigned`, in place: a function has thousands. */
  private unsigned(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.code.push((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.code.push(rest);
  }

  /** Repeats `inside` as long as what `again` leaves on the stack is not 0; not at all if it is at first. */
  loop(again: () => void, inside: () => void): void {
    again();
    this.when(() => {
      this.code.push(0x03, 0x40);
      inside();
      again();
      this.code.push(0x0d, 0, END);
    });
  }

  /** `inside` where what is on the stack is not 0. */
  when(inside: () => void): void {
    this.code.push(0x04, 0x40);
    inside();
    this.code.push(END);
  }

  bytes(): number[] {
    const locals = this.locals.flatMap((type) => [1, type]);
    return counted([...unsigned(this.locals.length), ...locals, ...this.code, END]);
  }
}

/** What modules import: the memory, and a function of so many i32, which is function 0. */
export interface Imports {
  /** Most pages of the memory. */
  pages: number;
  parameters: number;
}

/** A module of functions of three i32; function f is exported as `f`, and named for profiles. */
export function moduleOf(
  { pages, parameters }: Imports,
  functions: readonly { name: string; body: Body }[],
): Uint8Array {
  const section = (id: number, bytes: readonly number[]) => [id, ...counted(bytes)];
  const many = (items: readonly number[][]) => [...unsigned(items.length), ...items.flat()];
  const type = (count: number) => [0x60, ...unsigned(count), ...Array(count).fill(I32), 0];
  const own = functions[0]?.body.parameters ?? 0;
  const names = many([
    [0, ...text('touchSlots')],
    ...functions.map(({ name }, index) => [...unsigned(index + 1), ...text(name)]),
  ]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, many([type(parameters), type(own)])),
    ...section(
      2,
      many([
        [...text('env'), ...text('memory'), 2, 3, 1, ...unsigned(pages)],
        [...text('env'), ...text('touch'), 0, 0],
      ]),
    ),
    ...section(3, many(functions.map(() => [1]))),
    ...section(7, many(functions.map((_, index) => [...text(`${index}`), 0, ...unsigned(index + 1)]))),
    ...section(10, many(functions.map(({ body }) => body.bytes()))),
    ...section(0, [...text('name'), 1, ...counted(names)]),
  ]);
}
