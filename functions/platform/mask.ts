/** Names of fields whose values never reach a log: tokens, passwords, and the strings of secrets. */
const SECRET_FIELD = /^(auth_?token|task_?token|token|passwords?|passwd|secret|secret_?string|random_?password)$/i;

/** Whether a field's name says that its value is a secret. */
export const isSecretField = (name: string): boolean => SECRET_FIELD.test(name);

/** A replacer for JSON.stringify, as the logger's second net: code chooses what it logs, this catches what it missed. */
export const maskSecrets = (key: string, value: unknown): unknown =>
  isSecretField(key) && typeof value === 'string' ? '(masked)' : value;
