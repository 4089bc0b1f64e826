/*
 * The same work in C, for `sottovoce bench peers`: what a good C programmer would write in an afternoon, without intrinsics, for a compiler told
 * -O3 -march=native -fopenmp. Fused as in the engine: an agent's row is gathered, stepped and written while it is in registers, 16 columns at a time,
 * one pass over memory and one barrier a round.
 *
 *     u = d_i x_i - sum_j x_j      g = a (x - b)      x' = x - (h eta g + h alpha u + h beta v)      v' = v + h beta u
 *
 * A process that stays: one command a line on stdin, one answer a line on stdout ("ok ..." or "error ..."), so that the caller can alternate.
 *
 *     problem FOLDER AGENTS DIM HETA HALPHA HBETA   rowStart.bin, columns.bin (u32), a.npy, b.npy (agents x dim); x = v = 0
 *     rounds THREADS WARM COUNT                     ok SECONDS   of COUNT rounds, after WARM more
 *     gather THREADS AHEAD COUNT                    ok SECONDS   of COUNT passes over the neighbours' rows of all agents, and one more before
 *     state FILE                                    ok           x, agents x dim float64
 *     barrier THREADS COUNT                         ok SECONDS
 *     triad THREADS ENTRIES REPEATS                 ok SECONDS   a = b - 3 c
 *     wht ALGORITHM N REPEATS                       ok SECONDS   0: textbook, 1: radix 8
 *     transform ALGORITHM FILE N                    ok           the file's N float64, in place
 */
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define TILE 16
#define HALF 8
#define ALIGNMENT 128
#define HUGE_PAGE ((size_t)2 << 20)

static size_t agents, dim;
static uint32_t *row_start, *columns;
static double *x, *x_next, *v, *a, *b;
static double h_eta, h_alpha, h_beta;

static double *doubles(size_t count) {
  void *memory = NULL;
  const size_t bytes = count * sizeof(double);
  const int large = bytes >= HUGE_PAGE;
  if (posix_memalign(&memory, large ? HUGE_PAGE : ALIGNMENT, bytes) != 0) return NULL;
  /* As the engine asks for its arena: rows that lie apart cost fewer walks through page tables. */
#ifdef MADV_HUGEPAGE
  if (large) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}

/* Reads `bytes` bytes of FOLDER/NAME, behind a .npy header where there is one. */
static void *load(const char *folder, const char *name, size_t bytes) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  void *memory = doubles((bytes + 7) / 8);
  if (!file || !memory) return NULL;
  if (strstr(name, ".npy")) {
    unsigned char head[10];
    if (fread(head, 1, 10, file) != 10) return NULL;
    fseek(file, 10 + head[8] + 256 * head[9], SEEK_SET);
  }
  size_t got = fread(memory, 1, bytes, file);
  fclose(file);
  return got == bytes ? memory : NULL;
}

/* Columns t .. t + WIDTH of an agent's round, in registers over all of its neighbours. */
#define STEP(WIDTH)                                                                  \
  {                                                                                  \
    double u[WIDTH];                                                                 \
    for (int c = 0; c < WIDTH; c++) u[c] = degree * xi[t + c];                       \
    for (uint32_t e = first; e < end; e++) {                                         \
      const double *xj = from + (size_t)columns[e] * dim + t;                        \
      for (int c = 0; c < WIDTH; c++) u[c] -= xj[c];                                 \
    }                                                                                \
    for (int c = 0; c < WIDTH; c++) {                                                \
      const double g = ai[t + c] * (xi[t + c] - bi[t + c]);                          \
      oi[t + c] = xi[t + c] - (h_eta * g + h_alpha * u[c] + h_beta * vi[t + c]);     \
      vi[t + c] += h_beta * u[c];                                                    \
    }                                                                                \
  }

static inline void agent_round(size_t i, const double *restrict from, double *restrict to) {
  const uint32_t first = row_start[i], end = row_start[i + 1];
  const double degree = end - first;
  const double *xi = from + i * dim, *ai = a + i * dim, *bi = b + i * dim;
  double *restrict vi = v + i * dim, *restrict oi = to + i * dim;
  size_t t = 0;
  for (; t + TILE <= dim; t += TILE) STEP(TILE)
  for (; t + HALF <= dim; t += HALF) STEP(HALF)
  for (; t < dim; t++) {
    double u = degree * xi[t];
    for (uint32_t e = first; e < end; e++) u -= from[(size_t)columns[e] * dim + t];
    oi[t] = xi[t] - (h_eta * ai[t] * (xi[t] - bi[t]) + h_alpha * u + h_beta * vi[t]);
    vi[t] += h_beta * u;
  }
}

