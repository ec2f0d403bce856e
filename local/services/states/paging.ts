import { ServiceError } from '../../service.ts';

export interface PageRequest {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

/** Step Functions' default and largest page (API reference, `maxResults`; 0 means the default). */
const DEFAULT_PAGE = 100;
const LARGEST_PAGE = 1000;

const encode = (start: number) => Buffer.from(JSON.stringify({ start })).toString('base64url');

const decode = (token: string): number => {
  try {
    const { start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { start?: unknown };
    if (typeof start === 'number' && Number.isInteger(start) && start > 0) return start;
  } catch {
    // Told below, together with what was read but makes no sense.
  }
  throw new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'");
};

/** One page of a list that only grows at its end. @throws ServiceError ValidationException, InvalidToken */
export const pageOf = <T>(all: readonly T[], { maxResults, nextToken }: PageRequest) => {
  if (maxResults !== undefined && (maxResults < 0 || maxResults > LARGEST_PAGE)) {
    const message = `Value '${maxResults}' at 'maxResults' failed to satisfy constraint: Member must have value between 0 and ${LARGEST_PAGE}`;
    throw new ServiceError('ValidationException', `1 validation error detected: ${message}`);
  }
  const start = nextToken === undefined ? 0 : decode(nextToken);
  const end = start + (maxResults || DEFAULT_PAGE);
  return { items: all.slice(start, end), ...(end < all.length ? { nextToken: encode(end) } : {}) };
};
