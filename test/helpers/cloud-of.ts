import { ScrapyCloud } from 'tideway';
import type { EmulatorServer } from 'tideway/node';

/** A client of an emulator on its socket. */
export function cloudOf({ dashEndpoint, emulator, endpoint }: EmulatorServer): ScrapyCloud {
  return new ScrapyCloud({ auth: emulator.apiKey, endpoint, dashEndpoint });
}
