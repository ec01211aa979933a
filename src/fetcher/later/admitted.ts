import type { Hop } from '../fetch-policy.ts';
import type { Lease } from '../limiter.ts';
import type { Line } from '../line.ts';
import type { Target } from '../redirect.ts';
import type { Trip } from '../trip.ts';

/** Asks all gates in turn; what was given is given back when one refuses. At once, where all of them answer so. */
export function admitted(trip: Trip, line: Line): Lease[] | Promise<Lease[]> {
  const { method, url } = trip.target as Target;
  const hop: Hop = {
    task: trip.ticket.task,
    url,
    method,
    redirects: trip.hops,
    attempt: trip.attempts,
    get signal() {
      return line.signal;
    },
  };
  const leases: Lease[] = [];
  const fail = (error: unknown): never => {
    trip.isOwnFailure = !line.isEnded;
    for (const lease of leases) lease.release();
    throw error;
  };
  const ask = (index: number): Lease[] | Promise<Lease[]> => {
    for (const [at, gate] of trip.shared.gates.entries()) {
      if (at < index) continue;
      const given = gate.admit(hop);
      if (given && 'then' in given) {
        // A gate may open after all, when nobody wants to pass any more.
        given.then(
          (late) => line.isEnded && late?.release(),
          () => {},
        );
        return line.race(given).then((lease) => {
          if (lease) leases.push(lease);
          return ask(at + 1);
        });
      }
      if (given) leases.push(given);
    }
    return leases;
  };
  try {
    const all = ask(0);
    return 'then' in all ? all.catch(fail) : all;
  } catch (error) {
    return fail(error);
  }
}
