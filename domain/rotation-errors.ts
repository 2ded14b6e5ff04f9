/**
 * Why a rotation is refused or fails. None carries a password, a secret's value or a driver's message: only names, hosts and codes.
 */

/** What all of them have in common: their message may be told to anybody. */
export abstract class RotationError extends Error {}

/** The secret is not one of this environment, or not the one that this function rotates. */
export class NotOurSecret extends RotationError {
  override readonly name = 'NotOurSecret';
  constructor(secret: string, allowed: string) {
    super(
      `The secret '${secret}' is not rotated here. Allowed is '${allowed}'. Nothing was changed. Take the rotation function off that secret ` +
        "(aws secretsmanager cancel-rotate-secret), or add the secret to the platform's definition and deploy.",
    );
  }
}

export class UnknownSecretKind extends RotationError {
  override readonly name = 'UnknownSecretKind';
  constructor(secret: string, kind: string, allowed: readonly string[]) {
    super(
      `The secret '${secret}' is of the kind '${kind}'. Allowed here: ${listed(allowed)}. Nothing was changed. Compare its kind in the platform's ` +
        "definition with the field 'engine' of its value, and deploy the secrets' stack again.",
    );
  }
}

export class SecretFieldMissing extends RotationError {
  override readonly name = 'SecretFieldMissing';
  constructor(secret: string, version: string, fields: readonly string[]) {
    super(
      `The version ${version} of the secret '${secret}' lacks ${listed(fields)}, or has them in a wrong form. Needed are engine, host, port, username, ` +
        'password (and dbname for a database), or keys. Nothing was changed. Deploy the stacks that write it again instead of editing it.',
    );
  }
}

/** The server took no connection or ended it. Trying later may be right. */
export class ServerUnreachable extends RotationError {
  override readonly name = 'ServerUnreachable';
  constructor(host: string, port: number, code: string) {
    super(
      `The server at ${host}:${port} did not answer (${code}). Nothing was changed by this step. Look at its state and its security group; ` +
        'watch-rotations tries again, or start the rotation anew (aws secretsmanager rotate-secret).',
    );
  }
}

/** The server answered and refused. Trying again changes nothing. */
export class ServerRefused extends RotationError {
  override readonly name = 'ServerRefused';
  readonly code: string;
  constructor(host: string, what: string, code: string) {
    super(
      `The server at ${host} refused to ${what} (${code}). Compare the rights of the superuser, or of the user itself, with what ` +
        'docs/runbook.md says of rotations; then start the rotation anew.',
    );
    this.code = code;
  }
}

export class SuperuserSecretMissing extends RotationError {
  override readonly name = 'SuperuserSecretMissing';
  constructor(secret: string, superuser: string | undefined) {
    super(
      `${superuser === undefined ? `Neither the plan nor the secret '${secret}' names a superuser's secret` : `The superuser's secret '${superuser}' of '${secret}' does not exist, is marked for deletion, or has no value`}` +
        '. Two users take turns only where a superuser makes the second. Nothing was changed. Take the mark away (aws secretsmanager restore-secret), or deploy the stack of the secrets again.',
    );
  }
}

export class SuperuserElsewhere extends RotationError {
  override readonly name = 'SuperuserElsewhere';
  constructor(secret: string, server: string, superuser: string, superuserServer: string) {
    super(
      `The secret '${secret}' opens ${server}, its superuser's secret '${superuser}' opens ${superuserServer}. Both have to open the same server. ` +
        'Nothing was changed. Correct which superuser the secret names and deploy.',
    );
  }
}

export class SuperuserRefused extends RotationError {
  override readonly name = 'SuperuserRefused';
  constructor(secret: string, superuser: string) {
    super(
      `The superuser's secret '${superuser}' of '${secret}' does not log in. Nothing was changed. Rotate the superuser's secret first, or set its ` +
        'password at the server to what the secret holds.',
    );
  }
}

/** No version opens the server, and nobody else is there to set a password. */
export class LoginRefused extends RotationError {
  override readonly name = 'LoginRefused';
  constructor(secret: string, user: string) {
    super(
      `The user '${user}' of the secret '${secret}' logs in with none of its versions, and no superuser is named who could set its password. ` +
        'Nothing was changed. Set the password at the server to what AWSCURRENT holds, then start the rotation anew.',
    );
  }
}

/** The version is neither pending nor current, has no value yet, or follows from a version that is not current any more. */
export class RotationNotPending extends RotationError {
  override readonly name = 'RotationNotPending';
  constructor(secret: string, version: string, found: string) {
    super(
      `The version ${version} of the secret '${secret}' ${found}. A step takes a version that has the stage AWSPENDING and follows from AWSCURRENT. Nothing was ` +
        'changed. Start a rotation anew (aws secretsmanager rotate-secret); watch-rotations clears what was left.',
    );
  }
}

/** The new version does not log in although it was set. */
export class PendingLoginRefused extends RotationError {
  override readonly name = 'PendingLoginRefused';
  constructor(secret: string, version: string, user: string) {
    super(
      `The user '${user}' does not log in with the new version ${version} of the secret '${secret}'. watch-rotations finishes or undoes the rotation ` +
        'within 15 minutes; look who else changes this user at the server.',
    );
  }
}

/** Something that the pair's second user has can't be given to the first: without it the application would miss it. */
export class RightsNotCarried extends RotationError {
  override readonly name = 'RightsNotCarried';
  constructor(host: string, from: string, to: string, what: readonly string[]) {
    super(
      `At ${host} the user '${from}' has what can't be carried over to '${to}': ${listed(what.slice(0, 10))}${what.length > 10 ? ` and ${what.length - 10} more` : ''}. ` +
        'Nothing was changed. Give these to the first of the two users by hand, or let the superuser administer who granted them, and start the rotation anew.',
    );
  }
}

/** Something newer than what is to be undone is current. */
export class RotationSuperseded extends RotationError {
  override readonly name = 'RotationSuperseded';
  constructor(secret: string, version: string, previous: string, current: string) {
    super(
      `Current in the secret '${secret}' is the version ${current}: neither ${version}, which was to be undone, nor ${previous} before it. Nothing was changed. ` +
        'What is newer stays; start undo-rotation with the versions of today if it is bad as well.',
    );
  }
}

/** The version to go back to has no value any more. */
export class PreviousVersionGone extends RotationError {
  override readonly name = 'PreviousVersionGone';
  constructor(secret: string, previous: string) {
    super(
      `The version ${previous} of the secret '${secret}' is gone: there is nothing to go back to. Nothing was changed. Start a rotation anew ` +
        '(aws secretsmanager rotate-secret).',
    );
  }
}

/** The SSM parameter of a rotation does not hold a RotationPlan, or something that it names is missing. */
export class InvalidRotationPlan extends RotationError {
  override readonly name = 'InvalidRotationPlan';
  constructor(parameter: string, violations: string) {
    super(
      `The parameter '${parameter}' does not say how to rotate: ${violations}. It is written by the stacks from the platform's definition: ` +
        'deploy the stack of the secrets again instead of editing it.',
    );
  }
}

/** After these, trying again later is right. WorkInProgress is the interlock's. */
export const rotationWaitsFor = ['ServerUnreachable', 'AwsUnavailable', 'WorkInProgress'] as const;

function listed(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.map((item) => `'${item}'`).join(', ');
}
