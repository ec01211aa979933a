/** The version of the package, as sent in `user-agent`. */
export const version: string = '0.1.0';
