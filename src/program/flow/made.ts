/** What the stages have made of a flow's config. */

import type { Made } from '../../run/program.js';
import type { FlowChoice } from './gains.js';
import type { FlowProblem } from './load.js';
import type { FlowOutline } from './plan.js';
import type { FlowRunPlan } from './types.js';

export type FlowMade = Made<FlowProblem, FlowOutline, FlowChoice, FlowRunPlan>;
