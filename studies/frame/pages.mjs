/** What people read of studies: a page for each, and the table of all claims in docs/studies.md. */

const WIDTH = 108;

/** README.md of a study's folder. */
export function studyPage(study, { verdicts, settings }) {
  const lines = [
    `# ${study.title}`,
    '',
    ...study.about.flatMap((paragraph) => [...wrapped(paragraph), '']),
    ...wrapped(
      `Made by \`npm run studies -- ${study.name}\` from ${list(study.configs.map((name) => `[${name}](${name})`))} and [study.mjs](study.mjs). All numbers are in [numbers.json](numbers.json). This page is written by the command.`,
    ),
    '',
    `![${study.title}](figure.svg)`,
    '',
    ...wrapped(study.caption),
    '',
    '## Claim, measured, agrees?',
    '',
    '| claim | how it is measured | measured | agrees? |',
    '| --- | --- | --- | --- |',
    ...study.claims.map(({ claim, source, how }, i) => {
      const { measured, agrees } = verdicts[i];
      return `| ${cell(claim)} (${cell(source)}) | ${cell(how)} | ${cell(measured)} | **${agrees}** |`;
    }),
    '',
    ...wrapped(
      'Of measured values stand the median, the least and the largest, and how many of them meet the bound. *yes*: all do; *partly*: at least half; *no*: fewer.',
    ),
    '',
    '## Deviations',
    '',
    ...study.claims.flatMap(({ claim, deviations }) => [
      ...wrapped(`**${claim}**`),
      '',
      ...deviations.flatMap((deviation) => wrapped(deviation, '- ', '  ')),
      '',
    ]),
    '## Settings',
    '',
    ...Object.entries(settings).flatMap(([key, value]) =>
      wrapped(`\`${key}\`: \`${JSON.stringify(value)}\``, '- ', '  '),
    ),
    '',
  ];
  return lines.join('\n');
}

/** The table of all claims: rows of docs/studies.md. `records`: what each study has recorded. */
export function claimTable(studies, records) {
  return [
    '| study | claim | source | measured | agrees? |',
    '| --- | --- | --- | --- | --- |',
    ...studies.flatMap((study, s) =>
      study.claims.map(({ id, claim, source }) => {
        const verdict = records[s]?.verdicts?.find((each) => each.id === id);
        const link = `[${study.name}](../studies/${study.name}/README.md)`;
        return `| ${link} | ${cell(claim)} | ${cell(source)} | ${cell(verdict?.measured ?? 'not yet')} | **${verdict?.agrees ?? '–'}** |`;
      }),
    ),
  ].join('\n');
}

const [BEGIN, END] = ['<!-- claims: written by npm run studies -->', '<!-- end of claims -->'];

/** The page with its table put in anew. */
export function withTable(page, table) {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`docs/studies.md has no ${BEGIN} ... ${END}`);
  return `${page.slice(0, from + BEGIN.length)}\n\n${table}\n\n${page.slice(to)}`;
}

const cell = (text) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

function list(names) {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function wrapped(text, first = '', further = '') {
  const lines = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(/\s+/)) {
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = further;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
