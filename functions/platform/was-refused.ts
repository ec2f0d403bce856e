/** The answer to an order was lost: it may have been carried out. */
export class OrderUncertain extends Error {
  override readonly name = 'OrderUncertain';
}

/** Only an answer of the service below 500 says for sure that nothing was done. */
export const wasRefused = (error: unknown): boolean => {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  const status =
    metadata && typeof metadata === 'object' && 'httpStatusCode' in metadata ? Number(metadata.httpStatusCode) : 0;
  return status >= 400 && status < 500;
};
