/** What a command's exit code tells a script. Part of the interface: never renumbered. */
export const EXIT = {
  /** Done, or nothing was to be done. */
  done: 0,
  /** The command line itself was wrong (commander's own code), or the tool failed in a way it does not know. */
  toolFailed: 1,
  /** The input was refused; nothing was called. Every fault is listed. */
  inputRefused: 2,
  /** The operation was tried and failed. */
  operationFailed: 3,
  /** Not done: refused (by policy, or by the state of the cache), only observed, answered with no, or still waiting. */
  notAllowed: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
