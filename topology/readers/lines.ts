/**
 * A cursor over the lines of a large text, for the formats that are one edge a line. It hands out offsets,
 * not strings: millions of lines make no garbage.
 */
export class Lines {
  /** Line number from 1; 0 before the first `next`. */
  line = 0;
  /** The current line is text[begin .. end), without its line end and without white space around it. */
  begin = 0;
  end = 0;
  /** Where it begins with that white space. */
  rawBegin = 0;
  private following = 0;

  constructor(readonly text: string) {}

  /** Goes to the next line that is neither blank nor begins with '#' or '%'; false at the end of the text. */
  next(): boolean {
    const { text } = this;
    while (this.nextRaw()) {
      if (this.begin === this.end) continue;
      const first = text.charCodeAt(this.begin);
      if (first !== 35 && first !== 37) return true;
    }
    return false;
  }

  /** Goes to the next line, whatever it holds. */
  nextRaw(): boolean {
    const { text } = this;
    if (this.following >= text.length) return false;
    let end = text.indexOf('\n', this.following);
    if (end < 0) end = text.length;
    this.begin = this.rawBegin = this.following;
    this.following = end + 1;
    this.line++;
    while (end > this.begin && text.charCodeAt(end - 1) <= 32) end--;
    while (this.begin < end && isBlank(text.charCodeAt(this.begin))) this.begin++;
    this.end = end;
    return true;
  }

  /** Whether this line, which begins with '#' or '%', can be nothing but a comment. */
  isPlainComment(): boolean {
    if (this.begin + 1 === this.end) return true;
    const second = this.text.charCodeAt(this.begin + 1);
    return isBlank(second) || second === 35 || second === 37 || second === 33;
  }

  current(): string {
    return this.text.slice(this.begin, this.end);
  }
}

/** A space or a tab. */
export function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/**
 * The digits text[begin .. end) as a whole number, or -1 if there is anything but digits, or too many of
 * them.
 */
export function digitsOf(text: string, begin: number, end: number): number {
  if (end <= begin || end - begin > 15) return -1;
  let value = 0;
  for (let at = begin; at < end; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
