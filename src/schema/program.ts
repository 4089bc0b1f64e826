/** What a program says of its own part of a config: how it is checked, completed, and told to editors. */

import type { ComponentDefinition, Registry } from './component.js';
import type { Issue, JsonSchema } from './explain.js';

/** Every family of components that a config can name. */
export interface Registries {
  topologies: Registry;
  costs: Registry;
  flows: Registry;
  compressors: Registry;
  /** Links that change from round to round. */
  links: Registry;
  /** What `program` can name. */
  programs: Registry;
  /** How each program reads a config; the first reads those that name no program. */
  sections: readonly ProgramSections[];
}

export interface CheckedSections {
  /** With every default filled in; meaningless where there are issues. */
  sections: Record<string, unknown>;
  issues: Issue[];
  /** As in `LoadedConfig`. */
  alternatives?: Record<string, unknown>;
}

export interface ProgramSections {
  /** What `program.kind` says; also the program's name in its plan. */
  kind: string;
  /** Its section `program`; null where it is what a config runs without one. */
  definition: ComponentDefinition | null;
  /** Keys at the top level of a config that are its own. */
  keys: readonly string[];
  /** What is said of keys that stand beside another program, where that is not plain. */
  beside?: Readonly<Record<string, string>>;
  check(input: Record<string, unknown>, registries: Registries): CheckedSections;
  /** Properties of the top level, and which of them have to be there. */
  jsonSchema(registries: Registries): { properties: Record<string, JsonSchema>; required: string[] };
  /** Of a config that was checked. */
  describe(config: Record<string, unknown>): MethodDescription;
}

/** What people call a method, and what tells its problem from others. */
export interface MethodDescription {
  flow: string;
  compressor: string;
  /** Whether messages go as they are, so that no compressor but identity may stand beside this flow. */
  uncompressed: boolean;
  /** Whatever decides who is linked to whom. */
  network: unknown;
  /** What people call the graph, in a word or two. */
  graph: string;
  /** Whether it can go on for ever: nothing it reads ends. */
  endless: boolean;
}
