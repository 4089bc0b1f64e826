/**
 * A cursor over the lines of a large text, for the formats that are one edge a line. It hands out offsets, not strings:
 * millions of lines make no garbage.
 */
export class Lines {
  /** Line number from 1; 0 before the first `next`. */
  line = 0;
  /** The current line is text[begin .. end), without its line end and without white space around it. */
  begin = 0;
  end = 0;
  private following = 0;

  constructor(readonly text: string) {
    if (text.charCodeAt(0) === 0xfeff) this.following = 1; // a byte order mark
  }

  /** Goes to the next line that is neither blank nor a comment ('#' or '%'); false at the end of the text. */
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
    this.begin = this.following;
    this.following = end + 1;
    this.line++;
    while (end > this.begin && text.charCodeAt(end - 1) <= 32) end--;
    while (this.begin < end && isBlank(text.charCodeAt(this.begin))) this.begin++;
    this.end = end;
    return true;
  }

  current(): string {
    return this.text.slice(this.begin, this.end);
  }
}

/** A space or a tab. */
export function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** The digits text[begin .. end) as a whole number, or -1 if there is anything but digits, or too many of them. */
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
