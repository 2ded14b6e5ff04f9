import { connect, type TLSSocket } from 'node:tls';
import { ServerUnreachable } from '../../domain/rotation-errors.ts';
import type { ServerLogin } from '../ports/rotation.ts';

/** `ca` in PEM; without it the authorities that Node was started with. */
export interface RabbitmqTrust {
  readonly ca?: string;
}

const timeoutMilliseconds = 5_000;
const frameEnd = 0xce;

/**
 * Whether the server takes this login over AMQP, as the applications come in: they need no right to the management API. Goes as far as
 * `connection.tune`, which a server sends to whom it knows, and ends without opening anything. False where it closes for the login's
 * sake. Throws ServerUnreachable.
 * https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, 2.2.4
 */
export function opensOverAmqp(login: ServerLogin, trust: RabbitmqTrust): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const { host, port } = login;
    const socket = connect({ ...trust, host, port, servername: host, minVersion: 'TLSv1.2' });
    const fail = (code: string): void => {
      socket.destroy();
      reject(new ServerUnreachable(host, port, code));
    };
    let received = Buffer.alloc(0);
    socket.setTimeout(timeoutMilliseconds, () => fail('no answer in time'));
    socket.once('error', ({ code }: Error & { code?: string }) => fail(code ?? 'the connection broke'));
    socket.once('close', () => fail('the connection was closed'));
    socket.once('secureConnect', () => socket.write(Buffer.from('AMQP\0\0\x09\x01', 'latin1')));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (const method of takeMethods()) answer(method);
    });

    function* takeMethods(): Generator<Method> {
      // Type, channel, length, as many bytes, an end.
      while (received.length >= 7 && received.length >= received.readUInt32BE(3) + 8) {
        const end = received.readUInt32BE(3) + 8;
        const frame = received.subarray(0, end);
        received = received.subarray(end);
        if (frame[0] === 1) yield methodOf(frame);
      }
      // 'AMQP0091' in the place of a frame: it speaks another protocol.
      if (received.length >= 8 && received.toString('latin1', 0, 4) === 'AMQP') fail('no AMQP 0-9-1');
    }

    function answer(method: Method): void {
      if (method.name === 'start') socket.write(startOk(login));
      else if (method.name === 'tune') leave(socket, () => resolve(true));
      else if (method.name === 'close' && method.code === accessRefused) leave(socket, () => resolve(false));
      else fail(method.name === 'close' ? `AMQP ${method.code}` : 'no AMQP 0-9-1');
    }
  });
}

/** https://www.rabbitmq.com/docs/auth-notification: sent to clients that say they understand it, instead of a broken connection. */
const accessRefused = 403;

interface Method {
  readonly name: 'start' | 'tune' | 'close' | 'other';
  /** Of a close. */
  readonly code: number;
}

/** Class 10 is the connection. */
function methodOf(frame: Buffer): Method {
  const number = frame.readUInt16BE(7) === 10 ? frame.readUInt16BE(9) : 0;
  const name = number === 10 ? 'start' : number === 30 ? 'tune' : number === 50 ? 'close' : 'other';
  return { name, code: name === 'close' ? frame.readUInt16BE(11) : 0 };
}

function leave(socket: TLSSocket, done: () => void): void {
  socket.removeAllListeners('close');
  socket.removeAllListeners('error');
  socket.on('error', () => undefined);
  socket.end();
  socket.destroySoon();
  done();
}

/** `connection.start-ok` with PLAIN, and the capability that makes a refusal a message. */
function startOk({ user, password }: ServerLogin): Buffer {
  const capability = Buffer.concat([shortText('authentication_failure_close'), Buffer.from('t\x01', 'latin1')]);
  const capabilities = Buffer.concat([shortText('capabilities'), Buffer.from('F'), longText(capability)]);
  const product = Buffer.concat([shortText('product'), Buffer.from('S'), longText(Buffer.from('mainstay'))]);
  const payload = Buffer.concat([
    Buffer.from([0, 10, 0, 11]),
    longText(Buffer.concat([product, capabilities])),
    shortText('PLAIN'),
    longText(Buffer.from(`\0${user}\0${password}`, 'utf8')),
    shortText('en_US'),
  ]);
  const head = Buffer.alloc(7);
  head.writeUInt8(1, 0);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([frameEnd])]);
}

function shortText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function longText(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
