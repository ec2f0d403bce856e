import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSpec } from '../../cli/commands/create.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'spec-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (content: string) => {
  const file = path.join(folder, 'spec.yaml');
  writeFileSync(file, content);
  return readSpec(file);
};

describe('readSpec', () => {
  it('reads YAML and JSON', () => {
    expect(read('cacheId: orders\nport: 6379\n')).toEqual({ spec: { cacheId: 'orders', port: 6379 } });
    expect(read('{"cacheId": "orders"}')).toEqual({ spec: { cacheId: 'orders' } });
  });

  it.each([
    ['that are no fields', '- a\n- b\n', 'list of fields'],
    ['that cannot be read', 'a: b: c\n', 'line 1 column'],
    ['that say a field twice', 'a: 1\na: 2\n', 'Map keys must be unique'],
    ['that are two documents', 'a: 1\n---\na: 2\n', 'multiple documents'],
    ['that name an anchor in vain', 'a: *b\n', 'Unresolved alias'],
    ['that are too many', `x: ${'y'.repeat(205_000)}\n`, '200 KiB'],
    ['that hold a secret', 'cacheId: orders\nauthToken: hunter2hunter2hunter2\n', 'holds no secrets'],
  ])('refuses contents %s', (_what, content, rule) => {
    const result = read(content);
    expect(result).toMatchObject({ faults: [{ rule: expect.stringContaining(rule) }] });
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  it.each([
    ['that is not there', () => readSpec(path.join(folder, 'nobody.yaml'))],
    ['that is a folder', () => readSpec(folder)],
  ])('refuses a file %s', (_what, attempt) => {
    expect(attempt()).toMatchObject({ faults: [{ rule: expect.stringMatching(/must (exist|be readable)/) }] });
  });
});
