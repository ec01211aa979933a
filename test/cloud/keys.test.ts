import {
  ConfigurationError,
  Connection,
  Items,
  JobMetadata,
  Jobs,
  Logs,
  Requests,
  Samples,
  ScrapyCloud,
  Spider,
} from 'tideway';
import { describe, expect, it } from 'vitest';
import { thrown } from '../helpers/rejection.ts';

const connection = new Connection({ auth: 'key', fetch: () => Promise.reject(new Error('Expected no request')) });
const cloud = new ScrapyCloud({ auth: 'key', fetch: () => Promise.reject(new Error('Expected no request')) });

function messageOf(action: () => unknown): string {
  const error = thrown(action);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error).toMatchObject({ code: 'ERR_CONFIGURATION' });
  return (error as Error).message;
}

const wrongKeys: unknown[] = [
  '12/x/3',
  '12/3',
  '12/3/4/5',
  '12/3/',
  '/12/3',
  '12//3',
  ' 12/3/4',
  '12/3/4\n',
  '12/3/-4',
  '12/3/4.5',
  '12/3/1e3',
  '012/3/4',
  '12/3/04',
  '12/3/٣',
  '../3/4',
  '%31/3/4',
  '12/3/4?x=1',
  '12/3/99999999999999999',
  '',
  7,
  Number.NaN,
  null,
  undefined,
  ['12', '3', '4'],
  {},
];

describe('The key of a job', () => {
  it('is told with what was expected and what came', () => {
    expect(messageOf(() => cloud.getJob('12/x/3'))).toBe(
      'Expected a job key `project/spider/job` of three integers, got `12/x/3`',
    );
  });

  it.each(wrongKeys.map((key) => [key]))('of %j is refused at the door', (key) => {
    for (const make of [
      () => cloud.getJob(key as string),
      () => cloud.getProject(12).jobs.get(key as string),
      () => new Items(connection, key as string),
      () => new Logs(connection, key as string),
      () => new Requests(connection, key as string),
      () => new Samples(connection, key as string),
      () => new JobMetadata(connection, key as string),
    ]) {
      expect(messageOf(make)).toContain('`project/spider/job` of three integers');
    }
  });

  it('is not repeated when it is long, as a credential in its place would be', () => {
    const credential = 'f'.repeat(64);
    expect(messageOf(() => cloud.getJob(credential))).not.toContain(credential);
  });

  it('makes a job without a request', () => {
    const job = cloud.getJob('12/3/4');
    expect(job.key).toBe('12/3/4');
    expect(cloud.getProject(12).jobs.get('12/3/4').key).toBe('12/3/4');
  });

  it('must be one of the project', () => {
    const message = messageOf(() => cloud.getProject(12).jobs.get('13/1/1'));
    expect(message).toContain('`12`');
    expect(message).toContain('`13/1/1`');
  });

  it('must be one of the spider', () => {
    const spider = new Spider(connection, '12/3', 'quotes');
    expect(spider.jobs.get('12/3/4').key).toBe('12/3/4');
    expect(messageOf(() => spider.jobs.get('12/4/4'))).toContain('`12/3`');
    expect(messageOf(() => spider.jobs.get('13/3/4'))).toContain('`12/3`');
  });
});

describe('The id of a project', () => {
  it.each([
    ['x'],
    [''],
    ['1/2'],
    [-1],
    [1.5],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [null],
    [undefined],
    [{}],
    ['../1'],
    ['01'],
    [1e21],
  ])('of %j is refused at the door', (id) => {
    expect(messageOf(() => cloud.getProject(id as number))).toContain('Expected a project id');
    expect(messageOf(() => cloud.projects.get(id as number))).toContain('Expected a project id');
    expect(messageOf(() => new Jobs(connection, id as number))).toContain('Expected a project id');
  });

  it('may be a number or its text', () => {
    expect(cloud.getProject(12).key).toBe('12');
    expect(cloud.getProject('12').key).toBe('12');
    expect(cloud.projects.get(12).key).toBe('12');
  });
});

describe('The key of a spider', () => {
  it.each([['12'], ['12/x'], ['12/3/4'], [''], [undefined]])('of %j is refused at the door', (key) => {
    expect(messageOf(() => new Spider(connection, key as string, 'quotes'))).toContain('`project/spider`');
  });
});
