import { createHash } from 'node:crypto';
import {
  AwsError,
  type DeployedResource,
  type ResourceProvider,
  type ResourceRequest,
  Unmodelled,
} from '../aws/service.ts';
import type { IamDirectory } from './directory.ts';
import { generatedName } from './names.ts';
import { type PolicyOrigin, parsePolicy } from './policy.ts';

/** The CloudFormation providers of IAM's resource types. */
export function iamProviders(directory: IamDirectory): readonly ResourceProvider[] {
  return [
    roleProvider(directory),
    policyProvider(directory),
    managedPolicyProvider(directory),
    instanceProfileProvider(directory),
    oidcProvider(directory, 'AWS::IAM::OIDCProvider', 'ClientIdList', {
      ThumbprintList: 'certificates are not modelled',
    }),
    // CDK's own custom resource for the same, deployed through a function that the rehearsal does not have to run.
    oidcProvider(directory, 'Custom::AWSCDKOpenIdConnectProvider', 'ClientIDList', {
      ServiceToken: 'the provider is made here instead of by its function',
      CodeHash: 'marks a new version of the function',
      ThumbprintList: 'certificates are not modelled',
      RejectUnauthorized: 'certificates are not modelled',
    }),
  ];
}

function roleProvider(directory: IamDirectory): ResourceProvider {
  return {
    type: 'AWS::IAM::Role',
    modelled: ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'Path', 'PermissionsBoundary', 'Policies', 'RoleName'],
    inert: {
      Description: 'text for people',
      MaxSessionDuration: 'functions renew their credentials before they end',
      Tags: 'no policy of ours asks for principal tags',
    },
    create(request) {
      const { properties, account } = request;
      const name = text(properties['RoleName']) ?? generatedName(request, 64);
      const path = text(properties['Path']) ?? '/';
      const arn = `arn:aws:iam::${account}:role${path}${name}`;
      const boundaryArn = text(properties['PermissionsBoundary']);
      const boundary = boundaryArn ? directory.managedPolicy(boundaryArn, origin(request, 'boundary')) : undefined;
      if (boundary?.opaque) throw new Unmodelled(`The permissions boundary ${boundaryArn} has no document here.`);
      const role = {
        arn,
        name,
        trust: parsePolicy(properties['AssumeRolePolicyDocument'], origin(request, 'trust'), 'trust'),
        policies: [],
        ...(boundary ? { boundary } : {}),
      };
      directory.addRole(role);
      for (const policyArn of list(properties['ManagedPolicyArns'])) {
        directory.attach(role, directory.managedPolicy(String(policyArn), origin(request, String(policyArn))));
      }
      for (const inline of list(properties['Policies']) as { PolicyName: string; PolicyDocument: unknown }[]) {
        directory.attach(role, parsePolicy(inline.PolicyDocument, origin(request, inline.PolicyName), 'identity'));
      }
      return { ref: name, attributes: { Arn: arn, RoleId: uniqueId('AROA', arn) } };
    },
  };
}

function policyProvider(directory: IamDirectory): ResourceProvider {
  return {
    type: 'AWS::IAM::Policy',
    modelled: ['PolicyDocument', 'PolicyName', 'Roles'],
    inert: {},
    create(request) {
      const name = String(request.properties['PolicyName']);
      const roles = list(request.properties['Roles']).map(String);
      if (roles.length === 0) {
        throw new AwsError('ValidationError', 'At least one of [Groups, Roles, Users] must be non-empty.');
      }
      for (const role of roles) {
        directory.attach(
          directory.roleNamed(role),
          parsePolicy(request.properties['PolicyDocument'], origin(request, name), 'identity'),
        );
      }
      return { ref: generatedName(request, 64), attributes: { Id: name } };
    },
  };
}

function managedPolicyProvider(directory: IamDirectory): ResourceProvider {
  return {
    type: 'AWS::IAM::ManagedPolicy',
    modelled: ['ManagedPolicyName', 'Path', 'PolicyDocument', 'Roles'],
    inert: { Description: 'text for people' },
    create(request) {
      const name = text(request.properties['ManagedPolicyName']) ?? generatedName(request, 128);
      const arn = `arn:aws:iam::${request.account}:policy${text(request.properties['Path']) ?? '/'}${name}`;
      const from = origin(request, name);
      directory.addCustomerPolicy(arn, request.properties['PolicyDocument'], from);
      for (const role of list(request.properties['Roles'])) {
        directory.attach(directory.roleNamed(String(role)), directory.managedPolicy(arn, from));
      }
      return { ref: arn, attributes: { PolicyArn: arn, PolicyId: uniqueId('ANPA', arn) } };
    },
  };
}

function instanceProfileProvider(directory: IamDirectory): ResourceProvider {
  return {
    type: 'AWS::IAM::InstanceProfile',
    modelled: ['InstanceProfileName', 'Path', 'Roles'],
    inert: {},
    create(request) {
      for (const role of list(request.properties['Roles'])) directory.roleNamed(String(role));
      const name = text(request.properties['InstanceProfileName']) ?? generatedName(request, 128);
      const path = text(request.properties['Path']) ?? '/';
      return { ref: name, attributes: { Arn: `arn:aws:iam::${request.account}:instance-profile${path}${name}` } };
    },
  };
}

function oidcProvider(
  directory: IamDirectory,
  type: string,
  clientIds: string,
  inert: Readonly<Record<string, string>>,
): ResourceProvider {
  return {
    type,
    modelled: ['Url', clientIds],
    inert: { ...inert, Tags: 'text for people' },
    create(request): DeployedResource {
      const url = String(request.properties['Url']).replace(/^https:\/\//, '');
      const arn = `arn:aws:iam::${directory.account}:oidc-provider/${url}`;
      return { ref: arn, attributes: { Arn: arn } };
    },
  };
}

function origin(request: ResourceRequest, policy: string): PolicyOrigin {
  return { stack: request.stackName, logicalId: request.logicalId, policy };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
function uniqueId(prefix: string, arn: string): string {
  return `${prefix}${createHash('sha256').update(arn).digest('hex').slice(0, 17).toUpperCase()}`;
}
