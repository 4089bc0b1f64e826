/**
 * A user's own flow: what an agent keeps, sends and does in a round, as functions of a module that the config
 * names. The engine does the rest: threads, messages, compression, estimates, links, bits, gains that are
 * `auto`. The interface is documented in docs/your-own-flow.md; types are in custom-types.ts, reading a
 * module is custom-module.ts, a worker's side custom-bind.ts, trying it out beforehand custom-trial.ts.
 *
 * Departure from the other flows: the module is the mathematics. Floats an agent: those of its state, and 2 a
 * message that is a difference.
 */

import { pointLength, rowsThatLast } from '../arena/layout.js';
import { batchParameter } from '../cost/batch.js';
import { describeReturned, describeThrown } from '../plugin/modules.js';
import { watchedCall } from '../plugin/watch.js';
import type { PlanContext } from '../runtime.js';
import { bindCustomFlow, type CustomFlowPlan, estimateSuffix, stateField } from './custom-bind.js';
import { COST_ROWS } from './custom-cost.js';
import { completeFlow, type Declaration, declarationOf, refuseFlow } from './custom-module.js';
import { Misuse, namesOf, tryOutFlow } from './custom-trial.js';
import type { FlowFacts } from './custom-types.js';
import { estimateScratch, estimateState } from './estimate.js';
import { tuningParameter } from './gains.js';
import { scratchFields, stateFields } from './state.js';
import { defineFlow, type FlowContext, type FlowDefinition, type FlowSpec } from './types.js';

const GRAPHS = { undirected: 'edges', balanced: 'balanced', directed: 'arcs' } as const;

interface CustomSpec extends FlowSpec {
  module: string;
}

const metadata = {
  title: "A user's own flow",
  summary: 'calls begin, send and step of your module; parameters beside it are handed to it',
  source: 'docs/your-own-flow.md',
};

function unresolved(): never {
  throw new Error(
    'a flow of a module is asked for before its module: flowDefinition(spec) takes the whole spec',
  );
}

const parameters: FlowDefinition<CustomSpec>['parameters'] = (z) =>
  z.looseObject({
    kind: z.literal('custom'),
    module: z.string().min(1).describe('your .mjs or .ts file, relative to the config'),
    batch: batchParameter(z),
    tuning: tuningParameter(z),
  });

/** All flows of modules; `of` makes one of a module. */
export const custom = defineFlow<CustomSpec, CustomFlowPlan>({
  kind: 'custom',
  metadata,
  problem: 'cost',
  changingLinks: true,
  parameters,
  of: (spec) => ofModule(declarationOf(spec)),
  complete: completeFlow,
  messages: unresolved,
  fields: unresolved,
  plan: unresolved,
  bind: unresolved,
});

const made = new WeakMap<Declaration, FlowDefinition>();

function ofModule(declaration: Declaration): FlowDefinition {
  let definition = made.get(declaration);
  if (definition === undefined) {
    definition = define(declaration);
    made.set(declaration, definition);
  }
  return definition;
}

