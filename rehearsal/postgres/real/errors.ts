/** A real server did not do what it was told. The message ends with what it wrote into its log. */
export class ServerFailed extends Error {
  override readonly name = 'ServerFailed';
}

/** More servers at once than the rehearsal allows. */
export class TooManyServers extends Error {
  override readonly name = 'TooManyServers';
}

/** A server was asked for something that its state does not allow. */
export class WrongServerState extends Error {
  override readonly name = 'WrongServerState';
}
