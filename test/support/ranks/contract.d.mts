/** Programs that all ranks run together, by what they say of a transport. */
export const cases: Record<string, (context: unknown) => void>;
