import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { isNamed } from './aws-errors.ts';

/** A bucket, as far as we keep evidence in it. Its in-memory twin is in test/. */
export interface Objects {
  /**
   * Writes an object, or writes it anew: the same key twice is one object, with the newer content.
   *
   * @param contentEncoding e.g. `gzip` when the body is compressed, so that browsers show what is in it
   */
  put(key: string, body: Uint8Array | string, contentType: string, contentEncoding?: string): Promise<void>;
  /** An object's bytes as they were put, still compressed when they were; undefined when there is no such object. */
  get(key: string): Promise<Uint8Array | undefined>;
}

export const s3Objects = (client: S3Client, bucket: string): Objects => ({
  async put(key, body, contentType, contentEncoding) {
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        // As bytes: of a text, the SDK takes an empty one for a stream of unknown length.
        Body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
        ContentType: contentType,
        ...(contentEncoding ? { ContentEncoding: contentEncoding } : {}),
      }),
    );
  },

  async get(key) {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return await Body?.transformToByteArray();
    } catch (error) {
      if (isNamed(error, 'NoSuchKey')) return undefined;
      throw error;
    }
  },
});
