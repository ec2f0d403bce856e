/** The word among `known` that a person most likely meant by `word`; undefined when none is near, or two are as near. */
export const closestTo = (word: string, known: readonly string[]): string | undefined => {
  const [best, next] = [...new Set(known)]
    .map((candidate) => ({ candidate, edits: editsBetween(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((one, other) => one.edits - other.edits);
  // A third of the letters wrong is a typing error, more is another word.
  if (!best || best.edits > Math.ceil(best.candidate.length / 3)) return undefined;
  // To name one of two equals would be a guess about the guess.
  return next?.edits === best.edits ? undefined : best.candidate;
};

/**
 * How many letters have to be added, dropped, replaced, or swapped with the next one (optimal string alignment). Long words
 * are far from everything.
 */
const editsBetween = (one: string, other: string): number => {
  if (Math.abs(one.length - other.length) > other.length) return Number.POSITIVE_INFINITY;
  let beforeLast: readonly number[] = [];
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      const isSwap = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      const swapped = isSwap ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(replaced, swapped, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    beforeLast = previous;
    previous = current;
  }
  return previous[other.length] ?? 0;
};
