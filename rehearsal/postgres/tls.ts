import { NetworkError, type TlsClient } from '../lambda/network.ts';

/** https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SSLREQUEST */
export const sslRequestCode = 80_877_103;
/** Bundle of RDS's authorities that Lambda's runtime brings. https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html */
const runtimeAuthorities = '/var/runtime/ca-cert.pem';

/** The question that a TLS handshake is in a rehearsal: would this client trust the server of that name? Throws NetworkError. */
export function refuseMistrust({ servername, certificateAuthority }: TlsClient, host: string, asked: boolean): void {
  if (!asked) {
    throw new NetworkError(
      'ECONNRESET',
      'Client network socket disconnected before secure TLS connection was established',
    );
  }
  if (servername !== host) {
    throw new NetworkError(
      'ERR_TLS_CERT_ALTNAME_INVALID',
      `Hostname/IP does not match certificate's altnames: Host: ${servername}. is not in the cert's altnames: DNS:${host}`,
    );
  }
  if (certificateAuthority !== runtimeAuthorities) {
    throw new NetworkError('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain');
  }
}
