/*
 * The barrier among N threads that cross it for ever, or until one of them, or the coordinator, poisons it.
 *
 * Holds: nobody leaves a crossing before everyone has come to it; nobody is left asleep, in a crossing or by
 * a poison at any moment (no invalid end state). With LIVENESS, threads being scheduled fairly: whoever has
 * come leaves, and once poisoned everyone is out in the end.
 */

#define REAL_BARRIER
#include "barrier.inc"

/* Crossings that a thread has come to, modulo 4. */
byte begun[N];
byte inside;
bool failed;

proctype Thread(byte me) {
  byte g, mine, other;
  bool last, limited, poisoned;
#ifdef TREE
  byte leafG;
#endif
  do
  :: true ->
     d_step { mine = (begun[me] + 1) % 4; begun[me] = mine; inside = inside | BIT(me) };
     barrier_wait(me);
     d_step {
       inside = inside & (ALL ^ BIT(me));
       if
       :: !poisoned ->
          other = 0;
          do
          :: other == N -> break
          :: else ->
             assert(begun[other] == mine || begun[other] == (mine + 1) % 4);
             other++
          od;
          other = 0
       :: else
       fi;
       g = 0; mine = 0; last = false; limited = false
     };
     if
     :: poisoned -> break
     :: else
     fi
#ifdef POISONED
  /* A thread that fails poisons and never comes again. At most one: the other poison is the coordinator's. */
  :: atomic { !failed -> failed = true };
     poison();
     break
#endif
  od
}

#ifdef POISONED
proctype Coordinator() {
  poison()
}
#endif

init {
  byte who;
  atomic {
    who = 0;
    do
    :: who == N -> break
    :: else -> run Thread(who); who++
    od;
#ifdef POISONED
    /* Now, or never. */
    if
    :: run Coordinator()
    :: true
    fi
#endif
  }
}

#ifdef LIVENESS
#ifdef POISONED
ltl leaves { [] (POISON != 0 -> <> (inside == 0)) }
#else
ltl leaves { [] ((inside & 1) -> <> !(inside & 1)) }
#endif
#endif
