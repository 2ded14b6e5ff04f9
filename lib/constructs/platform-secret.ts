import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnResourcePolicy, CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledgements.ts';
import type { EncryptionKey } from './encryption-key.ts';

export interface PlatformSecretProps {
  readonly name: string;
  readonly description: string;
  /** The generated field: `password`, `key`. */
  readonly field: string;
  /** Length of the generated text. */
  readonly length: number;
  /** Fields beside the generated one. */
  readonly template: Readonly<Record<string, string>>;
  readonly encryptionKey: EncryptionKey;
  /** Region and key alias of the copy; absent: none. */
  readonly replica?: { readonly region: string; readonly keyAlias: string };
}

/**
 * A generated secret under a key of ours, with a copy in the standby under the standby's own. Nobody outside the account may
 * use it, whatever a policy of theirs says, and nobody without TLS. The policy goes with the copy.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
 */
export class PlatformSecret extends Construct {
  readonly name: string;
  /** With the six characters that Secrets Manager adds. */
  readonly secretArn: string;
  readonly resource: CfnSecret;

  constructor(scope: Construct, id: string, props: PlatformSecretProps) {
    super(scope, id);
    this.name = props.name;
    this.resource = new CfnSecret(this, 'Secret', {
      name: props.name,
      description: props.description,
      kmsKeyId: props.encryptionKey.keyArn,
      generateSecretString: {
        secretStringTemplate: JSON.stringify(props.template),
        generateStringKey: props.field,
        passwordLength: props.length,
        // Letters and digits: they stand in connection strings and shells as they are; 48 of 62 are 285 bits.
        excludePunctuation: true,
        requireEachIncludedType: true,
      },
      ...(props.replica
        ? { replicaRegions: [{ region: props.replica.region, kmsKeyId: `alias/${props.replica.keyAlias}` }] }
        : {}),
    });
    this.resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
    acknowledge(this.resource, 'rotationByOurFunctions');
    this.secretArn = this.resource.ref;
    new CfnResourcePolicy(this, 'Policy', {
      secretId: this.secretArn,
      blockPublicPolicy: true,
      resourcePolicy: this.policy(),
    });
  }

  private policy(): PolicyDocument {
    const actions = [
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecret',
      'secretsmanager:UpdateSecretVersionStage',
      'secretsmanager:DeleteSecret',
      'secretsmanager:PutResourcePolicy',
      'secretsmanager:RotateSecret',
    ];
    const denied = (sid: string, conditions: Record<string, Record<string, string>>): PolicyStatement =>
      new PolicyStatement({
        sid,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions,
        // In a secret's policy '*' is the secret itself.
        resources: ['*'],
        conditions,
      });
    return new PolicyDocument({
      statements: [
        denied('OtherAccounts', { StringNotEquals: { 'aws:PrincipalAccount': Stack.of(this).account } }),
        denied('WithoutTls', { Bool: { 'aws:SecureTransport': 'false' } }),
      ],
    });
  }
}
