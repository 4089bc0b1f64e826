/** What `scripts/pages.mjs` makes when the page is built. */

declare module 'virtual:airports' {
  /** By code: city, and where it lies on a map of the United States, x and y in -1..1. */
  export const airports: Readonly<Record<string, readonly [city: string, x: number, y: number]>>;
}
