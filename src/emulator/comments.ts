/** A comment on an item of a job, or on a field of one. */
export interface Comment {
  readonly id: number;
  /** `P/S/J`. */
  readonly job: string;
  /** `N`, or `N/FIELD`. */
  readonly place: string;
  readonly author: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
  text: string;
}

/** The comments on all jobs, in the order in which they came. */
export class Comments {
  readonly #comments = new Map<number, Comment>();
  #nextId = 1;

  add(comment: Omit<Comment, 'id'>): Comment {
    const added = { ...comment, id: this.#nextId };
    this.#nextId += 1;
    this.#comments.set(added.id, added);
    return added;
  }

  find(id: number): Comment | undefined {
    return this.#comments.get(id);
  }

  delete(id: number): void {
    this.#comments.delete(id);
  }

  /** Those on a job. */
  ofJob(job: string): readonly Comment[] {
    return [...this.#comments.values()].filter((comment) => comment.job === job);
  }

  /** How many there are, by the keys of the jobs of a project. */
  counts(project: number): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { job } of this.#comments.values()) {
      if (job.startsWith(`${project}/`)) counts[job] = (counts[job] ?? 0) + 1;
    }
    return counts;
  }
}
