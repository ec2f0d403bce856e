import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const headings = [...readFileSync('docs/runbook.md', 'utf8').matchAll(/^#+ +(.+)$/gm)].map(([, heading]) => heading);

/** The words that a definition itself gives as a reason or as an error's name, also where an expression chooses among some. */
const wordsIn = (definition: string): string[] => {
  const plain = [...definition.matchAll(/"(?:reason|Error)": "([A-Za-z]+)"/g)].map(([, word = '']) => word);
  const chosen = [...definition.matchAll(/"reason": "\{%(.*?)%\}"|'reason': '(\w+)'/g)].flatMap(
    ([, choice = '', word]) =>
      word ? [word] : [...choice.matchAll(/[?:] '([A-Z][A-Za-z]+)'/g)].map(([, each = '']) => each),
  );
  return [...plain, ...chosen];
};

it.each(readdirSync('state-machines'))('every reason in %s has its heading in the runbook', (file) => {
  const words = wordsIn(readFileSync(`state-machines/${file}`, 'utf8')).filter((word) => word !== 'FixInput');
  expect(words.length).toBeGreaterThan(0);
  expect(words.filter((word) => !headings.includes(word))).toEqual([]);
});
