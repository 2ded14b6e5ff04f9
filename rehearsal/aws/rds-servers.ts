import type { RealServer } from '../postgres/real/server.ts';
import type { World } from './module.ts';
import type { DatabaseInstanceState } from './rds-instances.ts';

/** What an instance's server is made from. */
export interface ServerOrigin {
  /** Of its parameter group. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The server that it follows. */
  readonly source: RealServer | undefined;
  masterPassword(): string;
}

/** Starts a real server in the place of an instance, on files of its own or copied from its source; undefined without `--postgres`. */
export async function startServer(
  { account, postgres }: World,
  { region, identifier, model }: DatabaseInstanceState,
  { parameters, source, masterPassword }: ServerOrigin,
): Promise<RealServer | undefined> {
  if (!postgres) return undefined;
  const name = `${region}/${identifier}`;
  const { kernel } = account;
  if (source) return kernel.hold(() => postgres.replicate(source, name, parameters));
  const master = { user: model.master, password: masterPassword() };
  return kernel.hold(() => postgres.create(name, { master, database: model.name, parameters }));
}
