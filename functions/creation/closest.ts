/** The word among `known` that a person most likely meant by `word`; undefined when none is near. */
export const closestTo = (word: string, known: readonly string[]): string | undefined => {
  const ranked = known
    .map((candidate) => ({ candidate, edits: editsBetween(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((one, other) => one.edits - other.edits);
  const best = ranked[0];
  // A third of the letters wrong is a typing error, more is another word.
  return best && best.edits <= Math.ceil(best.candidate.length / 3) ? best.candidate : undefined;
};

/** How many letters have to be added, dropped or replaced (Levenshtein). Long words are far from everything. */
const editsBetween = (one: string, other: string): number => {
  if (Math.abs(one.length - other.length) > other.length) return Number.POSITIVE_INFINITY;
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[other.length] ?? 0;
};
