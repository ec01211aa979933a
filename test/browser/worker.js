// The program of a worker of the page: tries to connect, and reads.
import * as tideway from 'tideway';

globalThis.addEventListener('message', async ({ data: { key, options, withFunction } }) => {
  try {
    const auth = withFunction ? () => `Basic ${btoa(`${options.auth}:`)}` : options.auth;
    const cloud = new tideway.ScrapyCloud({ ...options, auth });
    const items = await cloud.getJob(key).items.list({ count: 3 });
    globalThis.postMessage({ items: items.length });
  } catch (error) {
    globalThis.postMessage({ code: error.code, message: error.message });
  }
});
