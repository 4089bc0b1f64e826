/** What two ranks of `sottovoce bench mpi` exchange, and what is made of the times; plain data between processes. */

/** Rows of so many bytes, both ways at once. */
export interface LinkExchange {
  rows: number;
  rowBytes: number;
  /** Every other row of the sender's memory; one run of them otherwise. Received in one run, as ghosts are. */
  scattered: boolean;
}

export interface LinkTask {
  exchanges: readonly LinkExchange[];
  sampleSeconds: number;
}

export interface LinkSample extends LinkExchange {
  /** Of one exchange. */
  seconds: number;
}

/** A link: an exchange of n bytes each way takes alpha + n / beta. */
export interface Link {
  alphaSeconds: number;
  /** Each way, while both are busy. */
  betaBytesPerSecond: number;
}

/**
 * The line through the shortest exchange and a long one: what is short says nothing of beta, and what is long
 * nothing of alpha. Where noise makes the short one take most of the time of the long one, half of the latter
 * is left to its bytes.
 */
export function linkOf(short: LinkSample, long: LinkSample): Link {
  const bytes = long.rows * long.rowBytes - short.rows * short.rowBytes;
  const seconds = Math.max(long.seconds - short.seconds, long.seconds / 2);
  return { alphaSeconds: short.seconds, betaBytesPerSecond: bytes / seconds };
}
