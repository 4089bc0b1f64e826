/*
 * Pause, resume, step, stop, change: N workers and the coordinator (src/session/steering.ts), which makes any calls
 * in any order, for ever, over a run of ROUNDS rounds; with POISONED one worker fails, in
 * a round or anywhere. With CALM, as then, nobody stops or cuts.
 *
 * Calls are carried out one after the other, as in the code. While a step is under way a pause may cut it
 * short, and while anything is under way a stop may come; whether one does is chosen when the call begins, so
 * that a call which never settles is a state from which nothing leads on. The coordinator looks again and
 * again; a look that finds nothing is one that was not made yet.
 *
 * Holds: when pause() or step() has resolved nobody is in a round, and nobody begins one until the next
 * request is made; a step that nobody cut stands at its round; after a change has begun all leave in one round
 * with nobody in it, unless a stop or a poison came first (what follows is another loop, on other words, which
 * begins as this one does); every call settles, and every worker leaves at the end (no invalid end state). With LIVENESS the same under weak fairness, stops and cuts at any time.
 */

#define STEERED
#ifdef POISONED
#define CALM
#endif
/* Between two requests of which one waits for its answer there is at most one more, and a poison. */
#define ASKED_MODULUS 6
#include "barrier.inc"

#ifndef ROUNDS
#define ROUNDS 3
#endif
#define NEVER 255
#define STOPPED 254
#define LEFT 253
#define GO 0
#define PAUSE 1
#define STOP 2
#define LEAVE 3

byte UNTIL = NEVER;
byte ANSWERED, ROUND;
byte COMMAND[2];
byte over;
/* How many left the loop because it is gone on with in another memory. */
byte left;
/* Who is in a round; and whether the coordinator has been told that nobody is. */
byte working;
bool still;
bool pending;
#ifdef POISONED
bool failed;
#endif

#ifdef MUTANT_TWO_WORDS
/* What it was: request and round in two words, and a count of those who stand still, of no pause. */
#define RUN 0
byte REQUEST, PAUSE_AT = NEVER, PAUSED;
#endif

#ifdef MUTANT_LEAVING_HELD_IN_A_PAUSE
#define pauseWanted(until, round) ((until) == LEFT || ((until) <= ROUNDS && (round) >= (until)))
#else
#define pauseWanted(until, round) ((until) <= ROUNDS && (round) >= (until))
#endif

inline decide() {
#ifdef MUTANT_TWO_WORDS
  if
  :: REQUEST == STOP -> until = STOPPED
  :: else ->
     if
     :: REQUEST == PAUSE -> until = 0
     :: REQUEST == RUN -> until = PAUSE_AT
     :: else -> until = NEVER
     fi
  fi;
#else
  until = UNTIL;                                           /* L3 */
#endif
  if
  :: until == STOPPED -> COMMAND[round & 1] = STOP         /* L1 */
  :: until == LEFT -> COMMAND[round & 1] = LEAVE
  :: pauseWanted(until, round) -> COMMAND[round & 1] = PAUSE
  :: else -> COMMAND[round & 1] = GO
  fi;
  until = 0
}

inline wait() {
  barrier_wait(me);
  g = 0; last = false; limited = false;
  if
  :: poisoned -> goto leave
  :: else
  fi
}

/* What the leader does of a pause, between the two barriers. */
inline untilLetGo() {
  do
  :: true ->
#ifdef MUTANT_ASKED_READ_AFTER_THE_CONDITION
     until = UNTIL;
     if
     :: !pauseWanted(until, round) || POISON -> break
     :: else
     fi;
     asked = ASKED;
#else
     asked = ASKED;                                        /* L5 */
     until = UNTIL;                                        /* L6 */
     if
     :: !pauseWanted(until, round) -> break
     :: else
     fi;
     if
     :: POISON -> break                                    /* P6 */
     :: else
     fi;
#endif
     ANSWERED = asked;                                     /* L7 */
     d_step {
       if
       :: ASKED == asked -> leaderAsleep = true
       :: else
       fi
     };                                                    /* L8 */
     !leaderAsleep;
     asked = 0; until = 0
  od;
  asked = 0; until = 0
}

#ifdef MUTANT_TWO_WORDS
inline oldUntilLetGo() {
  do
  :: true ->
     asked = ASKED;
     if
     :: REQUEST == PAUSE -> until = 0
     :: REQUEST == RUN -> until = PAUSE_AT
     :: else -> until = NEVER
     fi;
     if
     :: !pauseWanted(until, round) || POISON -> break
     :: else
     fi;
     d_step {
       if
       :: ASKED == asked -> leaderAsleep = true
       :: else
       fi
     };
     !leaderAsleep
  od;
  asked = 0; until = 0
}
#endif

proctype Worker(byte me) {
  byte g, round, command, until, asked;
  bool last, limited, poisoned;
  if
  :: me == 0 -> decide()
  :: else
  fi;
  wait();
  do
  :: command = COMMAND[round & 1];                         /* L9 */
     do
     :: command == PAUSE ->
#ifdef MUTANT_TWO_WORDS
        PAUSED++;
#endif
#ifndef MUTANT_NO_BARRIER_BEFORE_THE_PAUSE
        wait();
#endif
        if
        :: me == 0 ->
#ifdef MUTANT_TWO_WORDS
           oldUntilLetGo();
#else
           untilLetGo();
#endif
           decide()
        :: else
        fi;
        wait();
#ifdef MUTANT_TWO_WORDS
        PAUSED--;
#endif
        command = COMMAND[round & 1]                       /* L10 */
     :: else -> break
     od;
     if
     :: command == LEAVE ->
        d_step { assert(working == 0 && round == ROUND); left++ };
        break
     :: command == STOP || round >= ROUNDS -> break
     :: else
     fi;
     command = 0;
     d_step { assert(!still); working = working | BIT(me) };
#ifdef POISONED
     if
     :: true
     :: atomic { !failed -> failed = true };
        poison();
        goto leave
     fi;
#endif
     round++;
     if
     :: me == 0 ->
        ROUND = round;                                     /* L11 */
        decide()
     :: else
     fi;
     d_step { assert(!still); working = working & (ALL ^ BIT(me)) };
     wait()
  od;
leave:
  skip;
  d_step { working = working & (ALL ^ BIT(me)); over++ }
}

