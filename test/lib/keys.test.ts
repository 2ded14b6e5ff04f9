import { describe, expect, it } from 'vitest';
import { aeon } from '../../platforms/aeon.ts';
import { resourcesOf, type Statement, templates } from './synthesized.ts';

const found = templates();
const resources = Object.entries(found).flatMap(([stack, template]) =>
  Object.entries(resourcesOf(template)).map(([id, resource]) => ({ stack, id, ...resource })),
);
const ofType = (type: string) => resources.filter(({ Type }) => Type === type);
const regionOf = (stack: string): string =>
  stack.includes('Standby') || stack.endsWith('us-west-2')
    ? (aeon.regions.standby?.name ?? '')
    : stack.endsWith('eu-west-1') || stack.endsWith('Witness')
      ? 'eu-west-1'
      : aeon.regions.primary.name;

/** Statements of every role, wherever they are written. */
const statements = resources.flatMap(({ stack, Type, Properties }): { stack: string; statement: Statement }[] => {
  const inline = (Properties['Policies'] ?? []) as { PolicyDocument: { Statement: Statement[] } }[];
  const own = Type === 'AWS::IAM::Policy' ? (Properties['PolicyDocument'] as { Statement: Statement[] }).Statement : [];
  return [...inline.flatMap(({ PolicyDocument }) => PolicyDocument.Statement), ...own].map((statement) => ({
    stack,
    statement,
  }));
});

/** Aliases of the environment's own keys. */
const ours = new Set(ofType('AWS::KMS::Alias').map(({ Properties }) => String(Properties['AliasName'])));

/** Of a right on keys that have no name: at least one, or the right is on every key. */
function aliasesAskedFor({ Condition }: Statement): readonly string[] {
  const { 'ForAnyValue:StringEquals': equal } = (Condition ?? {}) as Record<string, Record<string, unknown>>;
  const asked = [equal?.['kms:ResourceAliases'] ?? []].flat().map(String);
  expect(asked).not.toEqual([]);
  return asked;
}

describe('keys', () => {
  it('are one a purpose and a region, under an alias that says both whose and for what', () => {
    const aliases = ofType('AWS::KMS::Alias').map(
      ({ stack, Properties }) => `${regionOf(stack)} ${Properties['AliasName']}`,
    );
    expect(aliases).toHaveLength(ofType('AWS::KMS::Key').length);
    expect(new Set(aliases).size).toBe(aliases.length);
    const purposes = (region: string) =>
      aliases.flatMap((alias) => (alias.startsWith(`${region} `) ? [alias.split('/').at(-1)] : [])).sort();
    const both = [
      'backups',
      'cluster',
      'databases',
      'images',
      'network',
      'secrets',
      'volumes',
      'watching',
      'workloads',
    ];
    expect(purposes('us-east-1')).toEqual([...both, 'delivery', 'traffic'].sort());
    expect(purposes('us-west-2')).toEqual([...both, 'standby'].sort());
    expect(purposes('eu-west-1')).toEqual(['images', 'witness']);
  });

  it('turn every year, wait thirty days before they go, and stay when their stack does not', () => {
    for (const { Properties, DeletionPolicy } of ofType('AWS::KMS::Key')) {
      expect(Properties).toMatchObject({ EnableKeyRotation: true, PendingWindowInDays: 30 });
      expect(DeletionPolicy).toBe('Retain');
    }
  });

  it('are of one region each: what crosses is encrypted anew under a key of the region where it arrives', () => {
    expect(ofType('AWS::KMS::ReplicaKey')).toEqual([]);
    expect(ofType('AWS::KMS::Key').filter(({ Properties }) => Properties['MultiRegion'] === true)).toEqual([]);
    const copies = ofType('AWS::SecretsManager::Secret').flatMap(({ Properties }) => Properties['ReplicaRegions']);
    expect(copies.length).toBeGreaterThan(1);
    // By its alias: a key of that region, whose id this region need not know.
    for (const copy of copies) expect(copy).toEqual({ Region: 'us-west-2', KmsKeyId: 'alias/mainstay/aeon/secrets' });
    const replicas = ofType('AWS::RDS::DBInstance').filter(
      ({ Properties }) => Properties['SourceRegion'] !== undefined,
    );
    for (const { Properties } of replicas) expect(JSON.stringify(Properties['KmsKeyId'])).toContain('PlaceKey');
    expect(replicas).toHaveLength(1);
    for (const { Properties } of ofType('AWS::ECR::RepositoryCreationTemplate')) {
      expect(Properties['EncryptionConfiguration']).toMatchObject({ EncryptionType: 'KMS' });
      expect(JSON.stringify(Properties['EncryptionConfiguration'])).toContain('Key961B73FD');
    }
  });

  it('are used by each role for what its policy names: by attribute, or by alias where another stack or region makes it', () => {
    const uses = statements.filter(({ statement }) =>
      [statement.Action].flat().some((action) => action.startsWith('kms:')),
    );
    expect(uses.length).toBeGreaterThan(30);
    for (const { stack, statement } of uses) {
      for (const resource of [statement.Resource].flat()) {
        // A key of the templates by its attribute, never all keys.
        if (/Fn::GetAtt|Fn::GetStackOutput|Fn::ImportValue/.test(JSON.stringify(resource))) continue;
        expect([stack, resource]).toEqual([
          stack,
          expect.stringMatching(/^arn:aws:kms:(us-east-1|us-west-2|eu-west-1):111111111111:key\/\*$/),
        ]);
        expect(aliasesAskedFor(statement).filter((alias) => !ours.has(alias))).toEqual([]);
      }
    }
  });

  it('admit by themselves nobody but the account, its services for its own resources, and the logs that are named', () => {
    for (const { stack, Properties } of ofType('AWS::KMS::Key')) {
      const { Statement: own } = Properties['KeyPolicy'] as { Statement: Statement[] };
      for (const { Principal, Condition } of own) {
        const { AWS, Service } = Principal as { AWS?: unknown; Service?: unknown };
        if (AWS) expect([stack, JSON.stringify(AWS)]).toEqual([stack, expect.stringContaining(':root')]);
        if (Service) expect([stack, Condition]).not.toEqual([stack, undefined]);
      }
    }
  });
});
