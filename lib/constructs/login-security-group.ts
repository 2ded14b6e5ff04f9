import {
  CfnSecurityGroupEgress,
  CfnSecurityGroupIngress,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { pascalCase } from '../environment.ts';
import type { DatabaseDoor } from './database-instance.ts';

export interface LoginSecurityGroupProps {
  readonly vpc: IVpc;
  readonly description: string;
  /** By the database's name. */
  readonly doors: ReadonlyMap<string, DatabaseDoor>;
  /** What the databases' groups say of who comes in. */
  readonly purpose: string;
}

/** Of functions that log in to databases: out to AWS and to the databases of the region; nothing in. */
export class LoginSecurityGroup extends SecurityGroup {
  constructor(scope: Construct, id: string, { vpc, description, doors, purpose }: LoginSecurityGroupProps) {
    super(scope, id, { vpc, description, allowAllOutbound: false });
    this.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS endpoints, through NAT as well');
    for (const [database, { securityGroupId, port }] of doors) {
      const rule = { ipProtocol: 'tcp', fromPort: port, toPort: port };
      new CfnSecurityGroupEgress(this, `To${pascalCase(database)}`, {
        ...rule,
        groupId: this.securityGroupId,
        destinationSecurityGroupId: securityGroupId,
        description: `To ${database}`,
      });
      new CfnSecurityGroupIngress(this, `Into${pascalCase(database)}`, {
        ...rule,
        groupId: securityGroupId,
        sourceSecurityGroupId: this.securityGroupId,
        description: purpose,
      });
    }
  }
}
