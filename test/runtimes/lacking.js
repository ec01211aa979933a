// Loaded before the package: takes away what older platforms lack, so that the cases show that nothing needs it. The
// iteration of streams has to stay, which Node's own fetch needs; WebKit shows that the package does not.

const { any: _, ...others } = Object.getOwnPropertyDescriptors(AbortSignal);
delete AbortSignal.any;
if ('any' in AbortSignal || !('timeout' in others)) throw new Error('AbortSignal.any is still there');

const { getReader } = ReadableStream.prototype;
ReadableStream.prototype.getReader = function (options) {
  if (options?.mode === 'byob') throw new TypeError('The mode byob is not known');
  return getReader.call(this, options);
};
delete ReadableStream.from;

// Well-known symbols cannot be deleted: this is a Symbol that has all but two of them.
const Known = globalThis.Symbol;
const { asyncDispose, dispose, ...known } = Object.getOwnPropertyDescriptors(Known);
function Lean(description) {
  return Known(description);
}
delete Lean.name;
delete Lean.length;
Object.defineProperties(Lean, known);
globalThis.Symbol = Lean;
if (Symbol.asyncDispose || !asyncDispose || !dispose) throw new Error('Symbol.asyncDispose is still there');
