import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const headings = [...readFileSync('docs/runbook.md', 'utf8').matchAll(/^#+ +(.+)$/gm)].map(([, heading]) => heading);

/** The words that a definition itself gives as a reason or as an error's name. */
const wordsIn = (definition: string): string[] =>
  [...definition.matchAll(/"(?:reason|Error)": "([A-Za-z]+)"/g)].map(([, word = '']) => word);

it.each(readdirSync('state-machines'))('every reason in %s has its heading in the runbook', (file) => {
  const words = wordsIn(readFileSync(`state-machines/${file}`, 'utf8')).filter((word) => word !== 'FixInput');
  expect(words.length).toBeGreaterThan(0);
  expect(words.filter((word) => !headings.includes(word))).toEqual([]);
});
