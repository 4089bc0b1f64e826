/** What `study.mjs` of a study says, and what is made of it. */

/** From numbers, and from nothing else. */
export interface Verdict {
  agrees: 'yes' | 'partly' | 'no';
  measured: string;
}

export interface Claim {
  id: string;
  /** One sentence. */
  claim: string;
  /** Who says so: author, arXiv number, theorem where it is known. */
  source: string;
  /** What is measured, and what has to be met. */
  how: string;
  /** Where what is measured is not what the paper has, one sentence each. */
  deviations: string[];
  judge(numbers: unknown): Verdict;
  /** Where the small form is too small to say what the whole one does: why. */
  wholeOnly?: string;
}

export interface StudyModule {
  /** Its place among the studies. */
  order: number;
  title: string;
  /** What it is about, and what of its settings is our own; paragraphs. */
  about: string[];
  sizes: { full: Record<string, unknown>; small: Record<string, unknown> };
  measure(size: Record<string, unknown>): Promise<unknown>;
  claims: Claim[];
  figure(numbers: unknown): Promise<string>;
  /** Files beside it that are run, from its folder. */
  configs: string[];
  /** What the picture shows. */
  caption: string;
}

export interface Study extends StudyModule {
  name: string;
  folder: string;
}

export interface Result {
  study: string;
  size: 'full' | 'small';
  settings: Record<string, unknown>;
  verdicts: (Verdict & { id: string })[];
  numbers: unknown;
}

export interface Made {
  result: Result;
  verdicts: Result['verdicts'];
  numbers: unknown;
  svg: string;
  page: string;
}

export const STUDIES: string;
export function allStudies(): Promise<Study[]>;
export function openStudy(name: string): Promise<Study>;
export function makeStudy(study: Study, size: 'full' | 'small'): Promise<Made>;
export function resultOf(study: Study, size: 'full' | 'small', numbers: unknown): Promise<Made>;
export function filesOf(made: Made): Record<string, string>;
export function writeStudy(study: Study, made: Made): void;
export function writeWhole(file: string, content: string): void;
export function readRecord(study: Study): Result | null;
export function differences(study: Study, made: Made): string[];
