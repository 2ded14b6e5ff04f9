import { describe, expect, it } from 'vitest';
import { day, hour, region, replicated, type SecretsWorld, secret, secretsWorld, standby } from './secrets-world.ts';

const id = (letter: string): string => letter.repeat(36);
const put = (world: SecretsWorld, letter: string, more: object = {}) =>
  world.ask('PutSecretValue', {
    SecretId: 'login',
    ClientRequestToken: id(letter),
    SecretString: JSON.stringify({ username: 'app', password: `password-${letter}` }),
    ...more,
  });
const pending = { VersionStages: ['AWSPENDING'] };
const read = (world: SecretsWorld, more: object = {}, place?: string) =>
  world.ask('GetSecretValue', { SecretId: 'login', ...more }, place);
const move = (world: SecretsWorld, input: object) =>
  world.ask('UpdateSecretVersionStage', { SecretId: 'login', ...input });

describe('the versions of a secret', () => {
  it('become the current one unless a label says otherwise, and the one before it the previous one', async () => {
    const world = await secretsWorld({ Secret: secret });
    const { VersionId: first } = await read(world);
    await put(world, 'b');
    expect(world.labels()).toEqual({ [first]: ['AWSPREVIOUS'], [id('b')]: ['AWSCURRENT'] });
    await put(world, 'c', pending);
    expect(world.labels()).toEqual({
      [first]: ['AWSPREVIOUS'],
      [id('b')]: ['AWSCURRENT'],
      [id('c')]: ['AWSPENDING'],
    });
    expect(JSON.parse((await read(world))['SecretString'])).toMatchObject({ password: 'password-b' });
    expect(JSON.parse((await read(world, { VersionStage: 'AWSPENDING' }))['SecretString']).password).toBe('password-c');
  });

  it('are put once: the same value again changes nothing, another one is refused', async () => {
    const world = await secretsWorld({ Secret: secret });
    await put(world, 'b', pending);
    await put(world, 'c');
    await put(world, 'b', pending);
    await expect(put(world, 'b', { ...pending, SecretString: 'other' })).rejects.toMatchObject({
      name: 'ResourceExistsException',
      message: expect.stringMatching(/^You can't use ClientRequestToken b+ because/),
    });
    expect(world.labels()[id('b')]).toEqual(['AWSPENDING']);
  });

  it('are read by id and label together only where both mean the same', async () => {
    const world = await secretsWorld({ Secret: secret });
    await put(world, 'b', pending);
    await expect(read(world, { VersionId: id('b'), VersionStage: 'AWSPENDING' })).resolves.toMatchObject({
      VersionStages: ['AWSPENDING'],
    });
    await expect(read(world, { VersionId: id('b'), VersionStage: 'AWSCURRENT' })).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
    await expect(read(world, { VersionStage: 'AWSPREVIOUS' })).rejects.toThrow(
      "Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS",
    );
    await expect(read(world, { VersionId: id('x') })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('need a token of 32 to 64 characters and a value', async () => {
    const world = await secretsWorld({ Secret: secret });
    await expect(put(world, 'b', { ClientRequestToken: 'short' })).rejects.toThrow('32-64 characters');
    await expect(put(world, 'b', { SecretString: undefined })).rejects.toThrow('either SecretString or SecretBinary');
    await expect(put(world, 'b', { SecretString: 'x'.repeat(65_537) })).rejects.toThrow('at most 65536 bytes');
    await expect(put(world, 'b', { VersionStages: [] })).rejects.toThrow('1 to 20 labels');
  });

  it('are at most a hundred, and none goes that is younger than a day or has a label', async () => {
    const world = await secretsWorld({ Secret: secret });
    const many = async (from: number) => {
      for (let index = from; index < from + 99; index++) {
        await put(world, 'b', { ClientRequestToken: String(index).padStart(36, '0') });
      }
    };
    await many(0);
    await expect(put(world, 'z')).rejects.toMatchObject({ name: 'LimitExceededException' });
    await world.wait(day + hour);
    await put(world, 'z');
    const { Versions } = await world.ask('ListSecretVersionIds', { SecretId: 'login', IncludeDeprecated: true });
    expect(Versions).toHaveLength(100);
    const labelled = await world.ask('ListSecretVersionIds', { SecretId: 'login' });
    expect(labelled['Versions'].map((one: { VersionStages: string[] }) => one.VersionStages)).toEqual([
      ['AWSPREVIOUS'],
      ['AWSCURRENT'],
    ]);
  });
});

describe('a staging label', () => {
  it('moves only from the version that is named', async () => {
    const world = await secretsWorld({ Secret: secret });
    const { VersionId: first } = await read(world);
    await put(world, 'b', pending);
    await expect(move(world, { VersionStage: 'AWSCURRENT', MoveToVersionId: id('b') })).rejects.toThrow(
      `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${first}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
    await expect(
      move(world, { VersionStage: 'AWSCURRENT', MoveToVersionId: id('b'), RemoveFromVersionId: id('b') }),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(
      move(world, { VersionStage: 'AWSCURRENT', MoveToVersionId: id('x'), RemoveFromVersionId: first }),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await move(world, { VersionStage: 'AWSCURRENT', MoveToVersionId: id('b'), RemoveFromVersionId: first });
    expect(world.labels()).toEqual({ [first]: ['AWSPREVIOUS'], [id('b')]: ['AWSCURRENT', 'AWSPENDING'] });
    await move(world, { VersionStage: 'AWSPENDING', RemoveFromVersionId: id('b') });
    expect(world.labels()[id('b')]).toEqual(['AWSCURRENT']);
  });

  it('AWSCURRENT goes back and forth, never away', async () => {
    const world = await secretsWorld({ Secret: secret });
    const { VersionId: first } = await read(world);
    await put(world, 'b');
    await move(world, { VersionStage: 'AWSCURRENT', MoveToVersionId: first, RemoveFromVersionId: id('b') });
    expect(world.labels()).toEqual({ [first]: ['AWSCURRENT'], [id('b')]: ['AWSPREVIOUS'] });
    await expect(move(world, { VersionStage: 'AWSCURRENT', RemoveFromVersionId: first })).rejects.toThrow(
      'You can only move staging label AWSCURRENT',
    );
  });
});

describe('a replica', () => {
  it('follows its primary after a while, and cannot be written', async () => {
    const world = await secretsWorld({ Secret: replicated });
    await put(world, 'b');
    expect(world.labels(standby)).not.toEqual(world.labels(region));
    await world.wait(2_000);
    expect(world.labels(standby)).toEqual(world.labels(region));
    expect(JSON.parse((await read(world, {}, standby))['SecretString']).password).toBe('password-b');
    const refused = { name: 'InvalidRequestException', message: expect.stringContaining('replica secret') };
    await expect(world.ask('PutSecretValue', { SecretId: 'login', SecretString: 'x' }, standby)).rejects.toMatchObject(
      refused,
    );
    await expect(world.ask('RotateSecret', { SecretId: 'login' }, standby)).rejects.toMatchObject(refused);
    const move = { SecretId: 'login', VersionStage: 'A', MoveToVersionId: id('b') };
    await expect(world.ask('UpdateSecretVersionStage', move, standby)).rejects.toMatchObject(refused);
  });

  it('stands alone once it is promoted', async () => {
    const world = await secretsWorld({ Secret: replicated });
    await expect(world.ask('StopReplicationToReplica', { SecretId: 'login' })).rejects.toThrow('is not a replica');
    await world.ask('StopReplicationToReplica', { SecretId: 'login' }, standby);
    await world.ask('PutSecretValue', { SecretId: 'login', SecretString: 'own' }, standby);
    await put(world, 'b');
    await world.wait(10_000);
    expect((await read(world, {}, standby))['SecretString']).toBe('own');
    const described = await world.ask('DescribeSecret', { SecretId: 'login' });
    expect(described).not.toHaveProperty('ReplicationStatus');
  });

  it('is added to a secret that has none, and named in its description', async () => {
    const world = await secretsWorld({ Secret: secret });
    await world.ask('ReplicateSecretToRegions', { SecretId: 'login', AddReplicaRegions: [{ Region: standby }] });
    expect(await world.ask('DescribeSecret', { SecretId: 'login' })).toMatchObject({
      PrimaryRegion: region,
      ReplicationStatus: [{ Region: standby, Status: 'InSync' }],
    });
    expect(await world.ask('DescribeSecret', { SecretId: 'login' }, standby)).toMatchObject({ PrimaryRegion: region });
  });

  it('takes the place of a secret that stands alone there where that is forced, under the same ARN', async () => {
    const world = await secretsWorld({ Secret: replicated });
    const before = await world.ask('DescribeSecret', { SecretId: 'login' });
    await world.ask('StopReplicationToReplica', { SecretId: 'login' }, standby);
    await world.ask('PutSecretValue', { SecretId: 'login', SecretString: 'of the standby' }, standby);
    const back = { SecretId: 'login', AddReplicaRegions: [{ Region: region }] };
    await expect(world.ask('ReplicateSecretToRegions', back, standby)).rejects.toThrow('already exists');
    await world.ask('ReplicateSecretToRegions', { ...back, ForceOverwriteReplicaSecret: true }, standby);
    expect((await read(world, {}))['SecretString']).toBe('of the standby');
    expect(await world.ask('DescribeSecret', { SecretId: 'login' })).toMatchObject({
      ARN: before['ARN'],
      PrimaryRegion: standby,
    });
  });
});

describe('a secret that is deleted', () => {
  it('keeps its replicas first, and then is described but neither read nor rotated', async () => {
    const world = await secretsWorld({ Secret: replicated });
    await expect(world.ask('DeleteSecret', { SecretId: 'login' })).rejects.toThrow('still has replica regions');
    await world.ask('RemoveRegionsFromReplication', { SecretId: 'login', RemoveReplicaRegions: [standby] });
    await expect(read(world, {}, standby)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await world.ask('DeleteSecret', { SecretId: 'login', RecoveryWindowInDays: 7 });
    const marked = 'it was marked for deletion';
    await expect(read(world)).rejects.toThrow(marked);
    await expect(put(world, 'b')).rejects.toThrow(marked);
    await expect(world.ask('RotateSecret', { SecretId: 'login' })).rejects.toThrow(marked);
    expect((await world.ask('DescribeSecret', { SecretId: 'login' }))['DeletedDate']).toBeInstanceOf(Date);
    expect((await world.ask('ListSecrets', {}))['SecretList']).toEqual([]);
  });
});

describe('what is told of secrets', () => {
  it('is found by the start of a name, tags included', async () => {
    const tagged = { ...secret, Properties: { ...secret.Properties, Tags: [{ Key: 'platform', Value: 'aeon' }] } };
    const other = { ...secret, Properties: { ...secret.Properties, Name: 'other' } };
    const world = await secretsWorld({ Secret: tagged, Other: other });
    const listed = async (Filters: object[]) =>
      (await world.ask('ListSecrets', { Filters }))['SecretList'].map(({ Name }: { Name: string }) => Name);
    expect(await listed([{ Key: 'name', Values: ['log'] }])).toEqual(['login']);
    expect(await listed([{ Key: 'tag-key', Values: ['platform'] }])).toEqual(['login']);
    await world.ask('TagResource', { SecretId: 'other', Tags: [{ Key: 'platform', Value: 'twin' }] });
    expect(await listed([{ Key: 'tag-key', Values: ['platform'] }])).toEqual(['login', 'other']);
    await world.ask('UntagResource', { SecretId: 'login', TagKeys: ['platform'] });
    expect(await listed([{ Key: 'tag-value', Values: ['aeon'] }])).toEqual([]);
  });

  it('never holds a value: neither descriptions nor the log', async () => {
    const world = await secretsWorld({ Secret: secret });
    await put(world, 'b');
    const { RandomPassword: drawn } = await world.ask('GetRandomPassword', { PasswordLength: 40 });
    const log = world.rehearsal.log.toLines();
    expect([...world.secrets.confidentialTexts]).toEqual(expect.arrayContaining(['password-b', drawn]));
    expect(world.secrets.confidentialTexts.size).toBe(3);
    for (const text of world.secrets.confidentialTexts) expect(log).not.toContain(text);
  });
});

describe('a random password', () => {
  it.each([
    [{ PasswordLength: 12, ExcludePunctuation: true, ExcludeNumbers: true }, /^[A-Za-z]{12}$/],
    [{ PasswordLength: 8, ExcludeLowercase: true, ExcludeUppercase: true, ExcludePunctuation: true }, /^\d{8}$/],
    [{ PasswordLength: 64, ExcludeCharacters: 'abcdefghijklmnopqrstuvwxyz' }, /^[^a-z]{64}$/],
  ])('by %j', async (input, shape) => {
    const world = await secretsWorld({});
    expect((await world.ask('GetRandomPassword', input))['RandomPassword']).toMatch(shape);
  });

  it('holds one of each kind, and is refused where no character is left', async () => {
    const world = await secretsWorld({});
    const { RandomPassword: text } = await world.ask('GetRandomPassword', { PasswordLength: 4 });
    for (const kind of [/[A-Z]/, /[a-z]/, /\d/, /[^A-Za-z0-9]/]) expect(text).toMatch(kind);
    const none = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true };
    await expect(world.ask('GetRandomPassword', none)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(world.ask('GetRandomPassword', { PasswordLength: 3 })).rejects.toThrow('4 to 4096');
  });
});
