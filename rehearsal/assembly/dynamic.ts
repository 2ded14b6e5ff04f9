import type { SimulatedAccount } from '../aws/account.ts';
import { isObject } from './intrinsics.ts';
import { AssemblyError } from './load.ts';

/** CloudFormation acts with its execution role, which the bootstrap makes an administrator. */
const cloudFormation = { kind: 'person', name: 'cloudformation' } as const;

/** Value of an SSM parameter, read as CloudFormation does. Throws AwsError ParameterNotFound. */
export async function parameterValue(account: SimulatedAccount, region: string, name: string): Promise<string> {
  const output = await account.call({
    service: 'ssm',
    operation: 'GetParameter',
    input: { Name: name },
    principal: cloudFormation,
    region,
  });
  return String(output['Parameter']?.['Value']);
}

/**
 * Replaces dynamic references in texts. `{{resolve:ssm:name}}` gives the parameter's value; a reference to a secret stays as it
 * is: the text is the handle, and the secret's value enters neither a resource nor the log.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
 */
export async function resolveDynamic(account: SimulatedAccount, region: string, value: unknown): Promise<unknown> {
  if (typeof value === 'string') return value.includes('{{resolve:') ? resolveText(account, region, value) : value;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(await resolveDynamic(account, region, item));
    return items;
  }
  if (!isObject(value)) return value;
  const members: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) members[name] = await resolveDynamic(account, region, member);
  return members;
}

async function resolveText(account: SimulatedAccount, region: string, text: string): Promise<string> {
  let resolved = text;
  for (const [whole, service, reference = ''] of text.matchAll(/\{\{resolve:([^:}]+):([^}]+)\}\}/g)) {
    if (service === 'secretsmanager') continue;
    if (service !== 'ssm')
      throw new AssemblyError(`The dynamic reference '${whole}' is not modelled; ssm and secretsmanager are.`);
    const [name = '', version] = reference.split(':');
    if (version !== undefined)
      throw new AssemblyError(`The dynamic reference '${whole}' asks for a version, which is not modelled.`);
    resolved = resolved.replace(whole, await parameterValue(account, region, name));
  }
  return resolved;
}
