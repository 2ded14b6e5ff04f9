import * as z from 'zod';
import { otherUser, type RotationPlan } from '../../domain/rotation.ts';
import { InvalidRotationPlan, SecretFieldMissing, UnknownSecretKind } from '../../domain/rotation-errors.ts';
import { isLoginKind, type LoginKind } from '../../domain/rotation-work.ts';
import type { SecretValue, ServerLogin } from '../ports/rotation.ts';
import { jsonOf } from './plans.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html */
const loginFields = z.looseObject({
  engine: z.string().min(1),
  host: z.string().min(1),
  // Written as a text by hand, as a number by CloudFormation.
  port: z.coerce.number().int().min(1).max(65_535),
  username: z.string().min(1),
  password: z.string().min(1),
  dbname: z.string().min(1).optional(),
  masterarn: z.string().min(1).optional(),
});
/** Every field of the value, also those that a rotation does not know: they go on into the next version. */
export type LoginFields = z.infer<typeof loginFields>;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}
const endpoint = z.object({ host: z.string().min(1), port: z.coerce.number().int().min(1).max(65_535) });

/** The fields of a login of this kind. Throws SecretFieldMissing, UnknownSecretKind: both without any value. */
export function loginFieldsOf(secret: string, version: SecretValue, kind: LoginKind): LoginFields {
  const parsed = loginFields.safeParse(jsonOf(version.text));
  const wrong = parsed.success ? [] : [...new Set(parsed.error.issues.map(({ path }) => path.join('.') || 'JSON'))];
  if (parsed.success && kind === 'postgres' && parsed.data.dbname === undefined) wrong.push('dbname');
  if (!parsed.success || wrong.length > 0) throw new SecretFieldMissing(secret, version.versionId, wrong);
  if (parsed.data.engine !== kind) throw new UnknownSecretKind(secret, parsed.data.engine, [kind]);
  return parsed.data;
}

/** How these fields log in, where the server answers in this region. */
export function loginOf(
  { host, port, username, password, dbname }: LoginFields,
  here: Endpoint | undefined,
): ServerLogin {
  return {
    host: here?.host ?? host,
    port: here?.port ?? port,
    user: username,
    password,
    ...(dbname === undefined ? {} : { database: dbname }),
  };
}

/**
 * The value that follows: another password, and another user where two take turns. The server stays as it was written, also in a
 * region that reaches it elsewhere: all secrets of a server have to go on naming the same one.
 */
export function nextLoginText(current: LoginFields, password: string, { users }: Pick<RotationPlan, 'users'>): string {
  const username = users === 'alternating' ? otherUser(current.username) : current.username;
  return JSON.stringify({ ...current, username, password });
}

/** `{host, port}` from the plan's parameter. Throws InvalidRotationPlan. */
export function endpointOf(parameter: string, text: string | undefined): Endpoint {
  const parsed = endpoint.safeParse(jsonOf(text ?? ''));
  if (!parsed.success)
    throw new InvalidRotationPlan(parameter, text === undefined ? 'it does not exist' : 'it holds no host and port');
  return parsed.data;
}

/** The kind, where it is one of logins. Throws UnknownSecretKind. */
export function loginKindOf(plan: RotationPlan): LoginKind {
  if (!isLoginKind(plan.kind))
    throw new UnknownSecretKind(plan.secretName, plan.kind, ['postgres', 'mysql', 'rabbitmq', 'redis']);
  return plan.kind;
}
