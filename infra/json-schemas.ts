import { z } from 'zod';
import { CacheSpec } from '../functions/creation/spec.ts';
import { Configuration } from './configuration.ts';

/** The JSON Schemas that we publish, by file name in the repository, as text. Made from what checks the files at run time. */
export const publishedSchemas = (): Readonly<Record<string, string>> => ({
  'autopilot.schema.json': asJsonSchema(Configuration, 'autopilot.yaml: the configuration of elasticache-autopilot'),
  'cache-spec.schema.json': asJsonSchema(CacheSpec, 'The specification of one cache'),
});

/** What a person writes, not what parsing makes of it: settings with a default may be left out. */
const asJsonSchema = (schema: z.ZodType, title: string): string => {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    // Zod's own bounds of a whole number say nothing to a person; the rules have the real ones, with their sentences.
    override({ jsonSchema }) {
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
};
