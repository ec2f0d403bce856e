/**
 * Names of fields whose values never reach a log: tokens, passwords of whatever (`db-password`, those of redis.conf), and the
 * strings of secrets.
 */
const SECRET_FIELD =
  /^(auth_?token|task_?token|token|pass|requirepass|masterauth|secret|secret_?string)$|(passwords?|passwd|pwd|passphrase)$/i;

/** Whether a field's name says that its value is a secret. */
export const isSecretField = (name: string): boolean => SECRET_FIELD.test(name);

/** A replacer for JSON.stringify, as the logger's second net: code chooses what it logs, this catches what it missed. */
export const maskSecrets = (key: string, value: unknown): unknown =>
  isSecretField(key) && typeof value === 'string' ? '(masked)' : value;
