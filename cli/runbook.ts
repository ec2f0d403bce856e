import { readFileSync } from 'node:fs';

export interface RunbookEntry {
  /** Where a person reads all of it: `docs/runbook.md#notours`. */
  readonly link: string;
  readonly meaning: string;
  readonly action: string;
}

const FILE = 'docs/runbook.md';

/** One paragraph of an entry, without its name. */
const paragraph = (text: string, name: string): string =>
  new RegExp(`^\\*\\*${name}\\.\\*\\* (.*)$`, 'm').exec(text)?.[1] ?? '';

/** What the runbook says about a reason; undefined when it has no such heading. */
export const runbookEntry = (
  reason: string,
  runbook: string = readFileSync(new URL(`../${FILE}`, import.meta.url), 'utf8'),
): RunbookEntry | undefined => {
  const entry = runbook.split(/^### /m).find((text) => text.split('\n', 1)[0]?.trim() === reason);
  if (entry === undefined) return undefined;
  return {
    link: `${FILE}#${reason.toLowerCase().replaceAll(' ', '-')}`,
    meaning: paragraph(entry, 'Meaning'),
    action: paragraph(entry, 'Action'),
  };
};
