/*
 * The trace ring of src/trace/ring.ts: the leader writes, the coordinator reads, for ever; with POISONED the
 * run is poisoned at any moment. CAPACITY rows of two columns, which are written and read one by one. The
 * counters are modulo MODULUS, a multiple of the capacity, as 2^32 is of 1024.
 *
 * Holds: every row is read once, in order and whole; the writer never writes a row that is being read; and
 * nobody waits for ever (no invalid end state): the coordinator reads whenever its timer fires, a writer's
 * sleep has a limit, and once poisoned it does not sleep on (late).
 */

#define N 2
#define CAPACITY 2
#define ROWS_MODULUS 8
#include "barrier.inc"

byte ROWS_WRITTEN, ROWS_READ;
byte first[CAPACITY];
byte second[CAPACITY];
bool writerAsleep, over;
#ifdef MUTANT_RING_OVERFULL
#define ROOM (CAPACITY + 1)
#else
#define ROOM CAPACITY
#endif

proctype Writer() {
  byte written, seen, row, late;
  do
  :: true ->
     written = ROWS_WRITTEN;                               /* R1 */
     do
     :: true ->
        seen = ROWS_READ;                                  /* R2 */
        if
        :: ((written + ROWS_MODULUS - seen) % ROWS_MODULUS) < ROOM -> break
        :: else
        fi;
#ifndef MUTANT_FULL_RING_IGNORES_POISON
        if
        :: POISON -> goto leave                            /* P6 */
        :: else
        fi;
#endif
        d_step {
          if
          :: ROWS_READ == seen -> writerAsleep = true
          :: else
          fi
        };                                                 /* R3 */
        if
        :: !writerAsleep
        :: timeout -> writerAsleep = false; late = late + (POISON != 0); assert(late < 3)
        fi
     od;
#ifdef MUTANT_ROW_PUBLISHED_BEFORE_IT_IS_WRITTEN
     ROWS_WRITTEN = (written + 1) % ROWS_MODULUS;
#endif
     first[written % CAPACITY] = row;
     second[written % CAPACITY] = row;
#ifndef MUTANT_ROW_PUBLISHED_BEFORE_IT_IS_WRITTEN
     ROWS_WRITTEN = (written + 1) % ROWS_MODULUS;          /* R4 */
#endif
     row = (row + 1) % ROWS_MODULUS
  :: true -> break
  od;
leave:
  over = true
}

proctype Reader() {
  byte taken, written, expected;
  bool last;
  do
  :: true ->
     /* As in the code: once more when the run is over. */
     last = over;
     taken = ROWS_READ;                                    /* R5 */
     written = ROWS_WRITTEN;                               /* R6 */
     do
     :: taken == written -> break
     :: else ->
#ifdef MUTANT_ROW_GIVEN_BACK_BEFORE_IT_IS_READ
        ROWS_READ = (taken + 1) % ROWS_MODULUS;
#endif
        assert(first[taken % CAPACITY] == expected);
        assert(second[taken % CAPACITY] == expected);
        expected = (expected + 1) % ROWS_MODULUS;
        taken = (taken + 1) % ROWS_MODULUS
     od;
     ROWS_READ = taken;                                    /* R7 */
     writerAsleep = false;                                 /* R8 */
     if
     :: last -> break
#ifdef POISONED
     /* A coordinator whose disk is slow looks again only when the workers have left. */
     :: POISON -> over
#endif
     :: else
     fi
  od;
  assert(ROWS_READ == ROWS_WRITTEN)
}

init {
  atomic {
    run Writer();
    run Reader()
  }
#ifdef POISONED
  ; poison()
#endif
}
