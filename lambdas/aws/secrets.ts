import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { UnusableLogin } from '../../domain/database-errors.ts';
import type { Logins } from '../ports/databases.ts';
import { calling, clientSettings } from './client.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html */
const loginSecret = z.object({
  engine: z.literal('postgres'),
  host: z.string().min(1),
  // Written as a text by hand, as a number by CloudFormation.
  port: z.coerce.number().int().min(1).max(65_535),
  username: z.string().min(1),
  password: z.string().min(1),
  dbname: z.string().min(1),
});

/** Logins from Secrets Manager. Read each time: a rotation may have changed one. */
export function secretLogins(region: string): Logins {
  const client = new SecretsManagerClient(clientSettings(region));
  return {
    async read(secretName) {
      const command = new GetSecretValueCommand({ SecretId: secretName });
      const answer = await calling('secretsmanager:GetSecretValue', () => client.send(command));
      const parsed = loginSecret.safeParse(jsonOf(answer.SecretString));
      // Only which field is wrong: a value must not reach a message.
      if (!parsed.success) throw new UnusableLogin(secretName, fieldsOf(parsed.error));
      const { host, port, username: user, password, dbname: database } = parsed.data;
      return { host, port, user, password, database };
    },
  };
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function fieldsOf(error: z.ZodError): string {
  const fields = error.issues.map(({ path }) => path.join('.')).filter((path) => path !== '');
  return fields.length > 0 ? `missing or wrong are ${[...new Set(fields)].join(', ')}` : 'it is no JSON object';
}
