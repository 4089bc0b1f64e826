/*
 * Doubled outboxes and doubled commands: N threads that run rounds for ever, with rows of the trace, one
 * rewind, and a stop. Rounds are counted modulo 4, which keeps their parity.
 *
 * A message is written and read in two steps, so that a race is an assertion: nobody reads a slot while it is
 * written, nobody writes one while it is read, and what is read is the message of the reader's round. A
 * command that is obeyed is the one of this round, and everyone obeys the same.
 */

#include "barrier.inc"

#define GO 0
#define STOP 2
#define REWIND 3
#define ROUNDS_MODULO 4

/* By the round's parity. */
#ifdef MUTANT_COMMANDS_NOT_DOUBLED
#define WORD(round) 0
#else
#define WORD(round) ((round) & 1)
#endif
byte COMMAND[2];
/* Of which decision the word is: the leader counts them, and everyone those that they have read. */
byte decision[2];
byte ROUND;

#ifdef MUTANT_OUTBOXES_NOT_DOUBLED
#define SLOT(who, round) (2 * (who))
#else
#define SLOT(who, round) (2 * (who) + ((round) & 1))
#endif
byte slot[2 * N];
byte reading[2 * N];
byte writing;
bool rewound;

inline write(who, round) {
  d_step { assert(reading[SLOT(who, round)] == 0); writing = writing | BIT(SLOT(who, round)) };
  d_step {
    assert(reading[SLOT(who, round)] == 0);
    slot[SLOT(who, round)] = round;
    writing = writing & (255 ^ BIT(SLOT(who, round)))
  }
}

inline read(who, round) {
  d_step { assert(!(writing & BIT(SLOT(who, round)))); reading[SLOT(who, round)]++ };
  d_step {
    assert(!(writing & BIT(SLOT(who, round))));
    assert(slot[SLOT(who, round)] == round);
    reading[SLOT(who, round)]--
  }
}

/* A share of everything, both parities, whatever is in it. */
inline copy(at) {
  d_step { assert(!(writing & BIT(at))); reading[at]++ };
  d_step { assert(!(writing & BIT(at))); reading[at]-- }
}

inline readAll(round) {
  other = 0;
  do
  :: other == N -> break
  :: else ->
     if
     :: other != me -> read(other, round)
     :: else
     fi;
     other++
  od;
  other = 0
}

/*
 * UNTIL, any of its values: what is decided of it is steering.pml's. The code does not write a command that
 * stands there already; whoever reads finds the same one.
 */
inline decide() {
  decided = (decided + 1) % 4;
  if
  :: d_step { COMMAND[WORD(round)] = GO; decision[WORD(round)] = decided }    /* L1 */
  :: d_step { COMMAND[WORD(round)] = STOP; decision[WORD(round)] = decided }
  fi
}

inline wait() {
  barrier_wait(me);
  g = 0; last = false; limited = false
}

/* The phases of a row, and the leader's decision after them; it may be to go back. */
inline traceRow() {
  readAll(round);
  wait();
  if
  :: me == 0 ->
     if
     :: !rewound && copied ->
        decided = (decided + 1) % 4;
        rewound = true;
        d_step { COMMAND[WORD(round)] = REWIND; decision[WORD(round)] = decided }    /* L1 */
     :: decide()
     fi
  :: else
  fi;
  wait();
  obeyed = (obeyed + 1) % 4
}

proctype Thread(byte me) {
  byte g, round, command, other, obeyed, decided;
  bool last, limited, poisoned, copied;
  write(me, round);
  wait();
  traceRow();
  do
  :: d_step {
       assert(decision[WORD(round)] == obeyed);
       command = COMMAND[WORD(round)]
     };                                                    /* L9 */
     if
     :: command == REWIND ->
        command = 0;
        /* Back to the row before, two rounds ago: everyone restores their own. */
        round = (round + 2) % 4;
        write(me, round);
#ifndef MUTANT_NO_BARRIER_BEFORE_THE_NEXT_COMMAND
        wait();
#endif
        if
        :: me == 0 ->
           ROUND = round;                                  /* L2 */
           decide()
        :: else
        fi;
        wait();
        obeyed = (obeyed + 1) % 4
     :: command == STOP -> break
     :: command == GO ->
        if
        /* The copy to go back to. Shares do not follow ownership: mine is the slots of the next thread. */
        :: !rewound && !(round & 1) ->
           copy(2 * ((me + 1) % N));
           copy(2 * ((me + 1) % N) + 1);
           copied = true;
#ifndef MUTANT_NO_BARRIER_AFTER_THE_COPY
           wait()
#endif
        :: else
        fi;
        readAll(round);
        write(me, (round + 1) % 4);
        round = (round + 1) % 4;
        if
        :: me == 0 ->
           ROUND = round;                                  /* L11 */
#ifndef MUTANT_DECIDED_AFTER_THE_BARRIER
           decide()
#endif
        :: else
        fi;
        wait();
#ifdef MUTANT_DECIDED_AFTER_THE_BARRIER
        if
        :: me == 0 -> decide()
        :: else
        fi;
#endif
        obeyed = (obeyed + 1) % 4;
        /* Every other round has a row. */
        if
        :: round & 1
        :: else -> traceRow()
        fi
     fi
  od
}

init {
  byte who;
  atomic {
    who = 0;
    do
    :: who == N -> break
    :: else -> run Thread(who); who++
    od
  }
}