function define(declaration: Declaration): FlowDefinition {
  const { messages, state, gains, needs, problem, biased } = declaration;
  const differences = messages.filter(({ form }) => form === 'difference');
  const channelsOf = (form: string) => messages.flatMap((message, i) => (message.form === form ? [i] : []));
  const searched = Object.keys(gains).filter((name) => gains[name]?.auto !== undefined);

  return defineFlow<CustomSpec, CustomFlowPlan>({
    kind: 'custom',
    metadata,
    parameters,
    problem,
    changingLinks: needs.changingLinks,
    localGains: new Set(),
    graphs: () => GRAPHS[needs.graph],
    costs: needs.cost,
    declares: {
      changingLinks: 'if its equations hold there: export const needs = { changingLinks: true }',
      directed: "if its equations hold there: export const needs = { graph: 'directed' }, or 'balanced'",
    },
    biased: () => biased,

    messages: () => ({
      channels: messages.length,
      compressed: messages.some(({ form }) => form !== 'raw'),
      estimates: differences.length > 0 && channelsOf('difference'),
      raw: channelsOf('raw'),
      lengths: messages.map(({ length }) => length),
      shares: needs.outNeighbours,
    }),

    fields: ({ batch }, context) => {
      const { agents } = context;
      const wide = (length: number | null): PlanContext => ({ ...context, dim: length ?? context.dim });
      const one = (length: number | null): PlanContext => ({ ...wide(length), blockAgents: 1 });
      const longest = wide(Math.max(...messages.map(({ length }) => length ?? context.dim)));
      return [
        ...state.flatMap((vector) => stateFields([stateField(vector)], wide(vector.length))),
        ...differences.flatMap((message) =>
          estimateState(estimateSuffix(differences, message), wide(message.length), message.each),
        ),
        ...(differences.length > 0 ? estimateScratch(longest) : []),
        ...messages.flatMap(({ name, length }) =>
          scratchFields(
            [
              ...['own', 'laplacian', 'sum', 'one'].map((what) => `heard.${name}.${what}`),
              ...(state.some((vector) => vector.name === name) ? [] : [`out.${name}`]),
            ],
            wide(length),
          ),
        ),
        // Degrees of 0, with which gathering adds up the neighbours alone.
        { name: 'flow.none', type: 'f64', length: agents },
        ...(typeof batch === 'number'
          ? [rowsThatLast({ name: 'flow.draws', type: 'u32', length: agents }, agents)]
          : []),
        ...scratchFields(
          ['flow.point', 'flow.answer', ...COST_ROWS.map((name) => `flow.${name}`)],
          one(null),
        ),
        ...state.flatMap(({ name, length }) => scratchFields([`state.${name}`], one(length))),
        { name: 'scratch.flow.value', type: 'f64', length: pointLength(1), perWorker: true },
      ];
    },

    plan: (spec, context) => {
      const numbers: Record<string, number> = {};
      for (const name of Object.keys(gains)) {
        const value = spec[name];
        numbers[name] = typeof value === 'number' ? value : byRule(declaration, name, numbers, context);
      }
      const { kind, module, batch } = spec;
      const { rounds } = context;
      const { m, l } = context.curvature();
      const options = Object.fromEntries(Object.keys(declaration.options).map((name) => [name, spec[name]]));
      return {
        kind,
        module,
        gains: numbers,
        parameters: { ...options, ...numbers },
        rounds,
        curvature: { m, l },
        draws: typeof batch === 'number',
      };
    },

    ...(searched.length > 0 && {
      search: {
        directions: searched.map((name) => ({ [name]: 1 })),
        largest: Object.fromEntries(
          searched.flatMap((name) => (gains[name]?.max === undefined ? [] : [[name, gains[name].max]])),
        ),
        biased,
      },
    }),

    tryOut: (plan, context) => tryOutFlow(declaration, plan, context),

    bind: (plan, channels, cost, runtime, rebind) => {
      const sums = rebind({
        ...runtime,
        graph: { ...runtime.graph, degrees: runtime.arena.address('flow.none') },
      });
      return bindCustomFlow(declaration, plan, channels, sums, cost, runtime);
    },
  });
}

/** What a gain's own rule makes of the graph, the cost and the compressor. */
function byRule(
  { module, gains }: Declaration,
  name: string,
  before: Readonly<Record<string, number>>,
  context: FlowContext,
): number {
  const { lambda2, lambdaMax, degree, m, l, meanM, meanL, delta } = context.gains();
  const { maxDegree } = context;
  const facts: FlowFacts = Object.freeze({
    lambda2,
    lambdaMax,
    degree,
    maxDegree,
    m,
    l,
    meanM,
    meanL,
    delta,
    parameters: Object.freeze({ ...before }),
  });
  const { auto, min = -Infinity, max = Infinity } = gains[name] ?? {};
  let value: unknown;
  try {
    value = watchedCall(module, `the auto rule of ${name}`, () => auto?.(namesOf('', facts)));
  } catch (cause) {
    const what = cause instanceof Misuse ? cause.message : `threw ${describeThrown(cause)}`;
    throw refuseFlow(module, `the auto rule of ${name} ${what} (${told(facts)})`, cause);
  }
  if (typeof value === 'number' && value >= min && value <= max && Number.isFinite(value)) return value;
  const range = min > -Infinity || max < Infinity ? `a number in ${min}..${max}` : 'a finite number';
  throw refuseFlow(
    module,
    `the auto rule of ${name} gave ${describeReturned(value)}, expected ${range} (${told(facts)})`,
  );
}

/** What a rule was told, for its author. */
function told(facts: FlowFacts): string {
  const numbers = Object.entries(facts).filter(([, fact]) => typeof fact === 'number');
  return `of ${numbers.map(([name, number]) => `${name} ${number}`).join(', ')}`;
}
