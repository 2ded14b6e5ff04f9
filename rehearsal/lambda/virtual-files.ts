import { readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';

/** Where a bundle believes to be: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
export const taskRoot = '/var/task';

/** What the `fs` module of one execution environment stands on. */
export interface FileHost {
  /** Folder of the bundle on the host. */
  readonly folder: string;
  error(message: string, fields: Readonly<Record<string, unknown>>): Error;
  /** Ends the run. */
  unmodelled(message: string): Error;
}

/** Only the bundle's own files exist. */
export function fileModule(host: FileHost) {
  const read = (name: unknown, options?: unknown): string | Buffer => {
    const wanted = normalize(String(name).replace(/^file:\/\//, ''));
    const encoding = typeof options === 'string' ? options : (options as { encoding?: string } | undefined)?.encoding;
    if (!wanted.startsWith(`${taskRoot}/`)) throw noSuchFile(host, String(name));
    try {
      const content = readFileSync(join(host.folder, wanted.slice(taskRoot.length)));
      return encoding ? content.toString(encoding as BufferEncoding) : content;
    } catch {
      throw noSuchFile(host, String(name));
    }
  };
  const exists = (name: unknown) => {
    try {
      read(name);
      return true;
    } catch {
      return false;
    }
  };
  const promises = {
    readFile: async (name: unknown, options?: unknown) => read(name, options),
    access: async (name: unknown) => {
      read(name);
    },
  };
  const refused = (name: string) => () => {
    throw host.unmodelled(`The function uses fs.${name}; the sandbox models reading the bundle's own files.`);
  };
  return {
    readFileSync: read,
    existsSync: exists,
    readFile(name: unknown, ...rest: unknown[]) {
      const callback = rest.at(-1) as (error: unknown, content?: string | Buffer) => void;
      promises
        .readFile(name, rest.length > 1 ? rest[0] : undefined)
        .then((content) => callback(null, content), callback);
    },
    promises,
    ...Object.fromEntries(
      [
        'writeFileSync',
        'writeFile',
        'createReadStream',
        'createWriteStream',
        'mkdirSync',
        'readdirSync',
        'statSync',
        'lstatSync',
      ].map((name) => [name, refused(name)]),
    ),
  };
}

function noSuchFile(host: FileHost, name: string): Error {
  return host.error(`ENOENT: no such file or directory, open '${name}'`, {
    code: 'ENOENT',
    errno: -2,
    syscall: 'open',
    path: name,
  });
}
