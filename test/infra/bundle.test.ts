import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { entriesOf } from '../../infra/autopilot-app.ts';
import { bundle } from '../../infra/bundle.ts';
import { aConfiguration } from '../builders/a-configuration.ts';

describe('entriesOf', () => {
  it('finds every file that exports a handler, and no other', () => {
    const handlers = readdirSync('functions', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('platform/'))
      .filter((file) => /^export const handler\b/m.test(readFileSync(`functions/${file}`, 'utf8')))
      .map((file) => file.replace(/\.ts$/, ''));
    expect(new Set(entriesOf(aConfiguration()))).toEqual(new Set(handlers));
  });
});

describe('bundle', () => {
  it('makes one folder for each entry, with a handler in it', () => {
    bundle(['operations/open']);
    expect(existsSync('dist/operations/open/index.cjs.map')).toBe(true);
    expect(readFileSync('dist/operations/open/index.cjs', 'utf8')).toMatch(/handler:\(\)=>/);
  });

  it('names an entry that has no file', () => {
    expect(() => bundle(['operations/dream'])).toThrow('operations/dream');
  });

  it('gives no code for an entry that was not bundled', () => {
    expect(() => bundle([])('operations/open')).toThrow('functions/operations/open.ts was not bundled');
  });
});
