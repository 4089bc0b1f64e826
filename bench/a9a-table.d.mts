/** See a9a-table.mjs. */
export function table(results: readonly object[]): string;