#define isOver (over == N)

inline ask(what) {
  if
  :: UNTIL == STOPPED || UNTIL == what                     /* C4 */
  :: else ->
#ifdef MUTANT_NUMBERED_BEFORE_ASKED
     ASKED = (ASKED + 1) % ASKED_MODULUS;
     d_step { still = false; UNTIL = what };
#else
     d_step { still = false; UNTIL = what };               /* C5 */
#ifndef MUTANT_REQUESTS_NOT_NUMBERED
     ASKED = (ASKED + 1) % ASKED_MODULUS;                  /* C6 */
#endif
#endif
#ifndef MUTANT_ASKED_WITHOUT_WAKING
     leaderAsleep = false                                  /* C7 */
#endif
  fi
}

/* What may come while a call is under way. */
#define NOTHING 0
#define A_STOP 1
#define A_CUT 2

inline untilStill() {
  do
  :: isOver -> break
  :: event == A_STOP -> ask(STOPPED); event = NOTHING
  :: event == A_CUT -> ask(0); event = NOTHING; cut = true
  :: !isOver && ANSWERED == ASKED ->
     answered = ANSWERED;                                  /* A1 */
     if
     :: answered == ASKED -> still = true; break           /* A2 */
     :: else
     fi
  od;
  answered = 0;
  /* Looked and told in two steps: what has changed between them would show as somebody in a round. */
  assert(!still || isOver || working == 0);
  from = ROUND                                             /* C8 */
}

inline mayStop() {
  if
  :: event = NOTHING
#ifndef CALM
  :: event = A_STOP
#endif
  fi
}

proctype Coordinator() {
  byte from, target, event, answered;
  bool cut;
  do
  :: true ->
     /* pause() */
     pending = true; mayStop();
     ask(0);
     untilStill();
     assert(isOver || UNTIL == STOPPED || still);
     from = 0; pending = false
  :: true ->
     /* resume() */
     ask(NEVER)
  :: UNTIL != NEVER ->                                     /* C3 */
     /* step(): of one round, or of two; the second may be more than are left. */
     pending = true; mayStop();
     untilStill();
     if
     :: target = from + 1
     :: target = from + 2
     fi;
     if
     :: event = NOTHING
#ifndef CALM
     :: event = A_CUT
     :: event = A_STOP
#endif
     fi;
     if
     :: target > ROUNDS -> ask(NEVER)
     :: else -> ask(target)
     fi;
     untilStill();
     assert(isOver || UNTIL == STOPPED || (still && (cut || from == target)));
     from = 0; target = 0; cut = false; pending = false
  :: UNTIL != NEVER && UNTIL != STOPPED ->                 /* C3 */
     /* change(), from a pause: it settles when everyone has left. */
     pending = true; mayStop();
     untilStill();
     event = NOTHING;
     ask(LEFT);
     if
     :: true
#ifndef CALM
     :: ask(STOPPED)
#endif
     fi;
     isOver;
     assert(left == N || UNTIL == STOPPED || POISON || ROUND == ROUNDS);
     pending = false;
     break
#ifndef CALM
  :: true ->
     /* stop() */
     ask(STOPPED)
#endif
  /* Nothing more is asked for: the run comes to its end; poisoned, in a pause too. */
  :: UNTIL == NEVER || UNTIL == STOPPED || POISON -> break
  od
}

#ifdef MUTANT_TWO_WORDS
/* resume(), and pause() behind it that does not wait for it. */
proctype OldCoordinator() {
  PAUSE_AT = NEVER;
  d_step { if :: REQUEST == RUN -> REQUEST = PAUSE :: else fi };
  PAUSED == N || isOver;
  /* resume() */
  PAUSE_AT = NEVER;
  d_step { if :: REQUEST == PAUSE -> REQUEST = RUN :: else fi };
  ASKED = (ASKED + 1) % ASKED_MODULUS;
  leaderAsleep = false;
  /* pause() */
  d_step { if :: REQUEST == RUN -> REQUEST = PAUSE :: else fi };
  PAUSED == N || isOver;
  still = !isOver;
  /* Lets them go, so that this ends well where nothing is wrong. */
  d_step { still = false; REQUEST = STOP };
  ASKED = (ASKED + 1) % ASKED_MODULUS;
  leaderAsleep = false
}
#endif

#ifdef POISONED
/* A worker that is gone without a word: the pool poisons for it, in a pause too. */
proctype Pool() {
  if
  :: atomic { !failed -> failed = true };
     poison()
  :: failed
  fi
}
#endif

init {
  byte who;
  atomic {
    UNTIL = NEVER;                                         /* C1 */
    ASKED = 1;                                             /* C2 */
    who = 0;
    do
    :: who == N -> break
    :: else -> run Worker(who); who++
    od;
#ifdef MUTANT_TWO_WORDS
    run OldCoordinator()
#else
    run Coordinator()
#endif
#ifdef POISONED
    ;
    if
    :: run Pool()
    :: true
    fi
#endif
  }
}

#ifdef LIVENESS
ltl settles { [] (pending -> <> !pending) }
#endif
