import { describe, expect, it } from 'vitest';
import { passwordVerifier } from '../../lambdas/postgres/password-verifier.ts';
import { parseVerifier, ScramExchange } from '../../rehearsal/postgres/scram.ts';

/** The exchange of RFC 7677, section 3: user `user`, password `pencil`. */
const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const clientNonce = 'rOprNGfwEbeRWgbNEkqO';
const serverNonce = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
const clientFinal = `c=biws,r=${clientNonce}${serverNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`;

function exchange(password: string): ScramExchange {
  const verifier = parseVerifier(passwordVerifier(password, salt));
  if (!verifier) throw new Error('the verifier is not written as PostgreSQL writes it');
  return new ScramExchange(verifier, `n,,n=user,r=${clientNonce}`, serverNonce);
}

describe("a password's verifier", () => {
  it('lets the proof of RFC 7677 in, and answers with its signature', () => {
    const login = exchange('pencil');
    expect(login.serverFirst).toBe(`r=${clientNonce}${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`);
    expect(login.finish(clientFinal)).toBe('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  });

  it('of another password does not', () => {
    expect(exchange('pencils').finish(clientFinal)).toBeUndefined();
  });

  it('does not hold the password', () => {
    expect(passwordVerifier('pencil', salt)).not.toContain('pencil');
  });
});
