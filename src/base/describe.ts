/**
 * A component's spec in the short form that people write: `flatten(sign)`, `top-k(k=4)`,
 * `schedule(top-k(k=1), sign, until=[0.5])`.
 */

interface Spec {
  kind: string;
  [parameter: string]: unknown;
}

export function describeSpec(spec: Spec): string {
  const { kind, ...parameters } = spec;
  const inside = Object.entries(parameters)
    // What is composed comes first, whatever the order in which it was written.
    .sort(([a], [b]) => Number(b === 'inner') - Number(a === 'inner'))
    .map(([key, value]) => (key === 'inner' ? describeValue(value) : `${key}=${describeValue(value)}`));
  return inside.length === 0 ? kind : `${kind}(${inside.join(', ')})`;
}

function describeValue(value: unknown): string {
  if (isSpec(value)) return describeSpec(value);
  if (Array.isArray(value) && value.some(isSpec)) return value.map(describeValue).join(', ');
  if (isNamed(value)) return value.name;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What has a name is called by it: a policy is long. */
function isNamed(value: unknown): value is { name: string } {
  return (
    typeof value === 'object' && value !== null && typeof (value as { name?: unknown }).name === 'string'
  );
}

function isSpec(value: unknown): value is Spec {
  return (
    typeof value === 'object' && value !== null && typeof (value as { kind?: unknown }).kind === 'string'
  );
}