static double rounds(int threads, int warm, int count) {
  double started = 0, ended = 0;
#pragma omp parallel num_threads(threads)
  {
    double *from = x, *to = x_next;
    for (int k = 0; k < warm + count; k++) {
      if (k == warm) {
#pragma omp master
        started = omp_get_wtime();
      }
      /* The barrier at the end of the loop is the round's. */
#pragma omp for schedule(static)
      for (size_t i = 0; i < agents; i++) agent_round(i, from, to);
      double *other = from;
      from = to;
      to = other;
    }
#pragma omp master
    ended = omp_get_wtime();
  }
  if ((warm + count) & 1) {
    double *other = x;
    x = x_next;
    x_next = other;
  }
  return ended - started;
}

/*
 * The limit of a round that reads neighbours' rows: nothing but these reads, with the lines of an agent's rows asked for AHEAD agents before it is its
 * turn (0: not at all). Sums go to one row of each thread, which stays in its first cache.
 */
static double gather(int threads, int ahead, int count) {
  double started = 0, ended = 0;
#pragma omp parallel num_threads(threads)
  {
    double *sum = doubles(dim);
    for (size_t c = 0; c < dim; c++) sum[c] = 0;
    for (int k = 0; k < 1 + count; k++) {
      if (k == 1) {
#pragma omp master
        started = omp_get_wtime();
      }
#pragma omp for schedule(static)
      for (size_t i = 0; i < agents; i++) {
        if (ahead && i + ahead < agents) {
          for (uint32_t e = row_start[i + ahead]; e < row_start[i + ahead + 1]; e++) {
            const char *row = (const char *)(x + (size_t)columns[e] * dim);
            for (size_t at = 0; at < dim * sizeof(double); at += 64) __builtin_prefetch(row + at);
          }
        }
        for (size_t t = 0; t + TILE <= dim; t += TILE) {
          double u[TILE];
          for (int c = 0; c < TILE; c++) u[c] = sum[t + c];
          for (uint32_t e = row_start[i]; e < row_start[i + 1]; e++) {
            const double *xj = x + (size_t)columns[e] * dim + t;
            for (int c = 0; c < TILE; c++) u[c] += xj[c];
          }
          for (int c = 0; c < TILE; c++) sum[t + c] = u[c];
        }
      }
    }
#pragma omp master
    ended = omp_get_wtime();
    /* Whoever looked at them could tell: the compiler leaves nothing out. */
    volatile double seen = sum[0];
    (void)seen;
    free(sum);
  }
  return ended - started;
}

static double barrier(int threads, int count) {
  double started = 0, ended = 0;
#pragma omp parallel num_threads(threads)
  {
    for (int k = 0; k < count / 10; k++) {
#pragma omp barrier
    }
#pragma omp master
    started = omp_get_wtime();
    for (int k = 0; k < count; k++) {
#pragma omp barrier
    }
#pragma omp master
    ended = omp_get_wtime();
  }
  return ended - started;
}

static double triad(int threads, size_t entries, int repeats) {
  static double *p, *q, *r;
  static size_t allocated;
  if (allocated != entries) {
    free(p), free(q), free(r);
    p = doubles(entries), q = doubles(entries), r = doubles(entries);
    allocated = entries;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < entries; i++) p[i] = 0, q[i] = 1, r[i] = 1;
  }
  double started = 0;
#pragma omp parallel num_threads(threads)
  {
    for (int k = 0; k < repeats + 1; k++) {
      if (k == 1) {
#pragma omp master
        started = omp_get_wtime();
      }
#pragma omp for schedule(static)
      for (size_t i = 0; i < entries; i++) p[i] = q[i] - 3 * r[i];
    }
  }
  return omp_get_wtime() - started;
}

/* Walsh-Hadamard, natural order, unnormalised: the textbook's three loops. */
static void wht_textbook(double *restrict data, size_t n) {
  for (size_t h = 1; h < n; h *= 2) {
    for (size_t group = 0; group < n; group += 2 * h) {
      for (size_t c = group; c < group + h; c++) {
        const double sum = data[c] + data[c + h], difference = data[c] - data[c + h];
        data[c] = sum;
        data[c + h] = difference;
      }
    }
  }
}

#define BUTTERFLY(p, q)                     \
  {                                         \
    const double sum = p + q, diff = p - q; \
    p = sum;                                \
    q = diff;                               \
  }

/* Stages h, 2h, 4h: an entry is loaded and stored once for three. */
static void stages8(double *restrict data, size_t n, size_t h) {
  for (size_t group = 0; group < n; group += 8 * h) {
    double *p = data + group;
    for (size_t c = 0; c < h; c++) {
      double z0 = p[c], z1 = p[c + h], z2 = p[c + 2 * h], z3 = p[c + 3 * h];
      double z4 = p[c + 4 * h], z5 = p[c + 5 * h], z6 = p[c + 6 * h], z7 = p[c + 7 * h];
      BUTTERFLY(z0, z1) BUTTERFLY(z2, z3) BUTTERFLY(z4, z5) BUTTERFLY(z6, z7)
      BUTTERFLY(z0, z2) BUTTERFLY(z1, z3) BUTTERFLY(z4, z6) BUTTERFLY(z5, z7)
      BUTTERFLY(z0, z4) BUTTERFLY(z1, z5) BUTTERFLY(z2, z6) BUTTERFLY(z3, z7)
      p[c] = z0, p[c + h] = z1, p[c + 2 * h] = z2, p[c + 3 * h] = z3;
      p[c + 4 * h] = z4, p[c + 5 * h] = z5, p[c + 6 * h] = z6, p[c + 7 * h] = z7;
    }
  }
}

