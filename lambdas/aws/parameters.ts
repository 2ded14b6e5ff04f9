import { GetParameterCommand, GetParametersByPathCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Parameters, StandbyParameters } from '../ports/aws.ts';
import { calling, clientSettings, isNamed } from './client.ts';

const pagesMax = 100;

export function ssmParameters(region: string): Parameters {
  const client = new SSMClient(clientSettings(region));
  return {
    read: (name) => readParameter(client, name),

    async readUnder(path) {
      const found = new Map<string, string>();
      let nextToken: string | undefined;
      for (let page = 0; page < pagesMax; page++) {
        const command = new GetParametersByPathCommand({
          Path: path,
          Recursive: true,
          ...(nextToken === undefined ? {} : { NextToken: nextToken }),
        });
        const answer = await calling('ssm:GetParametersByPath', () => client.send(command));
        for (const { Name, Value } of answer.Parameters ?? []) if (Name && Value) found.set(Name, Value);
        nextToken = answer.NextToken;
        if (nextToken === undefined) break;
      }
      return found;
    },
  };
}

/** Parameters of another region; a client for each region that is asked for. */
export function ssmStandbyParameters(): StandbyParameters {
  return {
    read: (region, name) => readParameter(new SSMClient(clientSettings(region)), name),

    async write(region, name, value) {
      const client = new SSMClient(clientSettings(region));
      const command = new PutParameterCommand({ Name: name, Value: value, Type: 'String', Overwrite: true });
      await calling(`ssm:PutParameter in ${region}`, () => client.send(command));
    },
  };
}

async function readParameter(client: SSMClient, name: string): Promise<string | undefined> {
  try {
    const command = new GetParameterCommand({ Name: name });
    const answer = await calling('ssm:GetParameter', () => client.send(command), ['ParameterNotFound']);
    return answer.Parameter?.Value;
  } catch (error) {
    if (isNamed(error, 'ParameterNotFound')) return undefined;
    throw error;
  }
}
