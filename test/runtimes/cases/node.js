/** The entry `tideway/node`, where there are modules of Node. */
import { allItems } from './seed.js';

const missing = ({ check, options }) => {
  check.equal(options.hasSockets, false, 'whether there are sockets');
  return { isMissing: true, note: 'There are no modules of Node' };
};

export const nodeCases = {
  'serves an emulator on a socket': async (context) => {
    const { check, node, tideway } = context;
    if (!node) return missing(context);
    const seed = { jobs: [{ spider: 'seeded', items: allItems() }] };
    const { close, dashEndpoint, emulator, endpoint } = await node.serveEmulator({ projects: [1], seed });
    const cloud = new tideway.ScrapyCloud({ auth: emulator.apiKey, endpoint, dashEndpoint });
    check.same(await cloud.getJob('1/1/1').items.list(), allItems(), 'the items');
    await cloud.close();
    await close();
    return undefined;
  },

  'keeps a frontier in a file': async (context) => {
    const { check, folder, node } = context;
    if (!node) return missing(context);
    const file = `${folder}/frontier-${crypto.randomUUID()}.jsonl`;
    const frontier = node.fileFrontier(file);
    const urls = ['https://a.test/1', 'https://a.test/2', 'https://a.test/3'];
    check.equal(await frontier.add([...urls, urls[0]]), 3, 'how many are new');
    const [lease] = await frontier.lease(1);
    await frontier.ack(lease);
    await frontier.close();
    const again = node.fileFrontier(file);
    check.equal([await again.size(), await again.add(urls)], [2, 0], 'what is left, and what is new to the next one');
    await again.close();
    const note = 'In Deno `fileFrontier` locks its file by a local socket: it needs `--allow-net`';
    return 'Deno' in globalThis ? { note } : undefined;
  },
};