static void stage2(double *restrict data, size_t n, size_t h) {
  for (size_t group = 0; group < n; group += 2 * h) {
    for (size_t c = group; c < group + h; c++) BUTTERFLY(data[c], data[c + h])
  }
}

/* Three stages at a time; above 4,096 entries (a first-level cache) eight parts one after the other, joined by one pass. n >= 8. */
static void wht_radix8(double *data, size_t n) {
  if (n > 4096) {
    const size_t part = n / 8;
    for (int r = 0; r < 8; r++) wht_radix8(data + r * part, part);
    stages8(data, n, part);
    return;
  }
  size_t h = 1;
  for (; h * 8 <= n; h *= 8) stages8(data, n, h);
  for (; h < n; h *= 2) stage2(data, n, h);
}

static void transform(int algorithm, double *data, size_t n) {
  if (algorithm == 1 && n >= 8) wht_radix8(data, n);
  else wht_textbook(data, n);
}

/* Restored before it overflows: every transform multiplies the length by sqrt(n). */
#define RESTORE_EVERY 32

static double time_wht(int algorithm, size_t n, int repeats) {
  double *data = doubles(n), *source = doubles(n);
  for (size_t c = 0; c < n; c++) source[c] = (double)((c * 2654435761u) % 1000) / 1000 - 0.5;
  memcpy(data, source, n * sizeof(double));
  transform(algorithm, data, n);
  const double started = omp_get_wtime();
  for (int k = 0; k < repeats; k++) {
    if (k % RESTORE_EVERY == 0) memcpy(data, source, n * sizeof(double));
    transform(algorithm, data, n);
  }
  const double seconds = omp_get_wtime() - started;
  free(data), free(source);
  return seconds;
}

int main(void) {
  static char line[8192], name[4096];
  int threads, warm, count, algorithm;
  size_t n;
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "problem %4095s %zu %zu %lf %lf %lf", name, &agents, &dim, &h_eta, &h_alpha, &h_beta) == 6) {
      const size_t entries = agents * dim;
      free(x), free(x_next), free(v), free(a), free(b), free(row_start), free(columns);
      row_start = load(name, "rowStart.bin", (agents + 1) * 4);
      columns = row_start ? load(name, "columns.bin", (size_t)row_start[agents] * 4) : NULL;
      a = load(name, "a.npy", entries * 8);
      b = load(name, "b.npy", entries * 8);
      x = doubles(entries), x_next = doubles(entries), v = doubles(entries);
      if (!columns || !a || !b || !x || !x_next || !v) {
        puts("error the problem cannot be read");
      } else {
#pragma omp parallel for schedule(static)
        for (size_t e = 0; e < entries; e++) x[e] = x_next[e] = v[e] = 0;
        puts("ok");
      }
    } else if (sscanf(line, "rounds %d %d %d", &threads, &warm, &count) == 3) {
      printf("ok %.9g\n", rounds(threads, warm, count));
    } else if (sscanf(line, "gather %d %d %d", &threads, &warm, &count) == 3) {
      printf("ok %.9g\n", gather(threads, warm, count));
    } else if (sscanf(line, "state %4095s", name) == 1) {
      FILE *file = fopen(name, "wb");
      const int written = file && fwrite(x, 8, agents * dim, file) == agents * dim;
      if (file) fclose(file);
      puts(written ? "ok" : "error the state cannot be written");
    } else if (sscanf(line, "barrier %d %d", &threads, &count) == 2) {
      printf("ok %.9g\n", barrier(threads, count));
    } else if (sscanf(line, "triad %d %zu %d", &threads, &n, &count) == 3) {
      printf("ok %.9g\n", triad(threads, n, count));
    } else if (sscanf(line, "wht %d %zu %d", &algorithm, &n, &count) == 3) {
      printf("ok %.9g\n", time_wht(algorithm, n, count));
    } else if (sscanf(line, "transform %d %4095s %zu", &algorithm, name, &n) == 3) {
      double *data = load("", name, n * 8);
      FILE *file = data ? fopen(name, "wb") : NULL;
      if (file) {
        transform(algorithm, data, n);
        fwrite(data, 8, n, file);
        fclose(file);
      }
      free(data);
      puts(file ? "ok" : "error the file cannot be read");
    } else {
      puts("error unknown command");
    }
    fflush(stdout);
  }
  return 0;
}
