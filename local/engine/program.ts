import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** Where a program is, and what it needs in its environment to run. */
export interface ProgramLocation {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

/** The first program of that name in the folders of PATH. */
export const onPath = (name: string, env: NodeJS.ProcessEnv): string | undefined =>
  (env.PATH ?? '')
    .split(path.delimiter)
    .filter(Boolean)
    .map((folder) => path.join(folder, name))
    .find(isProgram);

/** The beginning of what a tool said, on one line; the whole is in the cause. */
export const briefly = (message: string): string => {
  const line = message.trim().replace(/\s*\n\s*/g, '; ');
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON)}…` : line;
};
const LONGEST_REASON = 160;
