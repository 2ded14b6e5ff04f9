import type { RandomStream } from '../kernel/random.ts';
import { assertModelled } from './modelled.ts';
import { AwsError, Unmodelled } from './service.ts';

interface Generation {
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
  readonly PasswordLength?: number | string;
  readonly ExcludePunctuation?: boolean | string;
  readonly RequireEachIncludedType?: boolean | string;
}

const members = [
  'SecretStringTemplate',
  'GenerateStringKey',
  'PasswordLength',
  'ExcludePunctuation',
  'RequireEachIncludedType',
];
const alphabets = ['ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz', '0123456789'] as const;
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html */
const lengthDefault = 32;

/** The text of a generated secret, from the run's seed. Throws Unmodelled for punctuation, AwsError for a template that is no JSON. */
export function generatedSecret(given: unknown, random: RandomStream): string {
  if (given === undefined)
    throw new Unmodelled('A secret that is not generated is not modelled: its value stood in the template.');
  assertModelled(given, members, 'GenerateSecretString');
  const generation = given as Generation;
  if (String(generation.ExcludePunctuation) !== 'true') {
    throw new Unmodelled('A generated secret with punctuation is not modelled; set ExcludePunctuation.');
  }
  const text = generatedText(Number(generation.PasswordLength ?? lengthDefault), random);
  const { SecretStringTemplate: template, GenerateStringKey: key } = generation;
  if (template === undefined || key === undefined) return text;
  try {
    return JSON.stringify({ ...JSON.parse(template), [key]: text });
  } catch {
    throw new AwsError('InvalidParameterException', `SecretStringTemplate is not a JSON object: ${template}`);
  }
}

/** One character of each kind first, as RequireEachIncludedType (the default) promises. */
function generatedText(length: number, random: RandomStream): string {
  const all = alphabets.join('');
  return Array.from({ length }, (_none, index) => random.pick([...(alphabets[index] ?? all)])).join('');
}
