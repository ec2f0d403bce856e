import { randomUUID } from 'node:crypto';
import { ServiceError } from '../../service.ts';

/** Secrets Manager API reference, PutSecretValue: length of a token, size of a value. */
const TOKEN_LENGTH = { least: 32, most: 64 } as const;
const MAX_BYTES = 65_536;

interface ValueInput {
  readonly ClientRequestToken?: string | undefined;
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: unknown;
}

/** A value as a call brings it; `token` becomes the id of its version. */
export interface GivenValue {
  readonly token: string;
  readonly text: string | undefined;
  readonly binary: Uint8Array | undefined;
}

const invalid = (message: string) => new ServiceError('InvalidParameterException', message);

/** The id of a new version; the SDK makes one up when nobody gives it. @throws ServiceError InvalidParameterException */
export const readToken = (token: string = randomUUID()): string => {
  if (token.length >= TOKEN_LENGTH.least && token.length <= TOKEN_LENGTH.most) return token;
  throw invalid(`ClientRequestToken must be ${TOKEN_LENGTH.least}-${TOKEN_LENGTH.most} characters long.`);
};

/** Reads the value of a call; undefined when the call brings none. @throws ServiceError for what cannot be one */
export const readValue = (input: ValueInput): GivenValue | undefined => {
  const token = readToken(input.ClientRequestToken);
  const { SecretString: text } = input;
  const binary = input.SecretBinary as Uint8Array | undefined;
  if (text !== undefined && binary !== undefined) {
    throw invalid("You can't specify both a binary secret value and a string secret value in the same secret.");
  }
  const bytes = Buffer.byteLength(text ?? '') + (binary?.byteLength ?? 0);
  if (bytes > MAX_BYTES) throw invalid(`A secret value has at most ${MAX_BYTES} bytes, not ${bytes}.`);
  return bytes === 0 ? undefined : { token, text, binary };
};
