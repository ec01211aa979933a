// A Worker that reads a job for whoever asks, and is left or fails in the middle.
import { Connection, Items } from 'tideway';

const encoder = new TextEncoder();

/** Records as lines; it throws behind the fourth one where it is told to. */
async function* linesOf(records, throws) {
  for await (const item of records) {
    yield encoder.encode(`${JSON.stringify(item)}\n`);
    if (throws && item.n === 3) throw new Error('in the middle');
  }
}

function streamOf(lines) {
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await lines.return()),
  });
}

export default {
  fetch: async (request, { API_KEY, ENDPOINT }) => {
    const connection = new Connection({ auth: () => `Basic ${btoa(`${API_KEY}:`)}`, endpoint: ENDPOINT });
    const items = new Items(connection, '1/1/1');
    switch (new URL(request.url).pathname) {
      case '/throws':
        for await (const item of items.iter()) if (item.n === 3) throw new Error('in the middle');
        return new Response();
      case '/throws-in-the-body':
        return new Response(streamOf(linesOf(items.iter(), true)));
      case '/records':
        return new Response(streamOf(linesOf(items.iter(), false)));
      default:
        return new Response(items.download({ format: 'jl' }));
    }
  },
};
