/**
 * Open MPI, loaded through koffi (optional): the calls that `transport.ts` makes, and its handles.
 *
 * Handles are the library's own: in Open MPI addresses of its variables, in MPICH and Intel MPI numbers, in the
 * standard ABI of MPI 5 other numbers. So the library says who it is before anything else is called, and
 * anything but Open MPI 4 or 5 is refused. It is loaded with RTLD_GLOBAL, since it loads parts of itself that
 * look for its symbols.
 */

import { InputError } from '../../base/errors.js';
import { loadKoffi, type NativeLibrary } from '../../base/libc.js';
import { TransportError } from '../transport.js';

/** Of Open MPI 4 and 5. */
const OPEN_MPI = 'libmpi.so.40';
/** Of MPICH and those made of it, which a system may have instead; the standard ABI's. */
const OTHERS = ['libmpi_abi.so.0', 'libmpi.so.12', 'libmpich.so.12'];
/** Another library than the system's: a path. */
const OWN_LIBRARY = 'SOTTOVOCE_MPI_LIBRARY';
const INSTALL = 'apt-get install openmpi-bin libopenmpi3';
const VERSION_BYTES = 8192;
const ERROR_BYTES = 512;

/** An address, or a view of memory. */
export type Pointer = bigint | ArrayBufferView | null;
/** Gives an error code, 0 if all went well. */
type Call<Args extends unknown[]> = (...args: Args) => number;

/** Counts are int, and so below 2^31. Requests, datatypes and communicators are addresses in 8 bytes. */
export interface MpiCalls {
  Initialized: Call<[flag: Pointer]>;
  Init_thread: Call<[argc: null, argv: null, required: number, provided: Pointer]>;
  Comm_rank: Call<[comm: bigint, rank: Pointer]>;
  Comm_size: Call<[comm: bigint, size: Pointer]>;
  Comm_idup: Call<[comm: bigint, made: Pointer, request: Pointer]>;
  Comm_set_errhandler: Call<[comm: bigint, handler: bigint]>;
  Type_contiguous: Call<[count: number, type: bigint, made: Pointer]>;
  Type_create_indexed_block: Call<
    [count: number, length: number, displacements: Pointer, type: bigint, made: Pointer]
  >;
  Type_indexed: Call<[count: number, lengths: Pointer, displacements: Pointer, type: bigint, made: Pointer]>;
  Type_commit: Call<[type: Pointer]>;
  Type_free: Call<[type: Pointer]>;
  Send_init: Call<
    [buffer: Pointer, count: number, type: bigint, to: number, tag: number, comm: bigint, request: Pointer]
  >;
  Recv_init: Call<
    [buffer: Pointer, count: number, type: bigint, from: number, tag: number, comm: bigint, request: Pointer]
  >;
  Startall: Call<[count: number, requests: Pointer]>;
  Testall: Call<[count: number, requests: Pointer, flag: Pointer, statuses: Pointer]>;
  Isend: MpiCalls['Send_init'];
  Irecv: MpiCalls['Recv_init'];
  Test: Call<[request: Pointer, flag: Pointer, status: Pointer]>;
  Cancel: Call<[request: Pointer]>;
  Request_free: Call<[request: Pointer]>;
  Get_elements_x: Call<[status: Pointer, type: bigint, count: Pointer]>;
  Ibarrier: Call<[comm: bigint, request: Pointer]>;
  Finalize: Call<[]>;
  Abort: Call<[comm: bigint, code: number]>;
  Error_string: Call<[code: number, text: Pointer, length: Pointer]>;
}

const PROTOTYPES: Readonly<Record<keyof MpiCalls, string>> = {
  Initialized: 'void *',
  Init_thread: 'void *, void *, int, void *',
  Comm_rank: 'void *, void *',
  Comm_size: 'void *, void *',
  Comm_idup: 'void *, void *, void *',
  Comm_set_errhandler: 'void *, void *',
  Type_contiguous: 'int, void *, void *',
  Type_create_indexed_block: 'int, int, void *, void *, void *',
  Type_indexed: 'int, void *, void *, void *, void *',
  Type_commit: 'void *',
  Type_free: 'void *',
  Send_init: 'void *, int, void *, int, int, void *, void *',
  Recv_init: 'void *, int, void *, int, int, void *, void *',
  Startall: 'int, void *',
  Testall: 'int, void *, void *, void *',
  Isend: 'void *, int, void *, int, int, void *, void *',
  Irecv: 'void *, int, void *, int, int, void *, void *',
  Test: 'void *, void *, void *',
  Cancel: 'void *',
  Request_free: 'void *',
  Get_elements_x: 'void *, void *, void *',
  Ibarrier: 'void *, void *',
  Finalize: '',
  Abort: 'void *, int',
  Error_string: 'int, void *, void *',
};

/** Of its public fields, MPI_ERROR is the third int. */
export const STATUS_BYTES = 24;
export const STATUS_ERROR_WORD = 2;
export const ERR_IN_STATUS = 18;
export const THREAD_SERIALIZED = 2;

