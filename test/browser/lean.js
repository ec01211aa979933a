// The program of a page that reads items, and has no more of the package than that takes.
import { Connection, Items } from 'tideway';

globalThis.readItems = (options, key, read) => new Items(new Connection(options), key).iter(read).toArray();
