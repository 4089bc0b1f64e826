"""
The same rounds in NumPy and SciPy, for `sottovoce bench peers`: vectorised over agents, scipy.sparse for the graph. Each in two ways: as the
equations are written, which is what nearly everybody writes, and `in-place`, with every temporary array taken away by hand.

    none            u = L x                                                  g = a (x - b)
    flattened-sign  Q = scale sign(U_k e), q = U_k^T Q, u = L q, Ly = z + u  (e = x - s; U_k = H D_k / sqrt(d), d a power of two)
    both            x <- x - (h eta g + h alpha Ly + h beta v)               v <- v + h beta Ly
    estimates       s <- s + mu q      z <- z + mu u                         (mu = 1)

The transform is whichever is faster here for the problem's size: butterflies over all agents at once, or a product with the matrix (BLAS, all cores).

A process that stays: one command a line on stdin, one answer a line on stdout, so that the caller can alternate.

    problem FOLDER AGENTS DIM HETA HALPHA HBETA KEYLOW KEYHIGH    rowStart.bin, columns.bin (u32), a.npy, b.npy
    rounds KIND WARM COUNT                                        ok SECONDS   of COUNT rounds, after WARM more; another kind than before
                                                               begins anew. KIND: none, flattened-sign, each also with -in-place;
                                                               none-float32: none, with all arrays in float32
    state FILE                                                    ok           x, agents x dim, in the kind's precision
    restart                                                       ok           x = v = s = z = 0, round 0
    transform                                                     ok NAME      which one flattened-sign uses
"""

import sys
import time
from pathlib import Path

import numpy as np
import scipy
import scipy.sparse

WORD = np.uint64(0xFFFFFFFF)
THIRTY_TWO = np.uint64(32)
ALL_AGENTS = 0xFFFFFFFF
FLATTEN_STREAM = 1


def philox(blocks, agent, round_, stream, key_low, key_high):
    """Philox4x32-10 (Salmon et al. 2011) of counters (0..blocks-1, agent, round, stream): blocks x 4 words."""
    c0 = np.arange(blocks, dtype=np.uint64)
    c1, c2, c3 = (np.full(blocks, value, dtype=np.uint64) for value in (agent, round_, stream))
    k0, k1 = key_low, key_high
    for _ in range(10):
        p0 = c0 * np.uint64(0xD2511F53)
        p1 = c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (
            (p1 >> THIRTY_TWO) ^ c1 ^ np.uint64(k0),
            p1 & WORD,
            (p0 >> THIRTY_TWO) ^ c3 ^ np.uint64(k1),
            p0 & WORD,
        )
        k0 = (k0 + 0x9E3779B9) & 0xFFFFFFFF
        k1 = (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=1)


def walsh_hadamard(rows):
    """Of every row, natural order; a new array."""
    count, n = rows.shape
    h = 1
    while h < n:
        pairs = rows.reshape(count, n // (2 * h), 2, h)
        rows = np.stack((pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]), axis=2)
        h *= 2
    return rows.reshape(count, n)


