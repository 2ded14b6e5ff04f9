import { request } from 'node:https';
import * as z from 'zod';
import { ServerRefused, ServerUnreachable } from '../../domain/rotation-errors.ts';
import type { ServerLogin } from '../ports/rotation.ts';
import type { RabbitmqTrust } from './amqp-login.ts';

/** https://www.rabbitmq.com/docs/http-api-reference#users */
const user = z.object({
  name: z.string(),
  password_hash: z.string(),
  hashing_algorithm: z.string().optional(),
  // A text with commas before RabbitMQ 3.9.
  tags: z.union([z.array(z.string()), z.string().transform((text) => text.split(',').filter((tag) => tag !== ''))]),
});
export type RabbitmqUser = z.infer<typeof user>;

const permission = z.object({ vhost: z.string(), configure: z.string(), write: z.string(), read: z.string() });
export type RabbitmqPermission = z.infer<typeof permission>;

const topicPermission = z.object({ vhost: z.string(), exchange: z.string(), write: z.string(), read: z.string() });
export type RabbitmqTopicPermission = z.infer<typeof topicPermission>;

const limits = z.array(z.object({ value: z.record(z.string(), z.number()) }));

/** https://www.rabbitmq.com/docs/user-limits */
const noLimit = -1;

const timeoutMilliseconds = 5_000;
const answerBytesMax = 1024 * 1024;

/** A user's password as the server keeps it. */
export interface KeptPassword {
  readonly password_hash: string;
  readonly hashing_algorithm: string;
}

/** The management API of a RabbitMQ, as one of its administrators. Each throws ServerUnreachable, ServerRefused. */
export class RabbitmqManagement {
  readonly #login: ServerLogin;
  readonly #trust: RabbitmqTrust;

  /** `port` of the login is the API's. */
  constructor(login: ServerLogin, trust: RabbitmqTrust) {
    this.#login = login;
    this.#trust = trust;
  }

  /** Undefined: there is no such user. */
  async user(name: string): Promise<RabbitmqUser | undefined> {
    const found = await this.#ask('GET', ['users', name]);
    return found === undefined ? undefined : this.#read(user, found);
  }

  /** Makes the user or changes it: without a password nobody comes in. */
  async putUser(name: string, kept: KeptPassword | undefined, tags: readonly string[]): Promise<void> {
    await this.#ask('PUT', ['users', name], { ...(kept ?? { password_hash: '' }), tags: tags.join(',') });
  }

  async permissions(name: string): Promise<readonly RabbitmqPermission[]> {
    return this.#read(z.array(permission), (await this.#ask('GET', ['users', name, 'permissions'])) ?? []);
  }

  async putPermission(name: string, { vhost, ...rights }: RabbitmqPermission): Promise<void> {
    await this.#ask('PUT', ['permissions', vhost, name], rights);
  }

  async topicPermissions(name: string): Promise<readonly RabbitmqTopicPermission[]> {
    return this.#read(z.array(topicPermission), (await this.#ask('GET', ['users', name, 'topic-permissions'])) ?? []);
  }

  async putTopicPermission(name: string, { vhost, ...rights }: RabbitmqTopicPermission): Promise<void> {
    await this.#ask('PUT', ['topic-permissions', vhost, name], rights);
  }

  async limits(name: string): Promise<Readonly<Record<string, number>>> {
    const [found] = this.#read(limits, (await this.#ask('GET', ['user-limits', name])) ?? []);
    return Object.fromEntries(Object.entries(found?.value ?? {}).filter(([, value]) => value !== noLimit));
  }

  /** `value` undefined: none any more. */
  async putLimit(name: string, limit: string, value: number | undefined): Promise<void> {
    await this.#ask('PUT', ['user-limits', name, limit], { value: value ?? noLimit });
  }

  #read<T>(schema: z.ZodType<T>, found: unknown): T {
    const parsed = schema.safeParse(found);
    if (!parsed.success) throw new ServerRefused(this.#login.host, 'answer as a RabbitMQ does', 'an unknown form');
    return parsed.data;
  }

  /** The answer's JSON; undefined: 404, or nothing is in it. */
  async #ask(method: 'GET' | 'PUT', path: readonly string[], body?: object): Promise<unknown> {
    const { host } = this.#login;
    const [status, text] = await this.#send(method, `/api/${path.map(encodeURIComponent).join('/')}`, body);
    // 404 of a PUT: the virtual host or the user is gone.
    if (status === 404 && method === 'GET') return undefined;
    if (status === 429 || status >= 500) throw this.#unreachable(`HTTP ${status}`);
    if (status < 200 || status >= 300) throw new ServerRefused(host, `${method} ${path.join('/')}`, `HTTP ${status}`);
    if (method === 'PUT' || text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch {
      throw new ServerRefused(host, `${method} ${path.join('/')}`, 'no JSON');
    }
  }

  #unreachable(code: string): ServerUnreachable {
    return new ServerUnreachable(this.#login.host, this.#login.port, code);
  }

  #send(method: string, path: string, body: object | undefined): Promise<readonly [status: number, text: string]> {
    const { host, port, user: name, password } = this.#login;
    return new Promise((resolve, reject) => {
      const asked = request({
        ...this.#trust,
        ...{ host, port, path, method, minVersion: 'TLSv1.2', agent: false },
        auth: `${name}:${password}`,
        // Asked for JSON alone, it answers changes of limits with 406.
        headers: { accept: '*/*', 'content-type': 'application/json' },
        signal: AbortSignal.timeout(timeoutMilliseconds),
      });
      const fail = (error: Error & { code?: string }): void =>
        reject(this.#unreachable(error.name === 'AbortError' ? 'no answer in time' : (error.code ?? 'it broke off')));
      asked.on('error', fail);
      asked.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('error', fail);
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > answerBytesMax) asked.destroy();
        });
        response.on('end', () => resolve([response.statusCode ?? 0, text]));
      });
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
