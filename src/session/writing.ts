/** Where the ending of a run is: which part of its results is being made, and how long that still takes. */

export class Writing {
  private part: { what: string; done: number; of: number; sinceMs: number } | null = null;

  /** Gives what is told of every piece that is done, of `of` in all. */
  begin(what: string, of: number): (done: number) => void {
    const part = { what, done: 0, of, sinceMs: performance.now() };
    this.part = part;
    return (done) => {
      part.done += done;
    };
  }

  end(): void {
    this.part = null;
  }

  /** Null before the first piece, which says how fast it goes. */
  progress(): { what: string; secondsLeft: number } | null {
    const { part } = this;
    if (part === null || part.done === 0) return null;
    const { what, done, of, sinceMs } = part;
    return { what, secondsLeft: (((performance.now() - sinceMs) / done) * (of - done)) / 1000 };
  }
}
