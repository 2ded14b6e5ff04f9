import { describe, expect, it } from 'vitest';
import { Conversation } from '../../../rehearsal/postgres/real/conversation.ts';

const nothing = Buffer.alloc(0);
const authentication = (kind: number): Buffer => {
  const body = Buffer.alloc(4);
  body.writeInt32BE(kind);
  return body;
};
const error = (severity: string): Buffer => Buffer.from(`S${severity}\0V${severity}\0\0`);

function loggedIn(): Conversation {
  const conversation = new Conversation();
  conversation.received('R', authentication(0));
  conversation.received('Z', nothing);
  return conversation;
}

describe('whose turn it is', () => {
  it('changes with every word of a login, and ends with ReadyForQuery', () => {
    const conversation = new Conversation();
    const turns = [conversation.awaiting];
    conversation.received('R', authentication(10));
    turns.push(conversation.awaiting);
    conversation.sent('p');
    turns.push(conversation.awaiting);
    conversation.received('R', authentication(11));
    turns.push(conversation.awaiting);
    conversation.sent('p');
    conversation.received('R', authentication(12));
    conversation.received('R', authentication(0));
    turns.push(conversation.awaiting);
    conversation.received('Z', nothing);
    turns.push(conversation.awaiting);
    expect(turns).toEqual([true, false, true, false, true, false]);
  });

  it('is the server’s after a refusal of the login, until it has closed the connection', () => {
    const conversation = new Conversation();
    conversation.received('E', error('FATAL'));
    expect(conversation.awaiting).toBe(true);
    conversation.closed();
    expect(conversation.awaiting).toBe(false);
  });

  it('is the client’s within an extended query, until Sync', () => {
    const conversation = loggedIn();
    for (const type of ['P', 'B', 'D', 'E']) conversation.sent(type);
    expect(conversation.awaiting).toBe(false);
    conversation.sent('S');
    for (const type of ['1', '2', 'T', 'D', 'C']) conversation.received(type, nothing);
    expect(conversation.awaiting).toBe(true);
    conversation.received('Z', nothing);
    expect(conversation.awaiting).toBe(false);
  });

  it('after Flush is the server’s for what it was sent, and no longer after an error', () => {
    const conversation = loggedIn();
    for (const type of ['P', 'B', 'H']) conversation.sent(type);
    conversation.received('1', nothing);
    expect(conversation.awaiting).toBe(true);
    conversation.received('2', nothing);
    expect(conversation.awaiting).toBe(false);
    conversation.sent('E');
    conversation.sent('H');
    conversation.received('E', error('ERROR'));
    expect(conversation.awaiting).toBe(false);
  });

  it('is the client’s while it copies in', () => {
    const conversation = loggedIn();
    conversation.sent('Q');
    conversation.received('G', nothing);
    expect(conversation.awaiting).toBe(false);
    conversation.sent('d');
    conversation.sent('c');
    expect(conversation.awaiting).toBe(true);
    conversation.received('C', nothing);
    conversation.received('Z', nothing);
    expect(conversation.awaiting).toBe(false);
  });

  it('counts queries that are sent without waiting', () => {
    const conversation = loggedIn();
    conversation.sent('Q');
    conversation.sent('Q');
    conversation.received('Z', nothing);
    expect(conversation.awaiting).toBe(true);
    conversation.received('Z', nothing);
    expect(conversation.awaiting).toBe(false);
  });
});
