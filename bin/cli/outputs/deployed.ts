import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { UnusableInput } from '../input.ts';
import { isForPeople, kindOf, type StackOutputs } from './output.ts';

export type DescribingClient = Pick<CloudFormationClient, 'send'>;

/**
 * The outputs for people of the named stacks as an account has them, by `cloudformation:DescribeStacks`. A stack that is not there comes with
 * `deployed: false`. Throws UnusableInput `AccountNotReadable` with what AWS said. Tested on the
 * SDK's own wire; nobody has run it on an account.
 */
export async function deployedOutputs(
  stacks: readonly { readonly stack: string; readonly region: string }[],
  clientIn: (region: string) => DescribingClient,
): Promise<readonly StackOutputs[]> {
  const found: StackOutputs[] = [];
  for (const { stack, region } of stacks) found.push(await describe(stack, region, clientIn(region)));
  return found;
}

async function describe(stack: string, region: string, client: DescribingClient): Promise<StackOutputs> {
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = (Stacks?.[0]?.Outputs ?? []).flatMap(({ OutputKey: name, OutputValue: value, Description }) =>
      name === undefined || value === undefined || !isForPeople(name)
        ? []
        : [{ name, kind: kindOf(value), description: Description ?? '', value, onlyTheAccountKnows: [] }],
    );
    return { stack, region, deployed: Stacks !== undefined && Stacks.length > 0, outputs };
  } catch (error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    // 'Stack with id … does not exist', https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    if (/ValidationError: .*does not exist/.test(said)) return { stack, region, deployed: false, outputs: [] };
    throw new UnusableInput(
      'AccountNotReadable',
      `The stack ${stack} in ${region} can't be read: ${said}. Needed are credentials in the environment (AWS_PROFILE, or aws sso login) that may ` +
        'call cloudformation:DescribeStacks. Leave --from-account out to see what the synthesized app says.',
    );
  }
}
