import type { Ticket } from './ticket.ts';

/** All tickets that are unfinished: coming and going cost the same at any length. */
export class TicketList {
  size = 0;
  #first: Ticket | undefined;

  add(ticket: Ticket): void {
    ticket.next = this.#first;
    if (this.#first) this.#first.previous = ticket;
    this.#first = ticket;
    this.size++;
  }

  delete(ticket: Ticket): void {
    const { next, previous } = ticket;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    ticket.previous = ticket.next = undefined;
    this.size--;
  }

  toArray(): Ticket[] {
    const tickets: Ticket[] = [];
    for (let ticket = this.#first; ticket; ticket = ticket.next) tickets.push(ticket);
    // The newest is the first in the list.
    return tickets.reverse();
  }
}
