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

/** One byte after the other; where the space is full it is doubled. A function has thousands. */
class Bytes {
  length = 0;
  private space = new Uint8Array(1024);

  byte(value: number): void {
    if (this.length === this.space.length) this.reserve(1);
    this.space[this.length++] = value;
  }

  all(values: ArrayLike<number>): void {
    if (this.length + values.length > this.space.length) this.reserve(values.length);
    this.space.set(values, this.length);
    this.length += values.length;
  }

  unsigned(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** A number of 32 bits. */
  signed(value: number): void {
    let rest = value | 0;
    // The last byte's sign bit, 64, stands for all that are higher.
    while (rest < -64 || rest > 63) {
      this.byte((rest & 127) | 128);
      rest >>= 7;
    }
    this.byte(rest & 127);
  }

  /** Behind how many they are. */
  counted(values: ArrayLike<number>): void {
    this.unsigned(values.length);
    this.all(values);
  }

  text(word: string): void {
    this.counted(new TextEncoder().encode(word));
  }

  /** What has been written, where it stands. */
  written(): Uint8Array {
    return this.space.subarray(0, this.length);
  }

  private reserve(more: number): void {
    const wider = new Uint8Array(2 * (this.length + more));
    wider.set(this.written());
    this.space = wider;
  }
}

/** The body of one function of some i32 and no result, instruction by instruction. */
export class Body {
  readonly parameters: number;
  private readonly locals: ValueType[] = [];
  private readonly code = new Bytes();

  constructor(parameters: number) {
    this.parameters = parameters;
  }

  local(type: ValueType): number {
    this.locals.push(type);
    return this.parameters + this.locals.length - 1;
  }

  get(local: number): void {
    this.code.byte(0x20);
    this.code.unsigned(local);
  }

  set(local: number): void {
    this.code.byte(0x21);
    this.code.unsigned(local);
  }

  /** What is on the stack, in a new local. */
  keep(type: ValueType): number {
    const local = this.local(type);
    this.set(local);
    return local;
  }

  i32(value: number): void {
    this.code.byte(0x41);
    this.code.signed(value);
  }

  op(...instructions: number[]): void {
    this.code.all(instructions);
  }

  simd(instruction: number): void {
    this.code.byte(SIMD);
    this.code.unsigned(instruction);
  }

  /** The address is `offset` behind what is on the stack. */
  loadI32(offset: number): void {
    this.code.all([I32_LOAD, 2]);
    this.code.unsigned(offset);
  }

  loadF64(offset: number): void {
    this.code.all([F64_LOAD, 3]);
    this.code.unsigned(offset);
  }

  load(offset: number): void {
    this.code.all([SIMD, V128_LOAD, 4]);
    this.code.unsigned(offset);
  }

  store(offset: number): void {
    this.code.all([SIMD, V128_STORE, 4]);
    this.code.unsigned(offset);
  }

  call(index: number): void {
    this.code.byte(0x10);
    this.code.unsigned(index);
  }

  /** Repeats `inside` as long as what `again` leaves on the stack is not 0; not at all if it is at first. */
  loop(again: () => void, inside: () => void): void {
    again();
    this.when(() => {
      this.code.all([0x03, 0x40]);
      inside();
      again();
      this.code.all([0x0d, 0, END]);
    });
  }

  /** `inside` where what is on the stack is not 0. */
  when(inside: () => void): void {
    this.code.all([0x04, 0x40]);
    inside();
    this.code.byte(END);
  }

  bytes(): Uint8Array {
    const out = new Bytes();
    out.unsigned(this.locals.length);
    for (const type of this.locals) out.all([1, type]);
    out.all(this.code.written());
    out.byte(END);
    return out.written();
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
  const out = new Bytes();
  out.all([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const section = (id: number, write: (section: Bytes) => void) => {
    const inside = new Bytes();
    write(inside);
    out.byte(id);
    out.counted(inside.written());
  };
  const own = functions[0]?.body.parameters ?? 0;
  section(1, (types) => {
    types.unsigned(2);
    for (const count of [parameters, own]) {
      types.byte(0x60);
      types.unsigned(count);
      types.all([...Array<number>(count).fill(I32), 0]);
    }
  });
  section(2, (imports) => {
    imports.unsigned(2);
    imports.text('env');
    imports.text('memory');
    imports.all([2, 3, 1]);
    imports.unsigned(pages);
    imports.text('env');
    imports.text('touch');
    imports.all([0, 0]);
  });
  section(3, (types) => types.counted(Array<number>(functions.length).fill(1)));
  section(7, (exports) => {
    exports.unsigned(functions.length);
    for (const index of functions.keys()) {
      exports.text(`${index}`);
      exports.byte(0);
      exports.unsigned(index + 1);
    }
  });
  section(10, (code) => {
    code.unsigned(functions.length);
    for (const { body } of functions) code.counted(body.bytes());
  });
  section(0, (custom) => {
    custom.text('name');
    custom.byte(1);
    const names = new Bytes();
    names.unsigned(functions.length + 1);
    names.byte(0);
    names.text('touchSlots');
    for (const [index, { name }] of functions.entries()) {
      names.unsigned(index + 1);
      names.text(name);
    }
    custom.counted(names.written());
  });
  return out.written();
}
