/** A spider of a project. */
export class Spider {
  readonly project: number;
  readonly id: number;
  readonly name: string;
  /** `P/S`. */
  readonly key: string;
  /** The number of the next job; refused duplicates consume one too. */
  nextJob = 1;
  tags: string[] = [];
  type = 'manual';
  version: string | null = null;
  /** Whether dash knows the spider: a push to the job queue gives a name its id and nothing more. */
  isRegistered = false;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** When its tags last changed. */
  modified: number;

  constructor(project: number, id: number, name: string, created: number) {
    this.project = project;
    this.id = id;
    this.name = name;
    this.key = `${project}/${id}`;
    this.created = created;
    this.modified = created;
  }
}