export class MpiLibrary {
  readonly calls: MpiCalls;
  /** As the library says it: `Open MPI v4.1.4, package: ...`. */
  readonly version: string;
  readonly world: bigint;
  readonly byte: bigint;
  readonly errorsReturn: bigint;
  /** Of a view's first byte. */
  readonly address: (view: ArrayBufferView) => bigint;

  private constructor(library: NativeLibrary, version: string, address: (view: ArrayBufferView) => bigint) {
    const calls = Object.entries(PROTOTYPES).map(([name, args]) => [
      name,
      library.func(`int MPI_${name}(${args})`),
    ]);
    this.calls = Object.fromEntries(calls) as MpiCalls;
    this.version = version;
    this.world = library.symbol('ompi_mpi_comm_world');
    this.byte = library.symbol('ompi_mpi_byte');
    this.errorsReturn = library.symbol('ompi_mpi_errors_return');
    this.address = address;
  }

  /** @throws InputError where koffi or Open MPI is not there, or another library is */
  static load(own: string | undefined = process.env[OWN_LIBRARY]): MpiLibrary {
    const koffi = koffiForMpi();
    const address = (view: ArrayBufferView) => koffi.address(view);
    const file = own ?? OPEN_MPI;
    let library: NativeLibrary;
    try {
      library = koffi.load(file, { global: true });
    } catch (error) {
      throw missing(file, own !== undefined, (error as Error).message);
    }
    const version = versionOf(library);
    if (version === null) throw refused(file, 'is no MPI library: it has no MPI_Get_library_version');
    if (!/^Open MPI v[45]\./.test(version)) throw refused(file, `is ${describeVersion(version)}`);
    return new MpiLibrary(library, version, address);
  }

  /** Throws where a call went wrong, with the library's words. */
  check(code: number, what: string): void {
    if (code !== 0) throw new TransportError(`MPI, ${what}: ${this.errorText(code)}`);
  }

  errorText(code: number): string {
    const text = new Uint8Array(new ArrayBuffer(ERROR_BYTES));
    const length = new Int32Array(new ArrayBuffer(4));
    if (this.calls.Error_string(code, text, length) !== 0) return `error ${code}`;
    return Buffer.from(text.buffer, 0, length[0]).toString();
  }
}

function koffiForMpi() {
  try {
    return loadKoffi();
  } catch (error) {
    throw new InputError(`MPI is called through koffi, and ${(error as Error).message}`, {
      hint: `npm install koffi, and Open MPI: ${INSTALL}`,
    });
  }
}

/** Null where it does not say one, and so is none. Allowed before MPI_Init. */
function versionOf(library: NativeLibrary): string | null {
  let ask: Call<[Pointer, Pointer]>;
  try {
    ask = library.func('int MPI_Get_library_version(void *, void *)') as typeof ask;
  } catch {
    return null;
  }
  const text = new Uint8Array(new ArrayBuffer(VERSION_BYTES));
  const length = new Int32Array(new ArrayBuffer(4));
  ask(text, length);
  return Buffer.from(text.buffer, 0, length[0]).toString();
}

/** Its first line or two, without the options that it was built with. */
function describeVersion(version: string): string {
  const words = version.replace(/\0/g, '').split('\n')[0].replace(/\s+/g, ' ').trim();
  const name = /^MPICH/i.test(words) || /^Intel|^MVAPICH|^Cray|^Open MPI/i.test(words) ? words : `"${words}"`;
  return name.length > 120 ? `${name.slice(0, 120)}...` : name;
}

function missing(file: string, own: boolean, reason: string): InputError {
  if (own) {
    return new InputError(`${OWN_LIBRARY} is ${file}, which cannot be loaded: ${reason}`, {
      hint: `unset it for the system's Open MPI (${OPEN_MPI})`,
    });
  }
  const other = anotherLibrary();
  const found = other === null ? '' : ` There is another library, whose handles differ: ${other}.`;
  return new InputError(`Open MPI is not installed: ${OPEN_MPI} cannot be loaded (${reason}).${found}`, {
    hint: `${INSTALL}, or the cluster's own (module load openmpi), on every machine`,
  });
}

/** What a system has instead, by its own words. */
function anotherLibrary(): string | null {
  const koffi = loadKoffi();
  for (const file of OTHERS) {
    try {
      const version = versionOf(koffi.load(file));
      if (version !== null) return `${file} is ${describeVersion(version)}`;
    } catch {
      // Not there.
    }
  }
  return null;
}

function refused(file: string, why: string): InputError {
  return new InputError(
    `${file} ${why}. Only Open MPI 4 and 5 are supported: the handles of other libraries differ, and the standard ABI of MPI 5 could not be tested`,
    {
      hint: `${INSTALL}; SOTTOVOCE_MPI_LIBRARY=/path/to/libmpi.so.40 takes another Open MPI than the system's`,
    },
  );
}
