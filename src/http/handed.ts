/**
 * Needs of code that is loaded later, as they are handed over: by their place in an order. Their names would cost more at
 * the start than most of what they name; so it is the code that is loaded which has them.
 */
export type Handed<Needs, Order extends readonly (keyof Needs)[]> = {
  readonly [Place in keyof Order]: Needs[Order[Place] & keyof Needs];
};
