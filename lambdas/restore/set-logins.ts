import { manifestSecretName, masterSecretName, sqlName } from '../../domain/databases.ts';
import type { RecoverySet } from '../../domain/recovery-set.ts';
import { SecretFieldMissing, UnknownSecretKind } from '../../domain/rotation-errors.ts';
import type { DatabaseLogin } from '../ports/databases.ts';
import { type SecretValue, type SecretVersions, versionStages } from '../ports/rotation.ts';
import { type LoginFields, loginFieldsOf } from '../rotation/login-value.ts';

/** A login with the version of its secret that the set names; or why there is none, in words without a value. */
export type SetLogin =
  | { readonly secret: string; readonly versionId: string; readonly login: DatabaseLogin }
  | { readonly secret: string; readonly versionId: string; readonly missing: string };

interface Place {
  readonly database: string;
  readonly host: string;
  readonly port: number;
}

/** Every login of the set that opens the database, at the place where it was restored. Throws AwsUnavailable, AwsRefused. */
export async function loginsOf(
  { environment, secrets }: Pick<RecoverySet, 'environment' | 'secrets'>,
  place: Place,
  versions: Pick<SecretVersions, 'read'>,
): Promise<readonly SetLogin[]> {
  const own = `mainstay/${environment}/databases/${place.database}/`;
  const logins: SetLogin[] = [];
  for (const { secret, versionId } of secrets) {
    const surely = secret.startsWith(own);
    // Another database's say it by their name; those of the platform's own say by their value what they open.
    if (!surely && secret.startsWith(`mainstay/${environment}/databases/`)) continue;
    const value = await versions.read(secret, { id: versionId });
    // What a version opened that is gone, the current one tells.
    const telling = value ?? (await versions.read(secret, { stage: versionStages.current }));
    if (!surely && telling && opened(secret, telling) !== sqlName(place.database)) continue;
    logins.push(value ? loginWith(secret, value, place) : { secret, versionId, missing: gone });
  }
  return logins;
}

const gone = 'Secrets Manager has this version no more';

/** The database inside the server, of a login of PostgreSQL; undefined for every other secret. */
function opened(secret: string, value: SecretValue): string | undefined {
  const fields = fieldsOf(secret, value);
  return typeof fields === 'string' ? undefined : fields.dbname;
}

function loginWith(secret: string, value: SecretValue, { host, port }: Place): SetLogin {
  const { versionId } = value;
  const fields = fieldsOf(secret, value);
  if (typeof fields === 'string') return { secret, versionId, missing: fields };
  const { username: user, password, dbname: database = '' } = fields;
  return { secret, versionId, login: { host, port, user, password, database } };
}

/** Or why it is no login, without a value. */
function fieldsOf(secret: string, value: SecretValue): LoginFields | string {
  try {
    return loginFieldsOf(secret, value, 'postgres');
  } catch (error) {
    if (error instanceof SecretFieldMissing || error instanceof UnknownSecretKind) return error.message;
    throw error;
  }
}

/** Who reads everything: the manifest's reader, else the master. Undefined where the set has neither. */
export function readerOf(
  logins: readonly SetLogin[],
  { environment }: Pick<RecoverySet, 'environment'>,
  database: string,
): SetLogin | undefined {
  const names = [manifestSecretName(environment, database), masterSecretName(environment, database)];
  const found = names.flatMap((name) => logins.filter(({ secret }) => secret === name));
  return found.find((each) => 'login' in each) ?? found[0];
}
