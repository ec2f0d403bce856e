/** Names of fields whose values never reach a log: tokens, passwords, and the strings of secrets. */
const SECRET_FIELD = /^(auth_?token|task_?token|password|secret_?string|random_?password)$/i;

/** A replacer for JSON.stringify, as the logger's second net: code chooses what it logs, this catches what it missed. */
export const maskSecrets = (key: string, value: unknown): unknown =>
  SECRET_FIELD.test(key) && typeof value === 'string' ? '(masked)' : value;
