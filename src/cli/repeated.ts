/** An option that may be given several times: all of its values, in their order. */

export function collect(text: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), text];
}
