import type { Result, Study } from './make.mjs';

export function studyPage(study: Study, result: Result): string;
export function claimTable(studies: readonly Study[], records: readonly (Result | null)[]): string;
export function withTable(page: string, table: string): string;
