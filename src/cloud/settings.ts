import type { Connection } from '../http/index.ts';
import { Fields } from './fields.ts';
import { parseProjectId } from './keys.ts';

/** The settings of a project. */
export class Settings extends Fields {
  constructor(connection: Connection, project: number | string) {
    super(connection, ['projects', parseProjectId(project), 'settings'], []);
  }
}
