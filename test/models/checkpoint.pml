/*
 * Staging of a checkpoint: N workers copy their share into a buffer beside the arena, meet at a barrier, and
 * the leader publishes the round in STAGED; the coordinator takes the copy and sets STAGED back to 0. The
 * leader decides to stage where the command would be GO and the buffer is free. It then decides again for the
 * same round, behind the barrier after which everyone has read the first command; one more publishes that.
 *
 * Rounds are modulo 4, and a copy is in two steps. Holds: the coordinator finds the shares of one round, of
 * which STAGED says which, and nobody writes into the buffer while it reads; nobody writes a field that is
 * being copied; and nobody waits for ever (no invalid end state).
 */

#include "barrier.inc"

#define GO 0
#define STOP 2
#define STAGE 4

byte COMMAND[2];
byte decision[2];
/* 0: the buffer is free. */
byte STAGED;
bool CHECKPOINT;
byte field[N];
byte staging[N];
/* Fields that are being copied; shares of the buffer that are being written; whether it is being read. */
byte copied;
byte filling;
bool taking;
byte done;

inline wait() {
  barrier_wait(me);
  g = 0; last = false; limited = false
}

inline decide() {
  decided = (decided + 1) % 4;
  if
  :: d_step { COMMAND[round & 1] = GO; decision[round & 1] = decided }
  :: d_step { COMMAND[round & 1] = STOP; decision[round & 1] = decided }
#ifdef MUTANT_STAGED_NOT_ASKED
  :: round + 1 != staged ->
#else
  :: round + 1 != staged && STAGED == 0 ->                 /* K1 */
#endif
     /* Asked for, or due by the number of rounds. */
     if
     :: CHECKPOINT                                         /* K2 */
     :: true
     fi;
     d_step { COMMAND[round & 1] = STAGE; decision[round & 1] = decided }
  fi
}

/* The share of another, since shares do not follow ownership. */
#define SHARE ((me + 1) % N)

inline stage() {
  staged = round + 1;
  d_step { assert(!taking); filling = filling | BIT(SHARE); copied = copied | BIT(SHARE) };
  d_step {
    assert(!taking);
    staging[SHARE] = field[SHARE];
    filling = filling & (ALL ^ BIT(SHARE));
    copied = copied & (ALL ^ BIT(SHARE))
  };
#ifndef MUTANT_STAGED_BEFORE_ALL_HAVE_COPIED
  wait();
#endif
  if
  :: me == 0 ->
     CHECKPOINT = false;                                   /* K3 */
     STAGED = round + 1;                                   /* K4 */
#ifdef MUTANT_STAGED_BEFORE_ALL_HAVE_COPIED
     skip
  :: else
  fi;
  wait();
  if
  :: me == 0 ->
#endif
     /* Nothing more is staged in this round: the buffer is not free, or free again. */
     decide()
  :: else
  fi;
#ifndef MUTANT_NO_BARRIER_BEHIND_THE_NEXT_COMMAND
  wait();
#endif
  obeyed = (obeyed + 1) % 4
}

proctype Worker(byte me) {
  byte g, round, command, decided, obeyed, staged;
  bool last, limited, poisoned;
  field[me] = round;
  if
  :: me == 0 -> decide()
  :: else
  fi;
  wait();
  obeyed = (obeyed + 1) % 4;
  do
  :: true ->
     d_step { assert(decision[round & 1] == obeyed); command = COMMAND[round & 1] };
     if
     :: command == STOP -> break
     :: command == STAGE -> command = 0; stage()
     :: command == GO ->
        round = (round + 1) % 4;
        command = 0;
        assert(!(copied & BIT(me)));
        field[me] = round;
        if
        :: me == 0 -> decide()
        :: else
        fi;
        wait();
        obeyed = (obeyed + 1) % 4
     fi
  od;
  done++
}

proctype Coordinator() {
  byte round, who;
  do
  :: !CHECKPOINT && done == 0 -> CHECKPOINT = true         /* K5 */
  :: STAGED != 0 ->                                        /* K6 */
     round = STAGED - 1;
#ifdef MUTANT_STAGING_FREED_BEFORE_TAKEN
     STAGED = 0;
#endif
     d_step { assert(filling == 0); taking = true };
     who = 0;
     do
     :: who == N -> break
     :: else ->
        assert(staging[who] == round);
        who++
     od;
     skip;
     d_step { assert(filling == 0); taking = false };
     who = 0; round = 0;
#ifndef MUTANT_STAGING_FREED_BEFORE_TAKEN
     STAGED = 0                                            /* K7 */
#endif
  :: done == N && STAGED == 0 -> break
  od
}

init {
  byte who;
  atomic {
    who = 0;
    do
    :: who == N -> break
    :: else -> run Worker(who); who++
    od;
    run Coordinator()
  }
}
