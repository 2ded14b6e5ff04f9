import type { RandomStream } from '../kernel/random.ts';
import { assertModelled } from './modelled.ts';
import { AwsError, Unmodelled } from './service.ts';

interface Generation {
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
}

const passwordMembers = [
  'PasswordLength',
  'ExcludeCharacters',
  'ExcludeNumbers',
  'ExcludePunctuation',
  'ExcludeUppercase',
  'ExcludeLowercase',
  'IncludeSpace',
  'RequireEachIncludedType',
] as const;
type PasswordRules = Readonly<Partial<Record<(typeof passwordMembers)[number], unknown>>>;

const letters = 'abcdefghijklmnopqrstuvwxyz';
/** In the order of https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const lengthDefault = 32;
const lengthMaximum = 4096;

/** The text of a generated secret, from the run's seed. Throws Unmodelled, AwsError for a template that is no JSON. */
export function generatedSecret(given: unknown, random: RandomStream): string {
  if (given === undefined)
    throw new Unmodelled('A secret that is not generated is not modelled: its value stood in the template.');
  assertModelled(given, ['SecretStringTemplate', 'GenerateStringKey', ...passwordMembers], 'GenerateSecretString');
  const text = randomPassword(given as PasswordRules, random);
  const { SecretStringTemplate: template, GenerateStringKey: key } = given as Generation;
  if (template === undefined || key === undefined) return text;
  try {
    return JSON.stringify({ ...JSON.parse(template), [key]: text });
  } catch {
    throw new AwsError('InvalidParameterException', `SecretStringTemplate is not a JSON object: ${template}`);
  }
}

/**
 * A password by the rules of GetRandomPassword, from a random stream; one character of each kind first, unless RequireEachIncludedType is false.
 * Throws AwsError InvalidParameterException.
 */
export function randomPassword(rules: PasswordRules, random: RandomStream): string {
  const is = (member: keyof PasswordRules, none: boolean): boolean => String(rules[member] ?? none) === 'true';
  const excluded = new Set(String(rules.ExcludeCharacters ?? ''));
  const alphabets = [
    ...(is('ExcludeUppercase', false) ? [] : [letters.toUpperCase()]),
    ...(is('ExcludeLowercase', false) ? [] : [letters]),
    ...(is('ExcludeNumbers', false) ? [] : ['0123456789']),
    ...(is('ExcludePunctuation', false) ? [] : [punctuation]),
    ...(is('IncludeSpace', false) ? [' '] : []),
  ]
    .map((alphabet) => [...alphabet].filter((character) => !excluded.has(character)))
    .filter((alphabet) => alphabet.length > 0);
  const length = Number(rules.PasswordLength ?? lengthDefault);
  const required = is('RequireEachIncludedType', true) ? alphabets : [];
  if (!Number.isInteger(length) || length < Math.max(1, required.length) || length > lengthMaximum || !alphabets[0]) {
    throw new AwsError(
      'InvalidParameterException',
      `No password of ${length} characters can be made: allowed are ${Math.max(1, required.length)} to ${lengthMaximum}, of some characters.`,
    );
  }
  const all = alphabets.flat();
  return Array.from({ length }, (_none, index) => random.pick(required[index] ?? all)).join('');
}
