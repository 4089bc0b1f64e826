/** A config as people write it: a section a line, its parameters in braces. It is YAML, and can be run. */

/** Lists longer than this are cut: the manifest has all of it. */
const MOST_ENTRIES = 24;
const PLAIN = /^[A-Za-z][\w.-]*$/;
/** Words that YAML takes for something else than text. */
const TAKEN = /^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i;

export function configText(config: Readonly<Record<string, unknown>>): string {
  return Object.entries(config)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${flow(value)}`)
    .join('\n');
}

function flow(value: unknown): string {
  if (Array.isArray(value)) {
    const shown = value.slice(0, MOST_ENTRIES).map(flow);
    if (shown.length < value.length) shown.push(`... ${value.length - shown.length} more`);
    return `[${shown.join(', ')}]`;
  }
  if (value !== null && typeof value === 'object') {
    const parts = Object.entries(value).filter(([, part]) => part !== undefined);
    return parts.length === 0
      ? '{}'
      : `{ ${parts.map(([key, part]) => `${word(key)}: ${flow(part)}`).join(', ')} }`;
  }
  return typeof value === 'string' ? word(value) : String(value);
}

function word(text: string): string {
  return PLAIN.test(text) && !TAKEN.test(text) ? text : JSON.stringify(text);
}
