/** The section `program` of a config with a parameter server, checked, and told to editors. */

import { describeSpec } from '../../base/describe.js';
import { validateComponent } from '../../schema/component.js';
import { isMapping, wrongValue } from '../../schema/explain.js';
import type { CheckedSections, ProgramSections, Registries } from '../../schema/program.js';
import { COMPRESSOR_OPTIONS, COMPRESSOR_REFERENCE, variant } from '../../schema/variants.js';
import type { ServerConfig } from './config.js';
import { parameterServer as definition } from './spec.js';

/** Parameters that are compressors, and the words that may stand instead of one. */
const LINKS: Readonly<Record<string, readonly string[]>> = { uplink: [], downlink: ['one-bit', 'none'] };

export const serverSections: ProgramSections = {
  kind: definition.kind,
  definition,
  keys: ['program'],
  check,
  jsonSchema() {
    const schema = variant(definition.kind, definition, {});
    const properties = { ...schema.properties };
    for (const [link, words] of Object.entries(LINKS)) {
      const description = properties[link]?.description;
      properties[link] = {
        ...(description === undefined ? {} : { description }),
        ...(words.length > 0
          ? { anyOf: [{ enum: [...words] }, COMPRESSOR_REFERENCE] }
          : COMPRESSOR_REFERENCE),
      };
    }
    return { properties: { program: { ...schema, properties } }, required: ['program'] };
  },
  describe: (config) => {
    const { kind, uplink, agents } = (config as ServerConfig).program;
    const compressor = describeSpec(uplink ?? { kind: 'one-bit' });
    return {
      flow: kind,
      compressor,
      uncompressed: false,
      network: { star: agents },
      graph: `${agents} agents and a server`,
      endless: true,
    };
  },
};

function check({ program, network }: Record<string, unknown>, registries: Registries): CheckedSections {
  const { spec, issues } = validateComponent(registries.programs, program, ['program']);
  if (isMapping(network) && network['edges'] !== undefined) {
    const text = 'network.edges names edges of a graph, and a program has links of its own, all alike';
    issues.push({ path: ['network', 'edges'], at: 'key', text });
  }
  for (const [link, words] of Object.entries(LINKS)) {
    const given = (program as Record<string, unknown>)[link];
    if (given === undefined || words.includes(given as string)) continue;
    const path = ['program', link];
    if (typeof given === 'string') {
      const expected = ['a compressor such as { kind: sign }', ...words]
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1');
      issues.push(wrongValue(path, given, expected));
      continue;
    }
    const nested = validateComponent(registries.compressors, given, path, COMPRESSOR_OPTIONS);
    issues.push(...nested.issues);
    spec[link] = nested.spec;
  }
  return { sections: { program: spec }, issues };
}
