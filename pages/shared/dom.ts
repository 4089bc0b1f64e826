/** Elements made in a line: for pages that need no framework. */

type Child = Node | string | number | null | undefined | false;
type Props<E> = {
  [K in keyof E]?: E[K] | undefined;
} & { attrs?: Record<string, string | number | boolean | null | undefined> };

/** An element with its properties (`attrs`: what is an attribute only), and what is in it. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props<HTMLElementTagNameMap[K]> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  const { attrs, ...own } = props;
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined) Object.assign(element, { [name]: value });
  }
  for (const [name, value] of Object.entries(attrs ?? {})) setAttribute(element, name, value);
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** True: there, and empty; false, null and undefined: not there. */
export function setAttribute(
  element: Element,
  name: string,
  value: string | number | boolean | null | undefined,
) {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : String(value));
}

/** The element with this id, which the page has. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as T;
}

/** What a property of the style sheet is now, in this theme. */
export function cssColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Sets text only where it differs, so that nothing is read aloud or laid out twice. */
export function setText(element: Node, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
