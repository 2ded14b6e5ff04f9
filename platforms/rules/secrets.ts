import { sqlName } from '../../domain/databases.ts';
import { environmentName, functionName, stages } from '../../domain/names.ts';
import { otherUser, rotationTask, type SecretKind } from '../../domain/rotation.ts';
import { rotationsOf } from '../rotation.ts';
import type { Secret } from '../schema.ts';
import { type Finding, type Path, rule } from '../violation.ts';

const hoursPerDay = 24;
const minutesPerHour = 60;
/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
const functionNameLengthMax = 64;
/** Longest user name: https://www.postgresql.org/docs/18/limits.html, https://dev.mysql.com/doc/refman/8.4/en/user-names.html */
const userNameLengthMax = { postgres: 63, mysql: 32 } as const;

const keys: readonly SecretKind[] = ['jwt', 'api-key'];

/** What opens something says what, and of the right kind; a key opens nothing. */
export const secretsOpenTheirKind = rule(
  ['secrets', 'databases', 'stores'],
  function secretsOpenTheirKind({ secrets, databases, stores }) {
    const kinds = new Map<string, string>([
      ...databases.map(({ name, engine }): [string, string] => [name, engine]),
      ...stores.map(({ name, kind }): [string, string] => [name, kind]),
    ]);
    return secrets.entries.flatMap(({ name, kind, opens }, index): Finding[] => {
      const path = ['secrets', 'entries', index, 'opens'];
      if (keys.includes(kind)) {
        return opens === undefined
          ? []
          : [{ path, value: opens, allowed: 'nothing', remedy: `A ${kind} opens nothing: take it out.` }];
      }
      const fitting = [...kinds].filter(([, found]) => found === kind).map(([fits]) => fits);
      // A name that nothing has is another rule's finding.
      if (opens !== undefined && (!kinds.has(opens) || fitting.includes(opens))) return [];
      const allowed = fitting.length > 0 ? `a ${kind}: ${fitting.join(', ')}` : `nothing: there is no ${kind}`;
      return [{ path, value: opens, allowed, remedy: `Say which ${kind} '${name}' opens.` }];
    });
  },
);

/** A secret that rotates says how: users for a login, an overlap for a key, and neither the other's. */
export const rotationsAreDescribed = rule(['secrets'], function rotationsAreDescribed({ secrets }) {
  return secrets.entries.flatMap((entry, index): Finding[] => {
    const everyDays = entry.rotateEveryDays ?? secrets.rotateEveryDays;
    const path = ['secrets', 'entries', index];
    return keys.includes(entry.kind) ? keyFindings(entry, everyDays, path) : loginFindings(entry, everyDays, path);
  });
});

function keyFindings({ kind, users, overlapHours }: Secret, everyDays: number | undefined, path: Path): Finding[] {
  const max = everyDays === undefined ? undefined : everyDays * hoursPerDay;
  const fits = max === undefined || (overlapHours !== undefined && overlapHours < max);
  return [
    ...(users === undefined ? [] : [unwanted([...path, 'users'], users, `A ${kind} has no user`)]),
    ...(fits
      ? []
      : [
          {
            path: [...path, 'overlapHours'],
            value: overlapHours,
            allowed: `hours below ${max}, those between two rotations`,
            remedy: 'Say how long what was signed with the former key must still verify.',
          },
        ]),
  ];
}

function loginFindings({ kind, users, overlapHours }: Secret, everyDays: number | undefined, path: Path): Finding[] {
  const database = kind === 'postgres' || kind === 'mysql';
  const allowed = database ? ['single', 'alternating'] : ['single'];
  const fits = users === undefined ? everyDays === undefined : allowed.includes(users);
  return [
    ...(overlapHours === undefined
      ? []
      : [unwanted([...path, 'overlapHours'], overlapHours, 'A login has no overlap')]),
    ...(fits
      ? []
      : [
          {
            path: [...path, 'users'],
            value: users,
            allowed: `for ${kind}: ${allowed.join(', ')}`,
            remedy: 'Say which users it rotates: alternating ones deny nobody, a single one for a moment.',
          },
        ]),
  ];
}

function unwanted(path: Path, value: unknown, why: string): Finding {
  return { path, value, allowed: 'nothing', remedy: `${why}: take it out.` };
}

