import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { publishedSchemas } from '../../infra/json-schemas.ts';

describe('the published JSON Schemas', () => {
  it.each(Object.entries(publishedSchemas()))(
    '%s is current; otherwise `npm run schema` makes it so',
    (file, schema) => {
      expect(readFileSync(file, 'utf8')).toBe(schema);
    },
  );
});