def butterflies(rows, spare):
    """Walsh-Hadamard of every row, natural order; `spare` is as large as `rows`. Gives the array that holds the result."""
    count, n = rows.shape
    h = 1
    while h < n:
        pairs = rows.reshape(count, n // (2 * h), 2, h)
        out = spare.reshape(pairs.shape)
        np.add(pairs[:, :, 0], pairs[:, :, 1], out=out[:, :, 0])
        np.subtract(pairs[:, :, 0], pairs[:, :, 1], out=out[:, :, 1])
        rows, spare = spare, rows
        h *= 2
    return rows


class Problem:
    def __init__(self, folder, agents, dim, h_eta, h_alpha, h_beta, key):
        self.agents, self.dim, self.key = agents, dim, key
        self.h_eta, self.h_alpha, self.h_beta = h_eta, h_alpha, h_beta
        row_start = np.fromfile(folder / "rowStart.bin", dtype=np.uint32).astype(np.int32)
        columns = np.fromfile(folder / "columns.bin", dtype=np.uint32).astype(np.int32)
        adjacency = scipy.sparse.csr_matrix((np.ones(len(columns)), columns, row_start), shape=(agents, agents))
        degrees = scipy.sparse.diags(np.diff(row_start).astype(float))
        self.laplacian = (degrees - adjacency).tocsr()
        self.a = np.load(folder / "a.npy")
        self.b = np.load(folder / "b.npy")
        self.hadamard = scipy.linalg.hadamard(dim).astype(float)
        self.single = None
        self.restart()
        self.multiply = False
        times = []
        for self.multiply in (False, True):
            self.transformed(self.b, self.spare)
            started = time.perf_counter()
            self.transformed(self.b, self.spare)
            times.append(time.perf_counter() - started)
        self.multiply = times[1] < times[0]

    def restart(self, single=False):
        shape = (self.agents, self.dim)
        self.kind = None
        self.round = 0
        if single:
            if self.single is None:
                self.single = tuple(each.astype(np.float32) for each in (self.laplacian, self.a, self.b))
            self.x, self.v = (np.zeros(shape, dtype=np.float32) for _ in range(2))
            return
        self.x, self.v, self.s, self.z = (np.zeros(shape) for _ in range(4))
        self.work, self.spare, self.other = (np.zeros(shape) for _ in range(3))

    def transformed(self, rows, out):
        """H of every row; may destroy `out` and `self.other`, gives the array that holds the result."""
        if self.multiply:
            return np.matmul(rows, self.hadamard, out=out)
        np.copyto(out, rows)
        return butterflies(out, self.other)

    def signs(self):
        words = philox(-(-self.dim // 128), ALL_AGENTS, self.round, FLATTEN_STREAM, *self.key).ravel()
        c = np.arange(self.dim)
        bits = (words[c >> 5] >> (c & 31).astype(np.uint64)) & np.uint64(1)
        return 1.0 - 2.0 * bits.astype(float)

    def uncompressed(self):
        x, v = self.x, self.v
        u = self.laplacian @ x
        self.x = x - (self.h_eta * self.a * (x - self.b) + self.h_alpha * u + self.h_beta * v)
        self.v = v + self.h_beta * u

    def uncompressed_single(self):
        # Scalars of Python take the arrays' precision.
        laplacian, a, b = self.single
        x, v = self.x, self.v
        u = laplacian @ x
        self.x = x - (self.h_eta * a * (x - b) + self.h_alpha * u + self.h_beta * v)
        self.v = v + self.h_beta * u

    def flattened_sign(self):
        signs = self.signs()
        factor = 1.0 / np.sqrt(self.dim)
        transform = (lambda rows: rows @ self.hadamard) if self.multiply else walsh_hadamard
        rotated = factor * transform((self.x - self.s) * signs)
        said = np.copysign(np.abs(rotated).mean(axis=1, keepdims=True), rotated)
        q = factor * transform(said) * signs
        u = self.laplacian @ q
        y = self.z + u
        gradient = self.a * (self.x - self.b)
        self.x = self.x - (self.h_eta * gradient + self.h_alpha * y + self.h_beta * self.v)
        self.v = self.v + self.h_beta * y
        self.s = self.s + q
        self.z = self.z + u

    def step_in_place(self, laplacian_y):
        x, v, work = self.x, self.v, self.work
        np.subtract(x, self.b, out=work)
        work *= self.a
        work *= self.h_eta
        np.multiply(v, self.h_beta, out=self.other)
        work += self.other
        np.multiply(laplacian_y, self.h_alpha, out=self.other)
        work += self.other
        x -= work
        np.multiply(laplacian_y, self.h_beta, out=self.other)
        v += self.other

    def uncompressed_in_place(self):
        self.step_in_place(self.laplacian @ self.x)

    def flattened_sign_in_place(self):
        signs = self.signs()
        factor = 1.0 / np.sqrt(self.dim)
        e = self.work
        np.subtract(self.x, self.s, out=e)
        e *= signs
        rotated = self.transformed(e, self.spare)
        rotated *= factor
        scale = np.abs(rotated, out=self.work).mean(axis=1)
        said = np.copysign(scale[:, None], rotated, out=self.work)
        q = self.transformed(said, self.spare)
        q *= signs * factor
        u = self.laplacian @ q
        self.s += q
        self.z += u
        # z now holds z + u, which is L y; mu = 1.
        self.step_in_place(self.z)

    def rounds(self, kind, warm, count):
        run = {
            "none": self.uncompressed,
            "flattened-sign": self.flattened_sign,
            "none-float32": self.uncompressed_single,
            "none-in-place": self.uncompressed_in_place,
            "flattened-sign-in-place": self.flattened_sign_in_place,
        }[kind]
        if kind != self.kind:
            self.restart(kind == "none-float32")
            self.kind = kind
        self.advance(run, warm)
        started = time.perf_counter()
        self.advance(run, count)
        return time.perf_counter() - started

    def advance(self, run, count):
        for _ in range(count):
            run()
            self.round += 1


def main():
    problem = None
    for line in sys.stdin:
        command, *arguments = line.split()
        try:
            answer = ""
            if command == "problem":
                folder, agents, dim, *gains = arguments
                key = tuple(int(word) for word in gains[3:])
                problem = Problem(Path(folder), int(agents), int(dim), *map(float, gains[:3]), key)
            elif command == "rounds":
                answer = repr(problem.rounds(arguments[0], int(arguments[1]), int(arguments[2])))
            elif command == "state":
                problem.x.tofile(arguments[0])
            elif command == "restart":
                problem.restart()
            elif command == "transform":
                answer = "matrix-product" if problem.multiply else "butterflies"
            elif command == "versions":
                answer = f"{sys.version.split()[0]} {np.__version__} {scipy.__version__}"
            else:
                raise ValueError(f"unknown command {command}")
            print("ok", answer, flush=True)
        except Exception as error:  # whatever it is, the caller is to hear of it
            print("error", type(error).__name__, str(error).replace("\n", " "), flush=True)


main()
