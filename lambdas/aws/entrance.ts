import { request } from 'node:https';
import type { Entrance } from '../ports/serving.ts';

const answerMilliseconds = 5_000;

/**
 * HTTPS to one region's load balancer, in the name of a public host: the certificate has to be that host's, as for every client. Nothing of the body is
 * read.
 */
export function httpsEntrance(): Entrance {
  return {
    ask: (way, hostname, path) =>
      new Promise((resolve) => {
        const sent = request(
          {
            host: way,
            servername: hostname,
            port: 443,
            method: 'GET',
            path,
            headers: { host: hostname, 'user-agent': 'mainstay' },
            timeout: answerMilliseconds,
          },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode ?? 0);
          },
        );
        sent.on('timeout', () => sent.destroy(new Error(`no answer within ${answerMilliseconds} ms`)));
        sent.on('error', ({ message }) => resolve(message));
        sent.end();
      }),
  };
}
