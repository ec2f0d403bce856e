import { tokenIn, userIn } from '../platform/secret-format.ts';
import type { Target } from './schemas.ts';

/** The token, or the user's password, in a version's text. It stays in memory. @throws FixSecret, which never repeats what it found */
export const tokenOf = (text: string, { userId, secretArn }: Pick<Target, 'userId' | 'secretArn'>): string =>
  userId === undefined ? tokenIn(text, secretArn) : userIn(text, secretArn).password;
