import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { publishedSchemas } from './json-schemas.ts';

/** `npm run schema`: publishes the JSON Schemas that editors read. A test says when this has been forgotten. */
for (const [file, schema] of Object.entries(publishedSchemas())) {
  writeFileSync(path.resolve(import.meta.dirname, '..', file), schema);
  console.log(`Wrote ${file}`);
}
