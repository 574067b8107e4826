const texts = new Proxy({}, { get: (_, key) => Buffer.from(key, 'base64').toString() });
console.log(texts['MSArIDE=']);
setTimeout(() => console.log(Buffer.from('MSArIDE=', 'base64')), 10);
eval('1 + 1');
