import { describe, expect, it } from 'vitest';
import { resourcesOf, templates } from '../synthesized.ts';

const production = templates();
const stack = production['AeonSecrets'];
const secrets = Object.values(resourcesOf(stack, 'AWS::SecretsManager::Secret')).map(({ Properties }) => Properties);

describe('every secret', () => {
  it('has a name that follows from the definition', () => {
    expect(secrets.map(({ Name }) => Name).sort()).toEqual([
      'mainstay/aeon/databases/aeon-dt/heartbeat',
      'mainstay/aeon/databases/aeon-dt/manifest',
      'mainstay/aeon/databases/aeon-dt/master',
      'mainstay/aeon/secrets/aeon-dt-postgres',
    ]);
  });

  it('is generated, of 48 letters and digits', () => {
    for (const secret of secrets) {
      expect(secret).not.toHaveProperty('SecretString');
      expect(secret['GenerateSecretString']).toMatchObject({ PasswordLength: 48, ExcludePunctuation: true });
    }
  });

  it("is under a key of ours, and its copy under the standby's own", () => {
    for (const secret of secrets) {
      expect(secret['KmsKeyId']).toEqual({ 'Fn::GetAtt': ['Key961B73FD', 'Arn'] });
      expect(secret['ReplicaRegions']).toEqual([{ Region: 'us-west-2', KmsKeyId: 'alias/mainstay/aeon/secrets' }]);
    }
    const aliases = Object.values(resourcesOf(production['AeonStandbySecrets'], 'AWS::KMS::Alias'));
    expect(aliases.map(({ Properties }) => Properties['AliasName'])).toEqual(['alias/mainstay/aeon/secrets']);
  });

  it('is closed to other accounts and to connections without TLS', () => {
    const policies = Object.values(resourcesOf(stack, 'AWS::SecretsManager::ResourcePolicy'));
    expect(policies).toHaveLength(secrets.length);
    for (const { Properties } of policies) {
      const { Statement } = Properties['ResourcePolicy'] as { Statement: { Effect: string; Condition: unknown }[] };
      expect(Statement.map(({ Effect, Condition }) => [Effect, Condition])).toEqual([
        ['Deny', { StringNotEquals: { 'aws:PrincipalAccount': '111111111111' } }],
        ['Deny', { Bool: { 'aws:SecureTransport': 'false' } }],
      ]);
    }
  });

  it('stays when its stack is deleted', () => {
    for (const { DeletionPolicy } of Object.values(resourcesOf(stack, 'AWS::SecretsManager::Secret'))) {
      expect(DeletionPolicy).toBe('Retain');
    }
  });

  it('of a database user names the master, who sets its password', () => {
    const users = secrets.filter(({ Name }) => !String(Name).endsWith('/master'));
    for (const user of users) expect(JSON.stringify(user['GenerateSecretString'])).toContain('masterarn');
  });
});
