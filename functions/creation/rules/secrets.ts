import { LEFT_OUT } from '../literal-secrets.ts';
import { faultsOf, type SpecRule } from './rule.ts';

/**
 * Parameters and tags take any text, also the one that stands where a secret was. ElastiCache has no parameter for a password,
 * and its tags are read by everybody who may list caches.
 */
export const noSecretsRule: SpecRule = ({ parameters = {}, tags = {} }) =>
  Object.entries({ parameters, tags }).flatMap(([field, texts]) =>
    Object.entries(texts).flatMap(([name, text]) =>
      faultsOf(`${field}.${name}`, text, {
        broken: text === LEFT_OUT,
        rule: 'A specification holds no secrets.',
        remedy:
          'Remove it; `authToken: { generate: true }` lets Secrets Manager make a token, which only its secret holds.',
      }),
    ),
  );