/** Rotations have a window, and it is over before the maintenance of what they log in to. */
export const rotationWindowIsApart = rule(
  ['secrets', 'databases'],
  function rotationWindowIsApart({ secrets, databases }) {
    const hours = secrets.rotationWindowHours;
    const path = ['secrets', 'rotationWindowHours'];
    const rotated = rotationsOf({ secrets, databases }, '');
    if (rotated.length === 0) {
      return hours === undefined ? [] : [unwanted(path, hours, 'Nothing rotates')];
    }
    if (hours === undefined) {
      const allowed = '1 to 24';
      return [{ path, value: undefined, allowed, remedy: 'Say for how long from midnight UTC a rotation may begin.' }];
    }
    const opened = new Set(rotated.map(({ opens }) => opens));
    return databases
      .filter(({ name }) => opened.has(name))
      .flatMap(({ name, maintenanceWindow: { weekday, startsAtUtc, durationMinutes } }): Finding[] => {
        const [startHours = 0, startMinutes = 0] = startsAtUtc.split(':').map(Number);
        const start = startHours * minutesPerHour + startMinutes;
        const intoTheNextDay = start + durationMinutes > hoursPerDay * minutesPerHour;
        if (start >= hours * minutesPerHour && !intoTheNextDay) return [];
        return [
          {
            path,
            value: hours,
            allowed: `a window that does not meet the maintenance of ${name}, ${weekday} ${startsAtUtc} UTC for ${durationMinutes} minutes`,
            remedy:
              'The instance may restart then, and a rotation falls on any weekday: shorten the window, or move the maintenance.',
          },
        ];
      });
  },
);

/** The user that sets a password in a store opens the same store, and is nobody's to set. */
export const superusersOpenTheSame = rule(['secrets'], function superusersOpenTheSame({ secrets }) {
  return secrets.entries.flatMap(({ superuser, opens, kind }, index): Finding[] => {
    if (superuser === undefined) return [];
    const path = ['secrets', 'entries', index, 'superuser'];
    if (kind !== 'rabbitmq' && kind !== 'redis') {
      return [unwanted(path, superuser, kind === 'jwt' || kind === 'api-key' ? 'A key has none' : 'It is the master')];
    }
    const fitting = secrets.entries
      .filter((entry) => entry.kind === kind && entry.opens === opens && entry.superuser === undefined)
      .map(({ name }) => name);
    if (fitting.includes(superuser)) return [];
    const allowed = `an entry that opens ${opens} and has no superuser: ${fitting.join(', ') || 'there is none'}`;
    return [{ path, value: superuser, allowed, remedy: 'Name the entry of the administrator of the same store.' }];
  });
});

/** Who reads a login connects to what it opens: its address and its way through the network come from there. */
export const consumersConnect = rule(['secrets', 'services'], function consumersConnect({ secrets, services }) {
  return secrets.entries.flatMap(({ opens, consumers }, index) =>
    consumers.flatMap((consumer, position): Finding[] => {
      const service = services.find(({ name }) => name === consumer);
      if (!service || opens === undefined || [...service.databases, ...service.stores].includes(opens)) return [];
      return [
        {
          path: ['secrets', 'entries', index, 'consumers', position],
          value: consumer,
          allowed: `a service with '${opens}' among its databases or stores`,
          remedy: `Add '${opens}' to what ${consumer} uses, or take the consumer out.`,
        },
      ];
    }),
  );
});

/** In every stage a rotation's function has a name that Lambda takes and no other has, and its users names that the engine takes. */
export const rotationNamesFit = rule(
  ['name', 'secrets', 'databases'],
  function rotationNamesFit({ name: platform, secrets, databases }) {
    const rotations = stages.flatMap((stage) => {
      const environment = environmentName(platform, stage);
      return rotationsOf({ secrets, databases }, environment).map((plan) => ({
        ...plan,
        functionName: functionName(environment, rotationTask(plan.secret)),
      }));
    });
    return secrets.entries.flatMap(({ name, kind, users }, index): Finding[] => {
      const path = ['secrets', 'entries', index, 'name'];
      const mine = rotations.filter(({ secret }) => secret === name);
      const long = mine.find((plan) => plan.functionName.length > functionNameLengthMax)?.functionName;
      const user = users === 'alternating' ? otherUser(sqlName(name)) : sqlName(name);
      const userMax = kind === 'postgres' || kind === 'mysql' ? userNameLengthMax[kind] : Number.POSITIVE_INFINITY;
      const wrong = [
        ...(long ? [`a name with which '${long}' has ${functionNameLengthMax} characters at most`] : []),
        ...(mine.length > stages.length
          ? ["a name that is no database's own with '-master', '-heartbeat' or '-manifest'"]
          : []),
        ...(user.length > userMax ? [`a name with which the user '${user}' has ${userMax} characters at most`] : []),
        ...(name.endsWith('-clone') ? ["a name that does not end as the second user's does"] : []),
      ];
      return wrong.map((allowed) => ({ path, value: name, allowed, remedy: 'Give the secret another name.' }));
    });
  },
);
