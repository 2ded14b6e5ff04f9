import { describe, expect, it } from 'vitest';
import { checkPattern, matchesPattern } from '../../../rehearsal/aws/events-pattern.ts';

const event = {
  source: 'aws.cloudwatch',
  'detail-type': 'CloudWatch Alarm State Change',
  resources: ['arn:a', 'arn:b'],
  detail: {
    alarmName: 'mainstay/aeon/api/blue/errors',
    state: { value: 'ALARM' },
    size: 7,
    tries: [1, 2],
    gone: null,
    list: [{ a: 1 }, { a: 2 }],
  },
};

describe('an event pattern', () => {
  it.each([
    [{ source: ['aws.cloudwatch'] }, true],
    [{ source: ['aws.states'] }, false],
    [{ source: ['aws.states', 'aws.cloudwatch'], detail: { state: { value: ['ALARM'] } } }, true],
    [{ source: ['aws.cloudwatch'], detail: { state: { value: ['OK'] } } }, false],
    [{ detail: { alarmName: [{ prefix: 'mainstay/aeon/' }] } }, true],
    [{ detail: { alarmName: [{ prefix: 'mainstay/twin/' }] } }, false],
    [{ detail: { alarmName: [{ prefix: { 'equals-ignore-case': 'MAINSTAY/' } }] } }, true],
    [{ detail: { alarmName: [{ suffix: '/errors' }] } }, true],
    [{ detail: { alarmName: [{ suffix: '/latency' }] } }, false],
    [{ detail: { alarmName: [{ wildcard: 'mainstay/*/api/*/errors' }] } }, true],
    [{ detail: { alarmName: [{ wildcard: 'mainstay/*/web/*' }] } }, false],
    [{ source: [{ 'equals-ignore-case': 'AWS.CloudWatch' }] }, true],
    [{ source: [{ 'anything-but': 'aws.states' }] }, true],
    [{ source: [{ 'anything-but': ['aws.states', 'aws.cloudwatch'] }] }, false],
    [{ source: [{ 'anything-but': { prefix: 'aws.' } }] }, false],
    [{ source: [{ 'anything-but': { suffix: ['.ecs', '.eks'] } }] }, true],
    [{ detail: { absent: [{ 'anything-but': 'x' }] } }, false],
    [{ detail: { size: [7] } }, true],
    [{ detail: { size: ['7'] } }, false],
    [{ detail: { size: [{ numeric: ['>', 5, '<=', 7] }] } }, true],
    [{ detail: { size: [{ numeric: ['=', 8] }] } }, false],
    [{ detail: { tries: [2] } }, true],
    [{ detail: { tries: [3] } }, false],
    [{ detail: { gone: [null] } }, true],
    [{ detail: { absent: [{ exists: false }], size: [{ exists: true }] } }, true],
    [{ detail: { size: [{ exists: false }] } }, false],
    [{ resources: ['arn:b'] }, true],
    [{ detail: { list: { a: [2] } } }, true],
    [{ detail: { list: { a: [3] } } }, false],
    [{ $or: [{ source: ['x'] }, { detail: { size: [7] } }] }, true],
    [{ $or: [{ source: ['x'] }, { detail: { size: [8] } }] }, false],
  ])('%j selects the event: %s', (pattern, selected) => {
    expect(() => checkPattern(pattern)).not.toThrow();
    expect(matchesPattern(pattern, event)).toBe(selected);
  });

  it('with an operator nobody models is refused', () => {
    expect(() => checkPattern({ detail: { address: [{ cidr: '10.0.0.0/8' }] } })).toThrow(
      'EventPattern.detail.address uses cidr',
    );
    expect(() => checkPattern({ source: 'aws.states' })).toThrow('an object is needed');
  });
});
