/** What the DNS of one execution environment stands on. */
export interface DnsHost {
  /** Texts of the name's TXT records; undefined where there is none. */
  resolveTxt(name: string): Promise<readonly string[] | undefined>;
  error(message: string, fields: Readonly<Record<string, unknown>>): Error;
  /** Runs the action when the environment is awake. */
  whenAwake(action: () => void): void;
}

/** `node:dns/promises`, as far as functions use it: https://nodejs.org/api/dns.html#dnspromisesresolvetxthostname */
export function dnsPromises(host: DnsHost): Readonly<Record<string, (name: string) => Promise<unknown>>> {
  return {
    resolveTxt: (name) =>
      new Promise((resolve, reject) => {
        const notFound = { code: 'ENOTFOUND', syscall: 'queryTxt', hostname: name };
        host.resolveTxt(name).then((values) =>
          host.whenAwake(() => {
            if (values) resolve(values.map((value) => [value]));
            else reject(host.error(`queryTxt ENOTFOUND ${name}`, notFound));
          }),
        );
      }),
  };
}
