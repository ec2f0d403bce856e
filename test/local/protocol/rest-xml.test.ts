import { createHash } from 'node:crypto';
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operator } from '../../builders/a-world.ts';
import { type AnS3, anS3 } from '../s3/a-bucket.ts';

let made: AnS3;
beforeAll(async () => {
  made = await anS3();
});
afterAll(() => made.close());

interface Raw {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** One request as written here, header by header, for what no SDK would send; a header that is undefined is left out. */
const send = (
  method: string,
  target: string,
  { headers = {}, body = '' }: { headers?: Record<string, string | undefined>; body?: string } = {},
): Promise<Raw> => {
  const { AWS_ACCESS_KEY_ID: key } = made.world.environmentFor(operator, 'us-east-1');
  const all = {
    authorization: `AWS4-HMAC-SHA256 Credential=${key}/20261120/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0`,
    'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
    ...headers,
  };
  const given = Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined);
  return new Promise((resolve, reject) => {
    const request = http.request(
      `${made.world.endpoint}`,
      { method, path: target, headers: Object.fromEntries(given) },
      async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const { statusCode = 0, headers: answered } = response;
        resolve({ status: statusCode, headers: answered, text: Buffer.concat(chunks).toString() });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
};

const codeIn = ({ text }: Raw) => /<Code>(.*)<\/Code>/.exec(text)?.[1];

describe('an error of S3', () => {
  it('is a document without a namespace or an element around it', async () => {
    const { status, headers, text } = await send('GET', '/nobody/a');
    expect(status).toBe(404);
    expect(headers['content-type']).toBe('application/xml');
    const id = headers['x-amz-request-id'];
    expect(text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message>' +
        `<BucketName>nobody</BucketName><RequestId>${id}</RequestId><HostId>${id}</HostId></Error>`,
    );
  });

  it('has no document when only the head was asked for', async () => {
    const { status, text } = await send('HEAD', '/nobody/a');
    expect({ status, text }).toEqual({ status: 404, text: '' });
  });

  it.each([
    ['an operation that S3 has not', 'PATCH', '/bucket/a', {}, 405, 'MethodNotAllowed'],
    ['one that is not emulated', 'GET', '/bucket/a?acl', {}, 501, 'NotImplemented'],
    ['a part of an upload', 'PUT', '/bucket/a?partNumber=1&uploadId=1', {}, 501, 'NotImplemented'],
    ['a copy', 'PUT', '/bucket/a', { 'x-amz-copy-source': '/bucket/b' }, 501, 'NotImplemented'],
    ['a path that is not encoded', 'GET', '/bucket/%zz', {}, 400, 'InvalidURI'],
    [
      'an access key that nobody has',
      'GET',
      '/b/a',
      { authorization: 'Credential=A/20261120/us-east-1/s3/aws4_request' },
      403,
      'InvalidAccessKeyId',
    ],
    ['a body that nothing vouches for', 'PUT', '/b/a', { 'x-amz-content-sha256': undefined }, 400, 'InvalidRequest'],
    [
      'a body that is another',
      'PUT',
      '/b/a',
      { 'x-amz-content-sha256': '0'.repeat(64) },
      400,
      'XAmzContentSHA256Mismatch',
    ],
    ['a word in place of a hash', 'PUT', '/b/a', { 'x-amz-content-sha256': 'trust-me' }, 400, 'InvalidArgument'],
    [
      'a checksum that was promised only',
      'PUT',
      '/b/a',
      { 'x-amz-sdk-checksum-algorithm': 'CRC32' },
      400,
      'InvalidRequest',
    ],
    ['a body of unknown length', 'PUT', '/b/a', { 'transfer-encoding': 'chunked' }, 501, 'NotImplemented'],
  ])('tells of %s', async (_what, method, target, headers, status, code) => {
    const answer = await send(method, target, { headers, body: method === 'PUT' ? 'hello' : '' });
    expect({ status: answer.status, code: codeIn(answer) }).toEqual({ status, code });
  });
});

describe('XML that S3 is given', () => {
  const deleting = (body: string, headers: Record<string, string | undefined> = {}) => {
    const md5 = createHash('md5').update(body).digest('base64');
    return send('POST', `/bucket-1/?delete`, { headers: { 'content-md5': md5, ...headers }, body });
  };
  beforeAll(() => made.aBucket());

  it('is read as other SDKs write it', async () => {
    const { status, text } = await deleting(
      '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a&amp;b</Key></Object></Delete>',
    );
    expect(status).toBe(200);
    expect(text).toContain('<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
    expect(text).toContain('<Deleted><Key>a&amp;b</Key></Deleted>');
  });

  it('needs a checksum', async () => {
    const answer = await deleting('<Delete><Object><Key>a</Key></Object></Delete>', { 'content-md5': undefined });
    expect([answer.status, codeIn(answer)]).toEqual([400, 'InvalidRequest']);
  });

  it.each(['<Delete><Object>', 'no XML', '<Delete><Object><VersionId>1</VersionId></Object></Delete>', ''])(
    'is refused when it is %s',
    async (body) => {
      const answer = await deleting(body);
      expect([answer.status, codeIn(answer)]).toEqual([400, 'MalformedXML']);
    },
  );
});

describe('a body in chunks', () => {
  const signed = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
  const chunked = (body: string, headers: Record<string, string | undefined> = {}) =>
    send('PUT', '/bucket-2/a', {
      body,
      headers: {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'content-encoding': 'aws-chunked',
        'x-amz-decoded-content-length': '5',
        ...headers,
      },
    });
  const trailing = { 'x-amz-trailer': 'x-amz-checksum-crc32', 'x-amz-sdk-checksum-algorithm': 'CRC32' };
  beforeAll(() => made.aBucket());

  it.each([
    ['without signatures', '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', trailing],
    ['in parts', '2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', trailing],
    [
      'with signatures',
      '5;chunk-signature=0\r\nhello\r\n0;chunk-signature=0\r\n\r\n',
      { 'x-amz-content-sha256': signed },
    ],
  ])('is put together: %s', async (_how, body, headers) => {
    expect((await chunked(body, headers)).status).toBe(200);
    const answer = await made.get({ Bucket: 'bucket-2' });
    expect(answer.text).toBe('hello');
    expect(answer.ContentEncoding).toBeUndefined();
  });

  it.each([
    ['another checksum', '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', trailing, 400, 'BadDigest'],
    ['no checksum, though announced', '5\r\nhello\r\n0\r\n\r\n', trailing, 400, 'MalformedTrailerError'],
    ['another length', '4\r\nhell\r\n0\r\n\r\n', {}, 400, 'IncompleteBody'],
    ['a chunk that is cut off', '5\r\nhel', {}, 400, 'IncompleteBody'],
    ['no end', '5\r\nhello\r\n', {}, 400, 'IncompleteBody'],
    ['no chunks', 'hello', {}, 400, 'IncompleteBody'],
    [
      'no length',
      '5\r\nhello\r\n0\r\n\r\n',
      { 'x-amz-decoded-content-length': undefined },
      411,
      'MissingContentLength',
    ],
  ])('is refused with %s', async (_what, body, headers, status, code) => {
    const answer = await chunked(body, headers);
    expect({ status: answer.status, code: codeIn(answer) }).toEqual({ status, code });
  });
});
