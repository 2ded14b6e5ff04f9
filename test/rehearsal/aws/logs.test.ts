import { describe, expect, it } from 'vitest';
import { createKms } from '../../../rehearsal/aws/kms.ts';
import { createLogs, type LogsService } from '../../../rehearsal/aws/logs.ts';
import { createRehearsal, type Rehearsal } from '../../../rehearsal/rehearsal.ts';
import { smallAssembly } from '../assembly/small-assembly.ts';
import { region } from './small-world.ts';

function deployed(resources: Record<string, unknown>): Promise<Rehearsal> {
  const assemblyDirectory = smallAssembly([{ name: 'Small', template: { Resources: resources } }]);
  return createRehearsal({ assemblyDirectory, seed: 1, startsAt: 0, modules: [createKms, createLogs] });
}

const group = (properties: Record<string, unknown>) => ({ Type: 'AWS::Logs::LogGroup', Properties: properties });

function key(statements: readonly unknown[]) {
  const owner = {
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::111111111111:root' },
    Action: 'kms:*',
    Resource: '*',
  };
  return {
    Type: 'AWS::KMS::Key',
    Properties: { KeyPolicy: { Version: '2012-10-17', Statement: [owner, ...statements] } },
  };
}

const admitsLogs = {
  Effect: 'Allow',
  Principal: { Service: 'logs.us-east-1.amazonaws.com' },
  Action: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
  Resource: '*',
  Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:us-east-1:111111111111:*' } },
};

describe('a log group', () => {
  it('exists under its name in its region', async () => {
    const { account, deployment } = await deployed({ Group: group({ LogGroupName: '/a/b', RetentionInDays: 30 }) });
    const logs = account.service<LogsService>('logs');
    expect([logs.exists(region, '/a/b'), logs.exists('eu-west-1', '/a/b'), logs.exists(region, '/a')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(deployment.resources[0]).toMatchObject({
      ref: '/a/b',
      attributes: { Arn: 'arn:aws:logs:us-east-1:111111111111:log-group:/a/b:*' },
    });
  });

  it('is refused a second time', async () => {
    const resources = { One: group({ LogGroupName: '/a' }), Two: group({ LogGroupName: '/a' }) };
    await expect(deployed(resources)).rejects.toThrow(/Small\/Two .*ResourceAlreadyExistsException/);
  });

  it('takes a key whose policy admits the service, and is refused one that does not', async () => {
    const encrypted = group({ KmsKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } });
    await expect(deployed({ Group: encrypted, Key: key([admitsLogs]) })).resolves.toBeDefined();
    await expect(deployed({ Group: encrypted, Key: key([]) })).rejects.toThrow(
      /Small\/Group .*not allowed to be used with Arn/,
    );
  });
});
