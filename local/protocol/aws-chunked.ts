import { ServiceError } from '../service.ts';
import type { WireRequest } from './wire.ts';

const LINE_END = '\r\n';

const incomplete = () =>
  new ServiceError(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  );

/** The chunks' bytes and the headers behind them. Each chunk begins with its length in hexadecimal (S3 API reference). */
const readChunks = (body: Buffer): { data: Buffer; trailers: Record<string, string> } => {
  const chunks: Buffer[] = [];
  let at = 0;
  const line = (): string => {
    const end = body.indexOf(LINE_END, at);
    if (end < 0) throw incomplete();
    const text = body.toString('latin1', at, end);
    at = end + LINE_END.length;
    return text;
  };

  for (;;) {
    // A signed chunk says `<length>;chunk-signature=…`; signatures are nowhere verified here.
    const [hexadecimal = ''] = line().split(';');
    if (!/^[0-9a-f]+$/i.test(hexadecimal)) throw incomplete();
    const length = Number.parseInt(hexadecimal, 16);
    if (length === 0) break;
    if (at + length > body.length) throw incomplete();
    chunks.push(body.subarray(at, at + length));
    at += length;
    if (line() !== '') throw incomplete();
  }

  const trailers: Record<string, string> = {};
  while (at < body.length) {
    const text = line();
    if (text === '') break;
    const [name = '', value = ''] = text.split(/:(.*)/s);
    trailers[name.trim().toLowerCase()] = value.trim();
  }
  return { data: Buffer.concat(chunks), trailers };
};

/**
 * A request as it would be without the encoding `aws-chunked`, in which SDKs send a body whose checksum they learn while they
 * send it: the trailing checksum becomes a header like any other.
 *
 * @throws ServiceError when the length is not told, or is another one
 */
export const unchunked = (request: WireRequest): WireRequest => {
  const { headers } = request;
  const isChunked = headers['x-amz-content-sha256']?.startsWith('STREAMING-') ?? false;
  const encodings = (headers['content-encoding'] ?? '').split(',').map((name) => name.trim());
  if (!isChunked) {
    if (headers['transfer-encoding'] === undefined) return request;
    const message = 'A header you provided implies functionality that is not implemented';
    throw new ServiceError('NotImplemented', message, 501, { Header: 'Transfer-Encoding' });
  }

  const told = headers['x-amz-decoded-content-length'];
  if (told === undefined) {
    throw new ServiceError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
  }
  const { data, trailers } = readChunks(Buffer.from(request.body));
  if (data.length !== Number(told)) throw incomplete();
  const announced = (headers['x-amz-trailer'] ?? '').toLowerCase().split(',').filter(Boolean);
  for (const name of announced) {
    if (trailers[name.trim()] === undefined) {
      throw new ServiceError('MalformedTrailerError', 'The request contained trailing data that was not well-formed.');
    }
  }
  return {
    ...request,
    body: new Uint8Array(data),
    headers: {
      ...headers,
      ...Object.fromEntries(Object.entries(trailers).filter(([name]) => announced.includes(name))),
      'content-length': told,
      'content-encoding': encodings.filter((name) => name !== 'aws-chunked' && name !== '').join(',') || undefined,
    },
  };
};
