/** A request that the server refuses: thrown by handlers, shown in the style of the backend that was asked. */
export class Refusal {
  readonly status: number;
  readonly message: string;

  constructor(status: number, message: string) {
    this.status = status;
    this.message = message;
  }
}
