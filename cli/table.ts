/** A cell may be longer than any screen; a line under the heads need not be. */
const LONGEST_RULE = 110;

/** Columns of text, each as wide as its widest cell. Numbers are set to the right. */
export const table = (
  heads: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
  indent = '  ',
): string => {
  const cells = rows.map((row) => heads.map((_, column) => String(row[column] ?? '–')));
  const widths = heads.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const isNumber = heads.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const line = (row: readonly string[]) =>
    indent +
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const width = widths.reduce((sum, each) => sum + each + 2, -2);
  const rule = '─'.repeat(Math.min(width, LONGEST_RULE));
  return [line(heads), indent + rule, ...cells.map(line)].join('\n');
};
